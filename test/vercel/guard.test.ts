import { afterEach, describe, expect, it, vi } from 'vitest'
import { guard } from '../../adapters/vercel/index.ts'
import { latchkey } from '../../adapters/vercel/next.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { EDDSA, SECRETS } from '../identity/given.ts'
import { AUTHORIZED, DOCUMENT, fieldsPassed, NOW, TOKEN } from './given.ts'

const ORDERS = 'https://shop.example/api/orders/7'
const SIGNED: Document = { ...DOCUMENT, identity: EDDSA }

afterEach(() => vi.unstubAllGlobals())

function given(document: Document = DOCUMENT) {
  const sink = memorySink()
  const options = { document, secrets: env({ APP_TOKEN: TOKEN, ...SECRETS }), sink, now: () => NOW }
  return { sink, guarded: guard(options), ...latchkey(options) }
}

/** A handler that tells who called. */
const answering = (init: ResponseInit = {}) =>
  given().guarded((_, caller) => Response.json(caller.kind === 'anonymous' ? null : caller.subject, init))

describe('a guarded handler', () => {
  it('is called with who called, and with whatever the framework gives beside the request', async () => {
    const GET = given().guarded(async (request, caller, { params }: { params: Promise<{ id: string }> }) =>
      Response.json([request.method, caller.kind, (await params).id]),
    )
    const answer = await GET(new Request(ORDERS, { headers: AUTHORIZED }), { params: Promise.resolve({ id: '7' }) })
    expect(await answer.json()).toEqual(['GET', 'static-token', '7'])
  })

  it.each<[string, string, HeadersInit, number]>([
    ['no token', ORDERS, {}, 401],
    ['a token that nobody has', ORDERS, { authorization: 'Bearer nobody' }, 401],
    ['plain http', ORDERS.replace('https', 'http'), AUTHORIZED, 403],
    ['an ambiguous path', 'https://shop.example/api/orders/%2Fx', AUTHORIZED, 400],
    ["somebody else's word that he passed", ORDERS, { 'x-latchkey-subject': 'app', 'x-latchkey-kind': 'jwt' }, 401],
    ['a middleware that says that it ran', ORDERS, { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' }, 401],
  ])('is not called with %s', async (_, url, headers, status) => {
    const called = vi.fn(() => new Response())
    const answer = await given().guarded(called)(new Request(url, { headers }))
    expect([answer.status, called.mock.calls.length]).toEqual([status, 0])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('is called for anybody on a public route', async () => {
    const answer = await answering()(new Request('https://shop.example/api/open'))
    expect([await answer.json(), answer.headers.get('cache-control')]).toEqual([null, null])
  })

  it.each<[string, ResponseInit, string]>([
    ['is private where it says nothing', {}, 'private'],
    ['is cached as it says', { headers: { 'cache-control': 'no-store' } }, 'no-store'],
  ])('whose answer %s', async (_, init, expected) => {
    const answer = await answering(init)(new Request(ORDERS, { headers: AUTHORIZED }))
    expect(answer.headers.get('cache-control')).toBe(expected)
    expect(answer.headers.get('x-latchkey-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await answer.json()).toBe('app')
  })

  it('whose answer cannot be changed is answered all the same', async () => {
    const GET = given().guarded(() => Response.redirect('https://shop.example/x'))
    const answer = await GET(new Request(ORDERS, { headers: AUTHORIZED }))
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://shop.example/x'])
  })

  it('that throws leaves that to its framework', async () => {
    const GET = given().guarded(() => {
      throw new Error('NEXT_REDIRECT')
    })
    await expect(GET(new Request(ORDERS, { headers: AUTHORIZED }))).rejects.toThrow('NEXT_REDIRECT')
  })

  it.each<[string, () => Response]>([
    ['an error', () => Response.error()],
    ['nothing', () => undefined as unknown as Response],
  ])('that answers by what is no answer leaves that to its framework too: %s', async (_, handler) => {
    const given_ = await given().guarded(handler)(new Request(ORDERS, { headers: AUTHORIZED }))
    expect([given_?.type, given_]).toEqual([handler()?.type, given_])
  })

  it('is not called where nothing can be judged', async () => {
    const called = vi.fn(() => new Response())
    const sink = memorySink()
    const broken = {
      sink,
      get document(): Document {
        throw new RangeError(TOKEN)
      },
    }
    expect((await guard(broken)(called)(new Request(ORDERS, { headers: AUTHORIZED }))).status).toBe(503)
    expect([called.mock.calls.length, sink.events]).toEqual([
      0,
      [{ type: 'notice', level: 'error', message: 'a request failed closed: RangeError' }],
    ])
  })

  it('leaves what the reply does not wait for to the platform', async () => {
    const kept: Promise<unknown>[] = []
    vi.stubGlobal(Symbol.for('@vercel/request-context') as unknown as string, {
      get: () => ({ waitUntil: (work: Promise<unknown>) => void kept.push(work) }),
    })
    const secrets = { get: async () => [TOKEN] }
    const GET = guard({ document: DOCUMENT, secrets, sink: memorySink(), now: () => NOW })(() => new Response())
    await GET(new Request(ORDERS, { headers: AUTHORIZED }))
    expect(kept).toHaveLength(1)
  })
})

describe('a guarded handler behind the proxy', () => {
  it('knows by the identity that the proxy has signed, as the credential is gone', async () => {
    const { proxy, guard, sink } = given(SIGNED)
    const fields = fieldsPassed(await proxy(new Request(ORDERS, { headers: AUTHORIZED })))
    expect(fields).not.toHaveProperty('authorization')
    const GET = guard((_, caller) => Response.json(caller))
    const answer = await GET(new Request(ORDERS, { headers: fields as HeadersInit }))
    expect(await answer.json()).toMatchObject({ kind: 'static-token', subject: 'app' })
    expect(sink.events.filter(({ type }) => type === 'decision')).toHaveLength(1)
  })

  it('is closed where the proxy does not cover it, and open to whoever has a token', async () => {
    const GET = given(SIGNED).guard(() => new Response())
    expect((await GET(new Request(ORDERS))).status).toBe(401)
    expect((await GET(new Request(ORDERS, { headers: AUTHORIZED }))).status).toBe(200)
  })

  it('is closed to a request that became another one on the way', async () => {
    const { proxy, guard } = given(SIGNED)
    const headers = fieldsPassed(await proxy(new Request(ORDERS, { headers: AUTHORIZED }))) as HeadersInit
    const handler = guard(() => new Response())
    expect((await handler(new Request(`${ORDERS}.rsc`, { headers }))).status).toBe(401)
    expect((await handler(new Request('https://shop.example/api/orders/8', { headers }))).status).toBe(401)
    expect((await handler(new Request(ORDERS, { headers, method: 'DELETE' }))).status).toBe(401)
    // A rewritten host is nothing that an identity is bound to.
    expect((await handler(new Request(ORDERS.replace('shop', 'preview'), { headers }))).status).toBe(200)
  })

  it('under a base path, which it is not shown, is told of it', async () => {
    const document = { ...SIGNED, routes: [{ path: '/shop/api/*' }] }
    const options = { document, secrets: env({ APP_TOKEN: TOKEN, ...SECRETS }), sink: memorySink(), now: () => NOW }
    const { proxy, guard } = latchkey({ ...options, scope: '/shop/api', basePath: '/shop' })
    const sent = new Request('https://shop.example/shop/api/orders', { headers: AUTHORIZED })
    const headers = fieldsPassed(await proxy(sent)) as HeadersInit
    const handler = guard(() => new Response())
    for (const fields of [headers, AUTHORIZED]) {
      expect((await handler(new Request('https://shop.example/api/orders', { headers: fields }))).status).toBe(200)
    }
  })

  it('refuses everybody where the document signs nothing, and the log says why', async () => {
    const { proxy, guard, sink } = given()
    const headers = fieldsPassed(await proxy(new Request(ORDERS, { headers: AUTHORIZED }))) as HeadersInit
    expect((await guard(() => new Response())(new Request(ORDERS, { headers }))).status).toBe(401)
    expect(sink.events).toContainEqual(
      expect.objectContaining({
        type: 'notice',
        message: expect.stringContaining('write "identity" into the document'),
      }),
    )
  })
})
