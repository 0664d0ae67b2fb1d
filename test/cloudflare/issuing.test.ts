import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEYS } from '../given/jwt.ts'
import type { KeysWorker } from './keys-worker.ts'
import { FIRST, KEYS_DOCUMENT, keysWorker } from './keys-worker.ts'

const CACHE_SECONDS = 10

describe.each([
  ['ES256', 'ec1'],
  ['EdDSA', 'ed1'],
] as const)('tokens that a Worker issues by %s', (algorithm, name) => {
  let worker: KeysWorker

  beforeAll(async () => {
    worker = await keysWorker({
      store: 'kv',
      isolates: 2,
      verifiers: 'apiKey jwt',
      bindings: { SIGNING_KEY: JSON.stringify(KEYS[name]) },
      document: {
        ...KEYS_DOCUMENT,
        issuing: { issuer: 'https://api.example', keys: { secret: 'SIGNING_KEY' } },
        credentials: [...KEYS_DOCUMENT.credentials, { kind: 'jwt', name: 'short', keys: { own: true } }],
      },
    })
  })
  afterAll(() => worker?.stop())

  test('pass both isolates, are verified by the published keys, and end with their key', async () => {
    const draft = { name: 'agent', type: 'custom', permissions: ['orders.*'] }
    const key = (await worker.send('/_latchkey/keys', { token: FIRST, json: draft })).json
    const form = { grant_type: 'client_credentials', scope: 'orders.read' }
    const traded = await worker.send('/_latchkey/token', { token: key.token, form })
    expect(traded).toMatchObject({ status: 200, json: { expires_in: 900, scope: 'orders.read' } })
    const token = traded.json.access_token as string

    const set = (await worker.send('/_latchkey/jwks.json')).json
    const at = { currentDate: new Date(worker.at * 1000) }
    const { protectedHeader, payload } = await jwtVerify(token, createLocalJWKSet(set), at)
    expect(protectedHeader.alg).toBe(algorithm)
    expect(payload.sub).toBe(key.id)

    for (const to of ['one', 'two'] as const) {
      expect((await worker.send('/orders', { token, to })).status).toBe(200)
      expect((await worker.send('/orders', { token, to, method: 'POST' })).status).toBe(403)
    }
    await worker.send(`/_latchkey/keys/${key.id}/revoke`, { token: FIRST, json: {} })
    expect((await worker.send('/orders', { token })).json).toMatchObject({ reason: 'token-revoked' })
    worker.at += CACHE_SECONDS
    expect((await worker.send('/orders', { token, to: 'two' })).json).toMatchObject({ reason: 'token-revoked' })
    const told = JSON.stringify(await worker.events())
    for (const secret of [token, key.token, KEYS[name].d as string]) expect(told).not.toContain(secret)
  })
})
