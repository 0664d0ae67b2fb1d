import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running, ServeOptions } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import type { Answer } from '../send.ts'
import { send } from '../send.ts'
import type { StandIn } from './stand-in.ts'
import { standIn } from './stand-in.ts'

const TOKEN = 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM'
/** The same token with `Bearer ` inside: PraisonAI's own check takes it for the token. */
const INFIX = `${TOKEN.slice(0, 9)}Bearer ${TOKEN.slice(9)}`
const UNAUTHORIZED = { status: 401, body: '{"error":"Unauthorized"}' }

const STRICT = documentAt('latchkey.json')
const COMPAT = documentAt('latchkey.compat.json')

/** PraisonAI behind the gate: its own check is off, and only the gate can reach it. */
let origin: StandIn
const gates: Running[] = []

beforeAll(async () => {
  origin = await standIn()
})

afterAll(() => origin.close())

beforeEach(() => {
  origin.arrived.length = 0
})

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close(0)))
})

function documentAt(name: string): Document {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Document
}

async function gate(document: Document, options: ServeOptions = {}): Promise<Running> {
  const secrets = env({ PRAISONAI_API_TOKEN: TOKEN })
  const running = await serve({ document, origin: origin.url, port: 0, secrets, sink: memorySink(), ...options })
  gates.push(running)
  return running
}

async function agents(to: { readonly url: string }, authorization?: string): Promise<Answer> {
  return send(`${to.url}/agents`, { headers: authorization === undefined ? [] : [['Authorization', authorization]] })
}

const FORMS = [
  ['strict', STRICT],
  ['compat', COMPAT],
] as const

describe.each(FORMS)('the %s document', (_, document) => {
  it.each([
    ['Bearer', `Bearer ${TOKEN}`],
    ['bearer, as schemes have no case', `bearer ${TOKEN}`],
    ['BEARER', `BEARER ${TOKEN}`],
  ])('passes the token behind %s', async (_, authorization) => {
    const answer = await agents(await gate(document), authorization)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ agent_file: 'agents.yaml', agents: ['default'] })
  })

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['a scheme alone', 'Bearer'],
    ['a wrong token', `Bearer ${TOKEN.slice(0, -1)}x`],
    ['the token in another case', `Bearer ${TOKEN.toLowerCase()}`],
    ['another scheme', `Basic ${TOKEN}`],
    ['`Bearer ` inside the token', INFIX],
    ['a word glued before Bearer', `xBearer ${TOKEN}`],
    ['Bearer twice', `Bearer Bearer ${TOKEN}`],
    ['something before Bearer', `Token Bearer ${TOKEN}`],
    ['a second token behind a comma', `Bearer ${TOKEN}, Bearer ${TOKEN}`],
    ['a token that is not ASCII', 'Bearer caf\u00e9-caf\u00e9-caf\u00e9'],
    ['the token and a byte that is not ASCII', `Bearer ${TOKEN}\u00a0`],
  ])('answers 401 in PraisonAI’s words to %s', async (_, authorization) => {
    const answer = await agents(await gate(document), authorization)
    expect(answer).toMatchObject(UNAUTHORIZED)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'www-authenticate': expect.stringContaining('Bearer realm="praisonai"'),
    })
    expect(origin.arrived).toEqual([])
  })

  it('answers 401 to two headers, whichever is right', async () => {
    const headers = [
      ['Authorization', `Bearer ${TOKEN}`],
      ['Authorization', `Bearer ${TOKEN}`],
    ] as const
    expect(await send(`${(await gate(document)).url}/agents`, { headers })).toMatchObject(UNAUTHORIZED)
    expect(origin.arrived).toEqual([])
  })

  it('removes the token and tells the origin who called', async () => {
    await agents(await gate(document), `Bearer ${TOKEN}`)
    const fields = origin.arrived[0]?.rawHeaders ?? []
    expect(fields.join('\n')).not.toContain(TOKEN)
    expect(fields[fields.indexOf('X-Latchkey-Name') + 1]).toBe('praisonai')
  })

  it('lets GET /health through to the origin', async () => {
    const answer = await send(`${(await gate(document)).url}/health`)
    expect(answer).toMatchObject({ status: 200, body: '{"service":"praisonai-api","status":"ok"}\n' })
  })

  it.each([
    ['GET', '/health/'],
    ['POST', '/health'],
    ['GET', '/HEALTH'],
    ['GET', '/health/agents'],
  ])('does not exempt %s %s', async (method, path) => {
    expect(await send((await gate(document)).url + path, { method })).toMatchObject(UNAUTHORIZED)
    expect(origin.arrived).toEqual([])
  })

  it('sends a CORS preflight on, without a token, and no other OPTIONS', async () => {
    const running = await gate(document)
    const headers = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'POST'],
      ['Authorization', `Bearer ${TOKEN}`],
    ] as const
    expect(await send(`${running.url}/chat`, { method: 'OPTIONS', headers })).toMatchObject({ status: 200, body: '' })
    expect(origin.arrived[0]?.rawHeaders.join('\n')).not.toContain(TOKEN)
    expect(await send(`${running.url}/chat`, { method: 'OPTIONS' })).toMatchObject(UNAUTHORIZED)
  })

  it('words other refusals likewise', async () => {
    const running = await gate(document, { secrets: env({}) })
    expect(await agents(running, `Bearer ${TOKEN}`)).toMatchObject({
      status: 503,
      body: '{"error":"Service Unavailable"}',
    })
    expect(await send(`${running.url}/x/../agents`)).toMatchObject({ status: 400, body: '{"error":"Bad Request"}' })
  })
})

describe('the raw token, which PraisonAI takes without a scheme', () => {
  it('is refused by the strict document', async () => {
    expect(await agents(await gate(STRICT), TOKEN)).toMatchObject(UNAUTHORIZED)
  })

  it('passes by the compat document', async () => {
    expect((await agents(await gate(COMPAT), TOKEN)).status).toBe(200)
    expect(origin.arrived[0]?.rawHeaders.join('\n')).not.toContain(TOKEN)
  })
})

describe('PraisonAI’s own check, kept on behind the gate', () => {
  let checking: StandIn

  beforeAll(async () => {
    checking = await standIn(TOKEN)
  })

  afterAll(() => checking.close())

  it.each([
    ['takes `Bearer ` away wherever it stands', INFIX, 200],
    ['takes the raw token', TOKEN, 200],
    ['refuses a lower-case scheme', `bearer ${TOKEN}`, 401],
    ['fails on what is not ASCII', 'Bearer caf\u00e9', 500],
  ])('%s', async (_, authorization, status) => {
    expect((await agents(checking, authorization)).status).toBe(status)
  })

  it('gets the token only where the document forwards it', async () => {
    const credentials = STRICT.credentials.map((credential) => ({ ...credential, forward: true }))
    const forwarding = await gate({ ...STRICT, credentials }, { origin: checking.url })
    expect((await agents(forwarding, `Bearer ${TOKEN}`)).status).toBe(200)
    expect((await agents(forwarding, `bearer ${TOKEN}`)).status).toBe(401)
    const stripping = await gate(STRICT, { origin: checking.url })
    expect(await agents(stripping, `Bearer ${TOKEN}`)).toMatchObject({
      status: 401,
      body: '{"error":"Unauthorized"}\n',
    })
  })
})

describe('LATCHKEY_AUTH, which means what PRAISONAI_API_AUTH means', () => {
  const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  let cli: ChildProcess | undefined

  afterEach(async () => {
    if (cli && cli.exitCode === null) {
      cli.kill('SIGTERM')
      await once(cli, 'exit')
    }
    cli = undefined
  })

  /** Starts the gate from the command line, and gives its address and what it said until it was ready to be asked. */
  async function start(variables: Record<string, string>, ...flags: string[]): Promise<{ url: string; said: string }> {
    const args = [MAIN, 'serve', '--port', '0', '--log', 'none', '--origin', origin.url, ...flags]
    const child = spawn(process.execPath, args, { env: variables, stdio: ['ignore', 'ignore', 'pipe'] })
    cli = child
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line)
      const url = /^latchkey \S+ on (\S+),/.exec(lines.find((each) => each.startsWith('latchkey ')) ?? '')?.[1]
      const isOpen = lines.some((each) => each.includes('the gate is open'))
      const isReady = lines.some((each) => /, (?:enforcing|faulty)$/.test(each)) || isOpen
      if (url !== undefined && isReady) return { url, said: lines.join('\n') }
    }
    throw new Error(`the gate did not start: ${lines.join('\n')}`)
  }

  it.each(['disabled', ' Disabled '])('opens the gate by the word %j, and says so', async (word) => {
    const { url, said } = await start({ LATCHKEY_TOKEN: TOKEN, LATCHKEY_AUTH: word })
    expect(said).toContain('the gate is open to everybody')
    expect((await agents({ url })).status).toBe(200)
  })

  it.each(['false', '0', 'off', '', 'disabled!'])('leaves the gate closed by %j', async (word) => {
    const { url } = await start({ LATCHKEY_TOKEN: TOKEN, LATCHKEY_AUTH: word })
    expect(await agents({ url })).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect((await agents({ url }, `Bearer ${TOKEN}`)).status).toBe(200)
  })

  it('opens nothing where a document decides', async () => {
    const config = fileURLToPath(new URL('latchkey.json', import.meta.url))
    const { url, said } = await start({ PRAISONAI_API_TOKEN: TOKEN, LATCHKEY_AUTH: 'disabled' }, '--config', config)
    expect(said).toContain('LATCHKEY_AUTH is ignored')
    expect(await agents({ url })).toMatchObject(UNAUTHORIZED)
  })
})
