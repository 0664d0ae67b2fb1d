import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from './bundle.ts'
import { bundle } from './bundle.ts'
import type { Sent } from './events.ts'
import { httpEvent, restEvent, tokenEvent } from './events.ts'

const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const SENT: Sent = { method: 'GET', target: '/orders?x=1', headers: [['Authorization', `Bearer ${TOKEN}`]] }

/** What the Fetch world brings, and WebCrypto, whose digests hop to a thread. Each costs its load at the first touch. */
const FORBIDDEN = [
  'fetch',
  'Request',
  'Response',
  'Headers',
  'FormData',
  'WebSocket',
  'URL',
  'URLSearchParams',
  'crypto',
]

/** Runs in a process of its own: poisons the globals, loads the handler, decides, tells what Node had to load for it. */
const SCRIPT = `
  const [path, events, forbidden] = JSON.parse(process.argv[1])
  for (const name of forbidden) {
    Object.defineProperty(globalThis, name, { get() { throw new Error('touched ' + name) } })
  }
  const before = new Set(process.moduleLoadList)
  console.log = () => undefined
  const { handler } = await import(path)
  const answers = []
  for (const event of events) answers.push(await handler(event).catch((error) => error.message))
  const loaded = process.moduleLoadList.filter((name) => !before.has(name))
  process.stdout.write(JSON.stringify({ answers, loaded }))
`

describe('the bundle of the Lambda handler', () => {
  let built: Bundle

  beforeAll(async () => {
    built = await bundle({
      credentials: [{ kind: 'static-token', name: 'full', tokens: { secret: 'T' }, type: 'full-access' }],
      routes: [{ path: '/*' }],
    })
  })

  afterAll(async () => {
    await built.remove()
  })

  async function decide(events: readonly unknown[], environment: Record<string, string>): Promise<Decided> {
    const run = promisify(execFile)
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '--eval', SCRIPT, JSON.stringify([built.path, events, FORBIDDEN])],
      { env: environment },
    )
    return JSON.parse(stdout) as Decided
  }

  test('decides without Request, Headers, fetch, URL and WebCrypto', async () => {
    const events = [tokenEvent(SENT), restEvent(SENT), httpEvent(SENT), restEvent({ ...SENT, headers: [] })]
    const { answers, loaded } = await decide(events, { T: TOKEN })
    expect(answers).toMatchObject([
      { policyDocument: { Statement: [{ Effect: 'Allow' }] }, context: { subject: 'full' } },
      { policyDocument: { Statement: [{ Effect: 'Allow' }] }, context: { subject: 'full' } },
      { isAuthorized: true, context: { subject: 'full' } },
      'Unauthorized',
    ])
    expect(loaded.filter((name) => /undici|webstreams|whatwg|perf_hooks|http|tls|net$/.test(name))).toEqual([])
  })

  test('answers by policies where its environment says so', async () => {
    const { answers } = await decide([httpEvent(SENT)], { T: TOKEN, LATCHKEY_AWS_REPLY: 'iam' })
    expect(answers).toMatchObject([{ policyDocument: { Statement: [{ Effect: 'Allow' }] } }])
  })

  test('fails closed where the validator that LATCHKEY_CONFIG needs is not beside it', async () => {
    const { answers } = await decide([restEvent(SENT)], { T: TOKEN, LATCHKEY_CONFIG: '{}' })
    expect(answers).toEqual(['latchkey: not-configured'])
  })

  test('holds no Hono, no validator and no package at all', () => {
    expect(built.inputs.filter((path) => !/^(?:src|adapters)\//.test(path))).toEqual(['document:latchkey:document'])
    expect(built.inputs.filter((path) => /^src\/(?:http|cli|schema|validate|rules)/.test(path))).toEqual([])
    expect(built.code.match(/\bfrom"(?!\.\/)[^"]+"/g)).toEqual(['from"node:module"'])
    expect(new Set(built.code.match(/"node:[^"]+"/g))).toEqual(new Set(['"node:module"', '"node:crypto"']))
    expect(built.code).not.toMatch(/\brequire\(/)
  })
})

interface Decided {
  readonly answers: readonly unknown[]
  readonly loaded: readonly string[]
}
