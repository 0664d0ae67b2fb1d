import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { apiKey, authorizer, jwt } from '../../adapters/aws/index.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { mint } from '../given/jwt.ts'
import { madeKey } from '../hosts/vector-keys.ts'
import type { TestServer } from '../stores/server.ts'
import { testServer } from '../stores/server.ts'
import { restEvent } from './events.ts'
import { PATIENCE } from './patience.ts'

const NOW = 1_780_272_000
const SECRETS = {
  TOKEN: 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU',
  PEPPER: 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE',
}
const store: Document['store'] = { binding: 'KEYS', kind: 'dynamodb' }
const routes: Document['routes'] = [{ path: '/*' }]

interface Case {
  documentAt(url: string): Document
  readonly token: string
  /** Whether its secrets are at the server too. */
  readonly isFunction?: boolean
}

const TOKEN: Document['credentials'][number] = {
  kind: 'static-token',
  tokens: { secret: 'TOKEN' },
  type: 'full-access',
}

const CASES: Readonly<Record<keyof typeof PATIENCE, Case>> = {
  secrets: { documentAt: () => ({ credentials: [TOKEN], routes }), token: SECRETS.TOKEN, isFunction: true },
  store: {
    documentAt: () => ({
      credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }],
      store,
      routes,
    }),
    token: madeKey({ type: 'full-access', surface: 'api' }, 'silent', SECRETS).token(''),
  },
  limiter: {
    documentAt: () => ({
      credentials: [{ ...TOKEN, limits: [{ requests: 10, windowSeconds: 60 }] }],
      limiter: store,
      routes,
    }),
    token: SECRETS.TOKEN,
  },
  keys: {
    documentAt: (url) => ({
      credentials: [
        {
          kind: 'jwt',
          issuer: 'https://id.example',
          audience: 'orders',
          algorithms: ['ES256'],
          keys: { jwksUrl: `${url}/keys` },
        },
      ],
      routes,
    }),
    token: mint({ at: NOW }),
  },
}

let server: TestServer
let asked: Promise<void>

beforeEach(async () => {
  let heard = () => {}
  asked = new Promise((resolve) => {
    heard = resolve
  })
  server = await testServer(() => heard())
  vi.stubEnv('AWS_ENDPOINT_URL', server.url)
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-key-of-the-role')
  vi.stubEnv('KEYS', 'dynamodb:latchkey')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})

afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await server.stop()
})

test.each(Object.keys(CASES) as (keyof typeof CASES)[])(
  'where nothing answers for the %s, a call is refused in time, and tells so',
  async (what) => {
    const { documentAt, token, isFunction = false } = CASES[what]
    if (isFunction) vi.stubEnv('LATCHKEY_SECRETS', 'ssm:/latchkey/prod/')
    const sink = memorySink()
    const handler = authorizer({
      document: documentAt(server.url),
      verifiers: [apiKey, jwt],
      ...(!isFunction && { secrets: env(SECRETS) }),
      sink,
      now: () => NOW,
    })
    let outcome: string | undefined
    const event = restEvent({ method: 'GET', target: '/', headers: [['Authorization', `Bearer ${token}`]] })
    const ended = handler(event).then(
      () => 'an answer',
      (error: Error) => error.message,
    )
    void ended.then((message) => {
      outcome = message
    })
    await asked
    await vi.advanceTimersByTimeAsync(PATIENCE[what] - 1)
    expect(outcome).toBe(undefined)
    await vi.advanceTimersByTimeAsync(1)
    expect(await ended).toBe('latchkey: dependency-unavailable')
    expect(sink.events.filter(({ type }) => type === 'decision')).toMatchObject([
      { decision: 'deny', reason: 'dependency-unavailable' },
    ])
  },
)
