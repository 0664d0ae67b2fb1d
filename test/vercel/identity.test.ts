import { expect, test } from 'vitest'
import { requireIdentity } from '../../adapters/identity/index.ts'
import { env, middleware } from '../../adapters/vercel/index.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { NOW } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'
import { AUDIENCE, documentWith, EDDSA, ORIGIN, SECRETS } from '../identity/given.ts'

test('what the middleware passes on proves itself to the route handler', async () => {
  const { proxies: _, ...document } = documentWith(EDDSA)
  const gate = middleware({ document, secrets: env(SECRETS), sink: memorySink(), now: () => NOW })
  const headers = { authorization: `Bearer ${TOKENS.FULL}`, 'x-latchkey-identity': 'forged' }
  const jwks = await (await gate(new Request(`${ORIGIN}/_latchkey/identity/jwks.json`))).json()
  const identity = requireIdentity({ audience: AUDIENCE, publicOrigin: ORIGIN, keys: { jwks }, now: () => NOW })
  const GET = identity.next((_, caller) => new Response(caller.kind))

  // A preview deployment has another host, and what is signed does not.
  const url = 'https://orders-git-main.example/api/orders?x=1'
  const passed = await gate(new Request(url, { headers }))
  const shown = passed.headers.get('x-middleware-request-x-latchkey-identity') as string
  expect(shown).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const request = new Request(url, { headers: { 'x-latchkey-identity': shown } })
  expect(await (await GET(request)).text()).toBe('static-token')
  // Where no matcher covers the path, no middleware runs, and the handler is not open all the same.
  expect((await GET(new Request(url, { headers: { authorization: `Bearer ${TOKENS.FULL}` } }))).status).toBe(403)
})

test('a handler that is not shown the base path proves by it all the same', async () => {
  const { proxies: _, ...document } = documentWith(EDDSA)
  const gate = middleware({ document, secrets: env(SECRETS), sink: memorySink(), now: () => NOW })
  const jwks = await (await gate(new Request(`${ORIGIN}/_latchkey/identity/jwks.json`))).json()
  const identityAt = (basePath: string) =>
    requireIdentity({ audience: AUDIENCE, publicOrigin: ORIGIN, keys: { jwks }, basePath, now: () => NOW })
  const passed = await gate(
    new Request(`${ORIGIN}/shop/orders`, { headers: { authorization: `Bearer ${TOKENS.FULL}` } }),
  )
  const headers = { 'x-latchkey-identity': passed.headers.get('x-middleware-request-x-latchkey-identity') as string }
  const seen = () => new Request(`${ORIGIN}/orders`, { headers })
  const status = async (basePath: string) => (await identityAt(basePath).next(() => new Response())(seen())).status
  expect([await status('/shop'), await status('')]).toEqual([200, 403])
  expect(await identityAt('/shop').prove(seen())).toMatchObject({ subject: 'full' })
})
