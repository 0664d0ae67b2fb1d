import type { Context } from 'hono'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { latchkey } from '../../src/http/hono.ts'
import { memorySink } from '../../src/sinks/memory.ts'

const TOKEN = 'a-token-of-more-than-sixteen-characters'

type Answer = (c: Context) => Response | Promise<Response>

function appWith(handler: Answer): Hono {
  const document = {
    credentials: [{ kind: 'static-token' as const, tokens: { secret: 'TOKEN' }, type: 'full-access' as const }],
    routes: [{ path: '/public', public: true }, { path: '/*' }],
  }
  const app = new Hono()
  app.use('*', latchkey({ document, secrets: { get: () => [TOKEN] }, sink: memorySink() }))
  return app.all('*', handler)
}

const ask = (app: Hono, path: string) =>
  app.request(`http://localhost${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })

describe('the fields that the middleware adds to a reply', () => {
  const handlers: [name: string, handler: Answer][] = [
    ['by Hono', (c) => c.text('ok')],
    ['by Hono with a field of its own', (c) => c.text('ok', 200, { 'X-Own': 'own' })],
    ['by the handler itself', () => new Response('ok')],
    ['by the handler itself with a status', () => new Response('ok', { status: 201, headers: { 'X-Own': 'own' } })],
    // Whose headers nobody may change.
    ['by fetch', () => fetch('data:text/plain,ok')],
  ]

  it.each(handlers)('stand on a response that was made %s', async (_, handler) => {
    const response = await ask(appWith(handler), '/orders')
    expect(response.headers.get('x-latchkey-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('cache-control')).toBe('private')
    expect(await response.text()).toBe('ok')
  })

  it.each(handlers)('say nothing of caching on a public route, on a response that was made %s', async (_, handler) => {
    const response = await ask(appWith(handler), '/public')
    expect(response.headers.get('x-latchkey-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('cache-control')).toBeNull()
  })

  it.each<[string, Answer]>([
    ['by Hono', (c) => c.text('ok', 200, { 'Cache-Control': 'public, max-age=60' })],
    ['by the handler itself', () => new Response('ok', { headers: { 'Cache-Control': 'public, max-age=60' } })],
  ])('leave the caching that the origin asked for, on a response that was made %s', async (_, handler) => {
    const response = await ask(appWith(handler), '/orders')
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('stand on the reply to a handler that fails', async () => {
    const app = appWith(() => {
      throw new Error('broken')
    }).onError((_, c) => c.text('failed', 500))
    const response = await ask(app, '/orders')
    expect(response.status).toBe(500)
    expect(response.headers.get('x-latchkey-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})
