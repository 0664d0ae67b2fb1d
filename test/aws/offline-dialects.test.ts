import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Offline } from './offline.ts'
import { offline, ROOT, send } from './offline.ts'

/**
 * What the emulator has beside the sample of serverless.yml: WebSocket APIs, HTTP APIs with payload 1.0, identity sources,
 * guarded functions. It knows one identity source of an authorizer, the first, none of a WebSocket API, and answers 500
 * there to all that is thrown. What differs from AWS is tested at the stub gateway.
 */
const TOKEN = randomBytes(32).toString('base64url')
const DOCUMENT = {
  credentials: [{ kind: 'static-token', tokens: { secret: 'LATCHKEY_TOKEN' }, type: 'full-access' }],
  routes: [{ path: '/$connect', methods: ['GET'] }, { path: '/:kind/orders' }],
}

const bearer = (token: string) => [['Authorization', `Bearer ${token}`]] as const
const keyed = (token: string, key: string) => [...bearer(token), ['X-Key', key]] as const

let gateway: Offline

beforeAll(async () => {
  const environment = { LATCHKEY_TOKEN: TOKEN, LATCHKEY_CONFIG: JSON.stringify(DOCUMENT) }
  gateway = await offline(environment, join(ROOT, 'e2e/aws'), ['--config', 'dialects.yml'])
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
})

describe('over HTTP', () => {
  test.each<[name: string, path: string, fields: readonly (readonly [string, string])[], status: number]>([
    ['payload 1.0: the token', '/old/orders', bearer(TOKEN), 200],
    // AWS: 403. The emulator sends the same event for a REST API, which is answered by a throw.
    ['payload 1.0: another token', '/old/orders', bearer(`${TOKEN}x`), 401],
    ['payload 1.0: two tokens', '/old/orders', [...bearer(TOKEN), ...bearer('x')], 401],
    ['an identity source that is there', '/keyed/orders', keyed(TOKEN, '1'), 200],
    ['an identity source that is missing', '/keyed/orders', bearer(TOKEN), 401],
    ['an identity source that is there, another token', '/keyed/orders', keyed(`${TOKEN}x`, '1'), 401],
    ['a parameter as identity source', '/queried/orders?key=1', bearer(TOKEN), 200],
    ['a parameter that is missing', '/queried/orders?other=1', bearer(TOKEN), 401],
    ['a parameter that is there, another token', '/queried/orders?key=1', bearer(`${TOKEN}x`), 403],
    ['a token that its expression matches', '/checked/orders', bearer(TOKEN), 200],
    ['a token that its expression matches, unknown', '/checked/orders', bearer(`${TOKEN}x`), 401],
    ['a token that its expression does not match', '/checked/orders', bearer('short'), 401],
  ])('%s', async (_, path, fields, expected) => {
    const { status, body } = await send(gateway.port, 'GET', path, fields)
    expect(status).toBe(expected)
    expect(body).not.toContain(TOKEN)
    if (expected === 200) expect(body).toContain('"subject":"static-token"')
  })
})

describe.each([
  ['a REST API', '/rest/orders'],
  ['an HTTP API', '/http/orders'],
])('a guarded function of %s', (_, path) => {
  test('knows who called, whatever fields the client made up', async () => {
    const fields = [...bearer(TOKEN), ['X-Latchkey-Subject', 'root']] as const
    const { status, body } = await send(gateway.port, 'GET', path, fields)
    expect(status).toBe(200)
    expect(JSON.parse(body).caller).toMatchObject({
      kind: 'static-token',
      subject: 'static-token',
      type: 'full-access',
    })
  })

  test.each([
    ['no token', [], 'credential-missing'],
    ['another token', bearer(`${TOKEN}x`), 'token-unknown'],
    ['another scheme', [['Authorization', `Basic ${TOKEN}`]], 'credential-missing'],
  ] as const)('refuses %s in its own words', async (_name, fields, reason) => {
    const { status, body } = await send(gateway.port, 'GET', path, fields)
    expect([status, JSON.parse(body).reason]).toEqual([401, reason])
    expect(body + gateway.output()).not.toContain(TOKEN)
  })
})

describe('a WebSocket API', () => {
  /** What it answers to a message, or the status by which it refused to connect. */
  function connect(headers: Record<string, string>): Promise<string | number> {
    return new Promise((resolve, reject) => {
      const client = new WebSocket(`ws://127.0.0.1:${gateway.websocketPort}`, { headers })
      client.on('open', () => client.send('{}'))
      client.on('message', (message: Buffer) => {
        client.terminate()
        resolve(message.toString())
      })
      client.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0))
      client.on('error', reject)
    })
  }

  test('connects with the token, and tells the function who called', async () => {
    const answer = await connect({ Authorization: `Bearer ${TOKEN}` })
    expect(JSON.parse(String(answer))).toMatchObject({
      authorizer: { principalId: 'static-token', subject: 'static-token', reason: '' },
    })
  })

  test.each([
    ['another token', { Authorization: `Bearer ${TOKEN}x` }],
    ['no token', {}],
    ['another scheme', { Authorization: `Basic ${TOKEN}` }],
  ])('refuses %s', async (_, headers) => {
    // AWS: 401, as "Unauthorized" is thrown.
    expect(await connect(headers as Record<string, string>)).toBe(500)
    expect(gateway.output()).not.toContain(TOKEN)
  })
})
