import { handle } from 'hono/vercel'
import { describe, expect, it } from 'vitest'
import { app } from '../../adapters/vercel/app.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { AUTHORIZED, DOCUMENT, NOW, TOKEN } from './given.ts'

const PROXY_SECRET = 'uHq7XvYt0b3nWc5rKf8mZs1dGj4pLx6aEo9iTyUwQkM'
const PROXIED: Document = { ...DOCUMENT, proxies: { secret: { secret: 'PROXY_SECRET' }, dialect: 'forwarded' } }

function given(document: Document = PROXIED) {
  const sink = memorySink()
  const serve = handle(app({ document, secrets: env({ APP_TOKEN: TOKEN, PROXY_SECRET }), sink, now: () => NOW }))
  return {
    sink,
    ask: (path: string, headers: HeadersInit = {}) => serve(new Request(`https://shop.example${path}`, { headers })),
  }
}

describe('the whole app as a Vercel function', () => {
  it('answers who a caller is', async () => {
    const { ask } = given()
    expect(await (await ask('/_latchkey/whoami', AUTHORIZED)).json()).toMatchObject({ subject: 'app' })
    expect((await ask('/_latchkey/whoami')).status).toBe(401)
    expect(await (await ask('/_latchkey/health')).json()).toEqual({ status: 'pass' })
  })

  it('answers a trusted proxy about the request that it describes', async () => {
    const { ask } = given()
    const described = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/api/orders/7', 'x-forwarded-proto': 'https' }
    const trusted = { 'x-latchkey-proxy-secret': PROXY_SECRET, ...described }
    const allowed = await ask('/_latchkey/verify', { ...trusted, ...AUTHORIZED })
    expect([allowed.status, allowed.headers.get('x-latchkey-subject')]).toEqual([200, 'app'])
    expect((await ask('/_latchkey/verify', trusted)).status).toBe(401)
    expect((await ask('/_latchkey/verify', { ...described, ...AUTHORIZED })).status).toBe(403)
  })

  it('has nothing behind it', async () => {
    const { ask } = given()
    const reply = await ask('/api/open')
    expect([reply.status, (await reply.json()).reason]).toEqual([403, 'route-unknown'])
    expect((await ask('/_latchkey/nothing', AUTHORIZED)).status).toBe(403)
  })

  it('fails closed, and tries again', async () => {
    const sink = memorySink()
    const state = { broken: true }
    const serve = handle(
      app({
        sink,
        secrets: env({ APP_TOKEN: TOKEN, PROXY_SECRET }),
        get document() {
          if (state.broken) throw new RangeError(TOKEN)
          return PROXIED
        },
      }),
    )
    const ask = async () => (await serve(new Request('https://shop.example/_latchkey/live'))).status
    expect(await ask()).toBe(503)
    state.broken = false
    expect(await ask()).toBe(200)
  })
})
