import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { latchkey as latchkeyOnNode } from '../../adapters/node/hono.ts'
import { stamp } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'
import type { LatchkeyVariables, MiddlewareOptions } from '../../src/http/hono.ts'
import { latchkey } from '../../src/http/hono.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { NOW } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'

type Middleware = typeof latchkey

describe.each<[string, Middleware]>([
  ['latchkey/hono', latchkey],
  ['latchkey/hono on Node', latchkeyOnNode],
])('%s', (_, middleware) => {
  function appOf(options: Partial<MiddlewareOptions> = {}) {
    const sink = memorySink()
    const app = new Hono<{ Variables: LatchkeyVariables }>()
      .use(middleware({ document: DOCUMENT, secrets: env(TOKENS), sink, now: () => NOW, ...options }))
      .get('/cached', (c) => c.text('cached', 200, { 'Cache-Control': 'public' }))
      .get('/raw', () => new Response('raw'))
      .get('/id', (c) => c.text(c.get('requestId')))
      .get('/fetched', () => fetch('data:text/plain,fetched'))
      .get('/broken', () => {
        throw new Error('broken')
      })
      .all('*', (c) => c.json(c.var.principal === 'anonymous' ? 'anonymous' : c.var.principal.credential))
    return { app, sink }
  }
  const authorized = { headers: { Authorization: `Bearer ${TOKENS.FULL}` } }

  it('puts the principal on the context', async () => {
    const response = await appOf().app.request('/orders', authorized)
    expect(response.status).toBe(200)
    expect(await response.json()).toBe('full')
  })

  it('says on public routes that nobody called', async () => {
    expect(await (await appOf().app.request('/health')).json()).toBe('anonymous')
  })

  it.each([
    ['/orders', {}, 401, 'credential-missing'],
    ['/orders', { headers: { Authorization: 'Bearer unknown' } }, 401, 'token-unknown'],
    ['/orders%2F1', authorized, 400, 'request-ambiguous'],
    ['/_latchkey/nothing', authorized, 403, 'route-unknown'],
  ])('refuses %s %j before any handler: %i %s', async (path, init, status, reason) => {
    const response = await appOf().app.request(path, init)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ reason, requestId: response.headers.get('X-Latchkey-Request-Id') })
  })

  it('answers HEAD without a body', async () => {
    const response = await appOf().app.request('/orders', { method: 'HEAD' })
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('')
  })

  it('answers the endpoints of Latchkey itself', async () => {
    const { app } = appOf()
    expect(await (await app.request('/_latchkey/live')).json()).toEqual({ status: 'pass' })
    expect(await (await app.request('/_latchkey/whoami', authorized)).json()).toMatchObject({ name: 'full' })
  })

  it.each([
    ['/orders', null],
    ['/raw', null],
    ['/fetched', null],
    ['/cached', 'public'],
  ])('leaves the response of %s as the app made it', async (path, caching) => {
    const response = await appOf().app.request(path, authorized)
    expect(response.status).toBe(200)
    expect(response.headers.get('X-Latchkey-Request-Id')).toBeNull()
    expect(response.headers.get('Cache-Control')).toBe(caching)
  })

  it('tells the app the id that the event has', async () => {
    const { app, sink } = appOf()
    const id = await (await app.request('/id', authorized)).text()
    expect(sink.events).toMatchObject([{ type: 'decision', requestId: id }])
  })

  it('leaves the errors of a handler to the app', async () => {
    const { app } = appOf()
    app.onError((error, c) => c.text(error.message, 418))
    const response = await app.request('/broken', authorized)
    expect([response.status, await response.text()]).toEqual([418, 'broken'])
  })

  it('writes one event a request', async () => {
    const { app, sink } = appOf()
    await app.request('/orders', authorized)
    await app.request('/orders')
    expect(sink.events).toMatchObject([{ decision: 'allow', name: 'full' }, { decision: 'deny' }])
  })

  it("asks whoever runs it for the client's address", async () => {
    const document: Document = { ...DOCUMENT, addresses: { allow: ['192.0.2.0/24'] } }
    const reasonFrom = async (clientAddress?: string) => {
      const options = clientAddress === undefined ? {} : { clientAddress: () => clientAddress }
      const response = await appOf({ document, ...options }).app.request('/orders', authorized)
      return response.status === 200 ? 'passed' : ((await response.json()) as { reason: string }).reason
    }
    expect(await reasonFrom('192.0.2.1')).toBe('passed')
    expect(await reasonFrom('198.51.100.1')).toBe('address-refused')
    expect(await reasonFrom()).toBe('address-refused')
  })

  it('refuses everything but live under a faulty document', async () => {
    const { app, sink } = appOf({ document: { ...DOCUMENT, colour: 'red' } as unknown as Document })
    expect((await app.request('/health')).status).toBe(503)
    expect((await app.request('/orders', authorized)).status).toBe(503)
    expect((await app.request('/_latchkey/live')).status).toBe(200)
    expect(sink.events[0]).toMatchObject({ message: 'configuration fault at /colour: no such key here' })
  })

  it('takes a document that was stamped by check', async () => {
    expect((await appOf({ document: stamp(DOCUMENT) }).app.request('/orders', authorized)).status).toBe(200)
  })

  it('builds once for requests that come together', async () => {
    const { app, sink } = appOf({ secrets: env({ FULL: 'changeme' }) })
    await Promise.all(Array.from({ length: 10 }, () => app.request('/health')))
    expect(sink.events.filter((event) => event.type === 'notice')).toHaveLength(1)
  })

  it('reads secrets from the bindings of the runtime where it is given none', async () => {
    const sink = memorySink()
    const app = new Hono<{ Bindings: Record<string, string> }>()
      .use(middleware({ document: DOCUMENT, sink }))
      .all('*', (c) => c.text('passed'))
    process.env['FULL'] = TOKENS.FULL
    try {
      expect((await app.request('/orders', authorized)).status).toBe(200)
    } finally {
      delete process.env['FULL']
    }
  })
})
