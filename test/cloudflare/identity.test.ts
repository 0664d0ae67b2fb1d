import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireIdentity } from '../../adapters/identity/index.ts'
import type { IdentityKeys } from '../../adapters/identity/proof.ts'
import { NOW } from '../given/access.ts'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { runtime } from '../hosts/worker-runtime.ts'
import { AUDIENCE, EDDSA, HS256, ORIGIN, SECRETS, SHARED } from '../identity/given.ts'
import type { TestOrigin } from './given.ts'
import { DOCUMENT, gate, send, testOrigin } from './given.ts'

let origin: TestOrigin
let workerd: Runtime

beforeAll(async () => {
  origin = await testOrigin()
  const secrets = Object.fromEntries(Object.entries(SECRETS).map(([name, text]) => [name, { text }]))
  const bindings = { ORIGIN: { text: origin.url }, ...secrets }
  workerd = await runtime([
    await gate('eddsa', bindings, { ...DOCUMENT, identity: EDDSA }),
    await gate('hs256', bindings, { ...DOCUMENT, identity: HS256 }),
    await gate('unset', { ORIGIN: { text: origin.url } }, { ...DOCUMENT, identity: EDDSA }),
  ])
})

afterAll(async () => {
  await workerd?.stop()
  await origin?.stop()
})

describe.each(['eddsa', 'hs256'])('a Worker that signs by %s', (name) => {
  test('is proved to its origin, by what it publishes or shares', async () => {
    const port = workerd.portOf(name)
    const jwks = JSON.parse((await send(port, '/_latchkey/identity/jwks.json')).body.toString())
    const isShared = name === 'hs256'
    expect(jwks.keys).toHaveLength(isShared ? 0 : 3)
    const keys: IdentityKeys = isShared ? { secrets: [SHARED] } : { jwks }
    const identity = requireIdentity({ audience: AUDIENCE, publicOrigin: ORIGIN, keys, now: () => NOW })
    origin.answer = (request: Parameters<typeof identity.express>[0], response) =>
      void identity.express(request, response, () => response.end(JSON.stringify(request.identity)))

    const headers = { 'X-Latchkey-Identity': 'forged' }
    const passed = await send(port, '/orders/a%c3%bcb?x=1', { method: 'PUT', headers })
    expect([passed.status, JSON.parse(passed.body.toString())]).toMatchObject([
      200,
      { kind: 'static-token', subject: 'static-token', type: 'full-access' },
    ])
    expect((await send(Number(new URL(origin.url).port), '/orders', { headers })).status).toBe(403)
    // At once, and each by its own.
    const many = Array.from({ length: 20 }, (_, place) => send(port, `/orders/${'x'.repeat(50 * place)}`))
    expect((await Promise.all(many)).map(({ status }) => status)).toEqual(many.map(() => 200))
  })
})

test('a Worker without its key lets nothing pass', async () => {
  expect((await send(workerd.portOf('unset'), '/orders')).status).toBe(503)
})
