import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileOf, run, serving } from './run.ts'

const TOKEN = 'a-token-that-is-long-enough'
const DOCUMENT = {
  origin: 'http://127.0.0.1:9',
  credentials: [
    {
      kind: 'static-token',
      name: 'partner',
      tokens: { secret: 'PARTNER' },
      type: 'custom',
      permissions: ['orders.read', 'files.*'],
    },
    {
      kind: 'static-token',
      name: 'late',
      tokens: [{ secret: 'LATE', until: '2020-01-01T00:00:00Z' }],
      from: [{ header: 'x-api-key' }],
    },
  ],
  routes: [{ path: '/*' }],
}
const SECRETS = { PARTNER: TOKEN, LATE: 'another-token-that-is-long' }

async function gate(): Promise<string> {
  return (await serving(['--config', fileOf(DOCUMENT)], SECRETS)).url
}

/** Whatever may stand where a deployment should. */
async function answering(answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('latchkey whoami', () => {
  it('tells a holder who he is, and what he may do', async () => {
    const url = await gate()
    const { code, stdout, stderr } = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: TOKEN })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('name         partner\n')
    expect(stdout).toContain('permissions  orders.read files.*\n')
    expect(stdout).toMatch(/^expires +never$/m)
  })

  it('prints JSON where it is asked to, and takes the base as it is written', async () => {
    const url = await gate()
    const args = ['whoami', '--json', '--url', `${url}/_latchkey/`]
    const { code, stdout } = await run(args, { LATCHKEY_KEY: TOKEN })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ name: 'partner', type: 'custom', surface: 'api', expiresAt: null })
  })

  it('tells why a token is refused, and what to do', async () => {
    const url = await gate()
    const refused = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: 'another' })
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^error 401 token-unknown: Send a token that this service accepts\.\n$/)
    const json = await run(['whoami', '--json', '--url', url], { LATCHKEY_TOKEN: 'another' })
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 401, reason: 'token-unknown' })
  })

  it('sends the token in another header where it is told to', async () => {
    const url = await gate()
    const args = ['whoami', '--url', url, '--key-header', 'x-api-key']
    expect(await run(args, { LATCHKEY_TOKEN: SECRETS.LATE })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('401 token-expired'),
    })
  })

  it.each([
    ['no token', ['--url', 'https://api.example'], {}],
    ['no deployment', [], { LATCHKEY_TOKEN: TOKEN }],
    ['plain http to another machine', ['--url', 'http://api.example'], { LATCHKEY_TOKEN: TOKEN }],
    ['a URL with a user', ['--url', 'https://a:b@api.example'], { LATCHKEY_TOKEN: TOKEN }],
    ['a header that is none', ['--url', 'https://api.example', '--key-header', 'a b'], { LATCHKEY_TOKEN: TOKEN }],
    ['a token as an argument', ['--url', 'https://api.example', TOKEN + TOKEN], {}],
  ])('does not understand %s', async (_, args, variables) => {
    const { code, stdout, stderr } = await run(['whoami', ...args], variables)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error .+\nsee: latchkey --help\n$/)
    expect(stderr).not.toContain(TOKEN)
  })

  it('sends the token nowhere else', async () => {
    const elsewhere: unknown[] = []
    const other = await answering((incoming, outgoing) => {
      elsewhere.push(incoming.headers.authorization)
      outgoing.end('{}')
    })
    const url = await answering((_, outgoing) => void outgoing.writeHead(307, { Location: `${other}/whoami` }).end())
    const { code, stderr } = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: TOKEN })
    expect([code, elsewhere]).toEqual([1, []])
    expect(stderr).toContain(`${url} sends elsewhere (307)`)
  })

  it('says that nothing answers', async () => {
    const url = await answering((incoming) => incoming.socket.destroy())
    const { code, stderr } = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: TOKEN })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error http:\S+ gives no answer: \w+/)])
  })

  it('shows nothing of a stranger as it stands', async () => {
    const body = JSON.stringify({ reason: 'x\u001b[2J', title: 'a\nb' })
    const url = await answering((_, outgoing) => void outgoing.writeHead(403).end(body))
    const { code, stderr } = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: TOKEN })
    expect([code, stderr]).toEqual([1, 'error 403 x\ufffd[2J: a\ufffdb\n'])
  })

  it('says that a page is no answer of a deployment', async () => {
    const url = await answering((_, outgoing) => void outgoing.writeHead(404).end('<html>'))
    const { code, stderr } = await run(['whoami', '--url', url], { LATCHKEY_TOKEN: TOKEN })
    expect([code, stderr]).toEqual([1, 'error 404: no answer of Latchkey: is the URL right?\n'])
  })
})
