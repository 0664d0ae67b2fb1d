import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fieldsPassed } from './given.ts'
import { BUILD_TIMEOUT, buildForVercel } from './vercel-build.ts'

const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const PROXY_SECRET = 'uHq7XvYt0b3nWc5rKf8mZs1dGj4pLx6aEo9iTyUwQkM'
const ENVIRONMENT = {
  API_TOKEN: TOKEN,
  PROXY_SECRET,
  IDENTITY_KEY: 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM',
  VERCEL: '1',
  VERCEL_ENV: 'production',
}
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }

type Handler = (request: Request) => Promise<Response>
let output = ''
let middleware: Handler
let orders: Record<string, Handler>
let endpoints: Record<string, Handler>

/** Node runs what was built for its runtime; a static import could not name it. */
async function built(path: string): Promise<Record<string, Handler>> {
  return (await import(pathToFileURL(join(output, 'functions', path)).href)) as Record<string, Handler>
}

beforeAll(async () => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value)
  output = await buildForVercel('example', 'examples/vercel')
  middleware = (await built('middleware.func/middleware.js'))['default'] as Handler
  orders = await built('api/orders.func/api/orders.js')
  endpoints = await built('api/latchkey.func/api/latchkey.js')
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
}, BUILD_TIMEOUT)

afterAll(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

function request(path: string, headers: HeadersInit = {}): Request {
  return new Request(`https://shop.example${path}`, { headers })
}

describe('the example as `vercel build` makes it', () => {
  it('has middleware before every path, a function for each file, and shows nobody its document', () => {
    const { routes } = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'))
    expect(routes[0]).toMatchObject({ src: '^/.*$', middlewarePath: 'middleware' })
    expect(existsSync(join(output, 'static/index.html'))).toBe(true)
    expect(existsSync(join(output, 'static/latchkey.json'))).toBe(false)
  })

  it('lets its page pass', async () => {
    expect(fieldsPassed(await middleware(request('/')))).toMatchObject({ 'x-latchkey-subject': '' })
  })

  it('refuses in the middleware, and in the handler where no middleware ran', async () => {
    for (const handler of [middleware, orders['GET'] as Handler]) {
      const reply = await handler(request('/api/orders', { 'x-latchkey-subject': 'partner' }))
      expect([reply.status, (await reply.json()).reason]).toEqual([401, 'credential-missing'])
    }
  })

  it('tells the handler who called, with middleware and without', async () => {
    const headers = fieldsPassed(await middleware(request('/api/orders', AUTHORIZED))) as HeadersInit
    expect(headers).not.toHaveProperty('authorization')
    for (const sent of [headers, AUTHORIZED]) {
      const reply = await (orders['GET'] as Handler)(request('/api/orders', sent))
      expect(await reply.json()).toMatchObject({ kind: 'static-token', subject: 'partner' })
    }
  })

  it('answers a proxy elsewhere by its function', async () => {
    const { GET } = endpoints as { GET: Handler }
    const described = {
      'x-latchkey-proxy-secret': PROXY_SECRET,
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/api/orders',
      'x-forwarded-proto': 'https',
    }
    expect((await GET(request('/_latchkey/verify', { ...described, ...AUTHORIZED }))).status).toBe(200)
    expect((await GET(request('/_latchkey/verify', described))).status).toBe(401)
    expect((await GET(request('/_latchkey/whoami', AUTHORIZED))).status).toBe(200)
    expect((await GET(request('/api/orders', AUTHORIZED))).status).toBe(403)
  })
})
