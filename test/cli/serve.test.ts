import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Document } from '../../src/document.ts'
import { VERSION } from '../../src/version.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { originThat } from '../node/parts.ts'
import { exchange, requestText, responseOf, wireTo } from '../node/wire.ts'
import { fileOf, folder, run, serving } from './run.ts'

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const status = async (url: string, init: RequestInit = {}) => (await fetch(url, init)).status

/** A port that somebody else has, until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

describe('serve without a document', () => {
  it('makes a token, prints it once and only on stderr, and shows a line that works', async () => {
    const { url, until, child, outcome } = await serving([])
    const [, token = ''] = await until(/TOKEN=(\S+)/)
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    await until(new RegExp(`curl -H "Authorization: Bearer \\$TOKEN" ${url}/hello\n`))
    expect([await status(`${url}/hello`), await status(`${url}/hello`, bearer(token))]).toEqual([401, 200])
    expect([await status(`${url}/health`), await status(`${url}/health`, { method: 'POST' })]).toEqual([200, 401])
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await outcome
    expect(code).toBe(0)
    expect(stderr.split(token)).toHaveLength(2)
    expect(stdout).not.toContain(token)
  })

  it('prints the line of its start as JSON where that is asked for', async () => {
    const { until } = await serving(['--json'], { LATCHKEY_TOKEN: TOKENS.FULL })
    const [line] = await until(/^\{.*\}$/m)
    expect(JSON.parse(line)).toMatchObject({
      version: VERSION,
      credentials: ['default'],
      routes: 2,
      state: 'enforcing',
    })
  })

  it('echoes what an origin sees: who called, and no credential', async () => {
    const { url } = await serving([], { LATCHKEY_TOKEN: TOKENS.FULL })
    const init = {
      method: 'POST',
      body: 'hello',
      headers: { ...bearer(TOKENS.FULL).headers, 'X-Latchkey-Name': 'root' },
    }
    const response = await fetch(`${url}/a?b`, init)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      method: 'POST',
      url: '/a?b',
      body: 'hello',
      headers: { 'x-latchkey-name': 'default' },
    })
    expect(text).not.toContain(TOKENS.FULL)
    expect(text).not.toContain('root')
  })

  it('makes another token each time', async () => {
    const [one, other] = await Promise.all([serving([]), serving([])])
    const [, first] = await one.until(/TOKEN=(\S+)/)
    const [, second] = await other.until(/TOKEN=(\S+)/)
    expect(first).not.toBe(second)
  })

  it('takes the token of LATCHKEY_TOKEN, and prints none', async () => {
    const { url, child, outcome } = await serving([], { LATCHKEY_TOKEN: `${TOKENS.FULL}\n` })
    expect([await status(`${url}/a`, bearer(TOKENS.FULL)), await status(`${url}/a`)]).toEqual([200, 401])
    child.kill('SIGTERM')
    const { stdout, stderr } = await outcome
    expect(stdout + stderr).not.toContain('TOKEN=')
    expect(stdout + stderr).not.toContain(TOKENS.FULL)
  })

  it.each(['', '\n'])('makes one where LATCHKEY_TOKEN is %j', async (value) => {
    const { url, until } = await serving([], { LATCHKEY_TOKEN: value })
    const [, token = ''] = await until(/TOKEN=(\S+)/)
    expect(await status(`${url}/a`, bearer(token))).toBe(200)
  })

  it('takes the token from a mounted file before the variable', async () => {
    const secrets = folder()
    writeFileSync(join(secrets, 'LATCHKEY_TOKEN'), TOKENS.READ)
    const { url } = await serving(['--secrets', secrets], { LATCHKEY_TOKEN: TOKENS.FULL })
    expect([await status(`${url}/a`, bearer(TOKENS.READ)), await status(`${url}/a`, bearer(TOKENS.FULL))]).toEqual([
      200, 401,
    ])
  })

  it('warns of a token that is a placeholder, at the start', async () => {
    const { until } = await serving([], { LATCHKEY_TOKEN: 'changeme' })
    await until(/^warning secret LATCHKEY_TOKEN is a placeholder; make one with: latchkey token$/m)
  })

  it('puts its gate before another origin', async () => {
    const origin = await originThat()
    const { url } = await serving(['--origin', `${origin.url}/`], { LATCHKEY_TOKEN: TOKENS.FULL })
    expect(await (await fetch(`${url}/a`, bearer(TOKENS.FULL))).text()).toBe('ok')
    expect(origin.seen).toHaveLength(1)
  })

  it.each(['disabled', ' Disabled ', 'DISABLED\n'])('is open where LATCHKEY_AUTH is %j, and says so', async (value) => {
    const { url, until } = await serving([], { LATCHKEY_AUTH: value })
    await until(/, open\nwarning LATCHKEY_AUTH=disabled: the gate is open to everybody/)
    expect([await status(`${url}/a`), await status(`${url}/health`)]).toEqual([200, 200])
  })

  it.each(['false', '0', 'off', 'no', 'none', '', 'disable', 'disabled!', 'enabled'])(
    'enforces where LATCHKEY_AUTH is %j',
    async (value) => {
      const { url, until } = await serving([], { LATCHKEY_AUTH: value, LATCHKEY_TOKEN: TOKENS.FULL })
      await until(/, enforcing\n/)
      expect(await status(`${url}/a`)).toBe(401)
    },
  )
})

describe('serve with a document', () => {
  it('says in one line what runs where', async () => {
    const document: Document = { ...DOCUMENT, origin: 'http://127.0.0.1:9' }
    const { url, until } = await serving(['--config', fileOf(document)], { FULL: TOKENS.FULL })
    await until(
      new RegExp(`^latchkey ${VERSION} on ${url}, origin http://127.0.0.1:9, credentials full, 2 routes, enforcing\n`),
    )
  })

  it('takes secrets from a folder, then from variables, then from a file of them', async () => {
    const origin = await originThat()
    const secrets = folder()
    const variables = fileOf(`FULL=${TOKENS.ADMIN}\n`, '.env')
    const args = ['--config', fileOf(DOCUMENT), '--origin', origin.url, '--secrets', secrets, '--env-file', variables]
    const accepted = async (env: Record<string, string>) => {
      const { url } = await serving(args, env)
      const tokens = [TOKENS.FULL, TOKENS.READ, TOKENS.ADMIN]
      const all = await Promise.all(tokens.map((token) => status(`${url}/a`, bearer(token))))
      return tokens.filter((_, place) => all[place] === 200)
    }
    expect(await accepted({})).toEqual([TOKENS.ADMIN])
    expect(await accepted({ FULL: TOKENS.READ })).toEqual([TOKENS.READ])
    writeFileSync(join(secrets, 'FULL'), TOKENS.FULL)
    expect(await accepted({ FULL: TOKENS.READ })).toEqual([TOKENS.FULL])
  })

  it('sends to the origin of the flag before that of the document', async () => {
    const origin = await originThat()
    const document = fileOf({ ...DOCUMENT, origin: 'http://127.0.0.1:9' })
    const { url } = await serving(['--config', document, '--origin', origin.url], { FULL: TOKENS.FULL })
    expect(await status(`${url}/a`, bearer(TOKENS.FULL))).toBe(200)
  })

  it('is 1 where there is no origin, and says what to do', async () => {
    const { code, stdout, stderr } = await run(['serve', '--port', '0', '--config', fileOf(DOCUMENT)], {
      FULL: TOKENS.FULL,
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('error name an origin: --origin URL, or "origin" in the document\n')
  })

  it('ignores LATCHKEY_AUTH and LATCHKEY_TOKEN, and says so of the first', async () => {
    const variables = { LATCHKEY_AUTH: 'disabled', LATCHKEY_TOKEN: TOKENS.READ, FULL: TOKENS.FULL }
    const origin = await originThat()
    const { url, until } = await serving(['--config', fileOf(DOCUMENT), '--origin', origin.url], variables)
    await until(/^warning LATCHKEY_AUTH is ignored: the document decides$/m)
    expect([await status(`${url}/a`), await status(`${url}/a`, bearer(TOKENS.READ))]).toEqual([401, 401])
  })

  it('serves a faulty one as 503, tells each fault once with its place, and lives', async () => {
    const document = fileOf({ ...DOCUMENT, colour: 'red', routes: [{ path: '/a', method: 'GET' }] })
    const { url, until, child, outcome } = await serving(['--config', document], { FULL: TOKENS.FULL })
    await until(/, faulty\n/)
    expect([await status(`${url}/a`, bearer(TOKENS.FULL)), await status(`${url}/_latchkey/live`)]).toEqual([503, 200])
    child.kill('SIGTERM')
    const { stderr } = await outcome
    for (const pointer of ['/colour', '/routes/0/method']) expect(stderr.split(pointer)).toHaveLength(2)
  })

  it('repeats nothing of a secret that was pasted for its name', async () => {
    const credentials = [{ kind: 'static-token', tokens: { secret: TOKENS.CUSTOM } }]
    const { child, outcome } = await serving(['--config', fileOf({ ...DOCUMENT, credentials })])
    child.kill('SIGTERM')
    const { stdout, stderr } = await outcome
    expect(stderr).toContain('/credentials/0/tokens/secret: a string of 43 characters; name a secret')
    expect(stdout + stderr).not.toContain(TOKENS.CUSTOM)
  })

  it('says which credential is not configured, and serves the rest', async () => {
    const origin = await originThat()
    const { url, until } = await serving(['--config', fileOf(DOCUMENT), '--origin', origin.url])
    await until(/^warning credential full is not configured: set FULL$/m)
    expect([await status(`${url}/a`, bearer('x')), await status(`${url}/health`)]).toEqual([503, 200])
  })

  it('writes events on stdout, one line of JSON each, and none where it is told so', async () => {
    const origin = await originThat()
    const args = ['--config', fileOf(DOCUMENT), '--origin', origin.url]
    const loud = await serving(args, { FULL: TOKENS.FULL })
    await status(`${loud.url}/a?token=1`, bearer(TOKENS.FULL))
    loud.child.kill('SIGTERM')
    const { stdout } = await loud.outcome
    expect(JSON.parse(stdout)).toMatchObject({ type: 'decision', path: '/a', name: 'full' })
    expect(stdout).not.toContain(TOKENS.FULL)

    for (const quiet of [await serving([...args, '--log', 'none']), await serving(args, { LATCHKEY_LOG: 'none' })]) {
      await status(`${quiet.url}/a`)
      quiet.child.kill('SIGTERM')
      expect((await quiet.outcome).stdout).toBe('')
    }
  })

  it('warns of an address that others can reach in the clear', async () => {
    const args = ['--config', fileOf(DOCUMENT), '--origin', 'http://127.0.0.1:9', '--host', '0.0.0.0']
    const { until } = await serving(args, { FULL: TOKENS.FULL })
    await until(/^warning 0\.0\.0\.0 is reachable from other machines/m)
    const proxied = fileOf({ ...DOCUMENT, proxies: { addresses: ['10.0.0.0/8'] } })
    const quiet = await serving(['--config', proxied, ...args.slice(2)], { FULL: TOKENS.FULL })
    quiet.child.kill('SIGTERM')
    expect((await quiet.outcome).stderr).not.toContain('reachable')
  })
})

describe('where serve listens', () => {
  const OTHERS = { LATCHKEY_TOKEN: TOKENS.FULL }

  it('a flag goes before LATCHKEY_PORT, that before PORT', async () => {
    const taken = String(await takenPort())
    const failed = (variables: Record<string, string>, args: readonly string[] = []) =>
      run(['serve', ...args], { ...OTHERS, ...variables })
    expect((await failed({ PORT: taken })).stderr).toContain('EADDRINUSE')
    expect((await failed({ PORT: '0', LATCHKEY_PORT: taken })).stderr).toContain('EADDRINUSE')
    const served = await serving([], { ...OTHERS, LATCHKEY_PORT: taken, PORT: taken })
    expect(await status(`${served.url}/health`)).toBe(200)
  })

  it('a flag goes before LATCHKEY_HOST', async () => {
    const elsewhere = { ...OTHERS, LATCHKEY_HOST: '192.0.2.1' }
    expect((await run(['serve', '--port', '0'], elsewhere)).stderr).toContain('EADDRNOTAVAIL')
    expect((await serving(['--host', '127.0.0.1'], elsewhere)).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('may be an IPv6 address', async (context) => {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    if (!addresses.some(({ address }) => address === '::1')) context.skip('this machine has no IPv6')
    const { url } = await serving(['--host', '::1'], OTHERS)
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect(await status(`${url}/health`)).toBe(200)
  })

  it('is 1 for a port that is taken, with the next step', async () => {
    const { code, stdout, stderr } = await run(['serve', '--port', String(await takenPort())], OTHERS)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe('error EADDRINUSE: the port is taken; choose another with --port\n')
  })

  it('is 1 for an address that the machine has not', async () => {
    const { code, stdout, stderr } = await run(['serve', '--host', '192.0.2.1', '--port', '0'], OTHERS)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error EADDRNOTAVAIL\b.*--host/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it.each([
    ['a port that is none', ['--port', 'http']],
    ['a port that is too high', ['--port', '65536']],
    ['an origin with a path', ['--origin', 'http://127.0.0.1:9/path']],
    ['an origin that is no URL', ['--origin', 'localhost:9000']],
    ['an origin whose port is none', ['--origin', 'http://127.0.0.1:99999']],
    ['a certificate without a key', ['--tls-cert', 'cert.pem']],
    ['an unknown log', ['--log', 'xml']],
    ['a folder of secrets that is not there', ['--secrets', '/nowhere']],
    ['a folder of secrets that is a file', ['--secrets', '/dev/null']],
    ['a document that is not there', ['--config', '/nowhere/latchkey.json']],
  ])('is 2 for %s', async (_, args) => {
    const { code, stdout, stderr } = await run(['serve', ...args], OTHERS)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error .+\nsee: latchkey --help\n$/)
  })

  it('is 1 for a certificate that is not there, or is none', async () => {
    const missing = await run(
      ['serve', '--port', '0', '--tls-cert', '/nowhere/cert.pem', '--tls-key', '/nowhere/key.pem'],
      OTHERS,
    )
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: 'error no such file: /nowhere/cert.pem\n' })
    const broken = fileOf('no certificate', 'cert.pem')
    const { code, stderr } = await run(['serve', '--port', '0', '--tls-cert', broken, '--tls-key', broken], OTHERS)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error .*--tls-cert/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('may have a certificate', async () => {
    const path = folder()
    const [cert, key] = [join(path, 'cert.pem'), join(path, 'key.pem')]
    const made = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-days',
      '1',
    ]
    execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    const { url, child, outcome } = await serving(['--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key], OTHERS)
    expect(url).toMatch(/^https:/)
    child.kill('SIGTERM')
    expect((await outcome).stderr).not.toContain('reachable')
  })
})

describe('serve, told to stop', () => {
  /** A process with one request in flight. */
  async function inFlight() {
    const arrived: ((end: () => void) => void)[] = []
    const answer = new Promise<() => void>((resolve) => arrived.push(resolve))
    const origin = await originThat((_, response) => arrived[0]?.(() => void response.end('ok')))
    const served = await serving(['--origin', origin.url], { LATCHKEY_TOKEN: TOKENS.FULL })
    const wire = await wireTo(served.url)
    wire.write(requestText('GET /slow', [['Authorization', `Bearer ${TOKENS.FULL}`]]))
    return { served, wire, answer: await answer }
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s finishes the request in flight, then ends with 0', async (signal) => {
    const { served, wire, answer } = await inFlight()
    served.child.kill(signal)
    await served.until(new RegExp(`^${signal}: finishing requests in flight, at most 10 s$`, 'm'))
    answer()
    expect(responseOf(await wire.closed())).toMatchObject({ status: 200, body: 'ok' })
    expect(await served.outcome).toMatchObject({ code: 0, signal: null })
  })

  it('twice ends at once', async () => {
    const { served, wire } = await inFlight()
    served.child.kill('SIGTERM')
    await served.until(/finishing requests in flight/)
    served.child.kill('SIGINT')
    expect((await served.outcome).code).toBe(1)
    expect(await wire.closed()).toBe('')
  })

  it('with nothing in flight ends at once, kept-alive connections and echo and all', async () => {
    const served = await serving([], { LATCHKEY_TOKEN: TOKENS.FULL })
    const wire = await wireTo(served.url)
    wire.write(`GET /a HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer ${TOKENS.FULL}\r\n\r\n`)
    await wire.until(/\}\n$/)
    served.child.kill('SIGTERM')
    expect((await served.outcome).code).toBe(0)
  })
})

describe('a mounted secret', () => {
  it('rotates under a running process', async () => {
    const secrets = folder()
    mkdirSync(join(secrets, 'other'))
    writeFileSync(join(secrets, 'FULL'), TOKENS.FULL)
    const origin = await originThat()
    const document = fileOf({ ...DOCUMENT, secretsSeconds: 1 })
    const { url } = await serving(['--config', document, '--origin', origin.url, '--secrets', secrets])
    expect(await status(`${url}/a`, bearer(TOKENS.FULL))).toBe(200)
    writeFileSync(join(secrets, 'FULL'), TOKENS.READ)
    // The process has its own clock: a second is the least that a document can ask for.
    await expect.poll(() => status(`${url}/a`, bearer(TOKENS.READ)), { timeout: 10_000 }).toBe(200)
    expect(await status(`${url}/a`, bearer(TOKENS.FULL))).toBe(401)
  })
})

it('1 KB over the limit of a head is told by the process as well, and it lives', async () => {
  const { url } = await serving([], { LATCHKEY_TOKEN: TOKENS.FULL })
  expect((await exchange(url, requestText('GET /a', [['X-A', 'x'.repeat(17_000)]]))).status).toBe(431)
  expect(await status(`${url}/health`)).toBe(200)
})
