import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DecisionEvent } from '../../src/model/event.ts'
import { fieldOf } from '../hosts/compare.ts'
import type { Message } from '../hosts/worker-wire.ts'
import type { NextServer } from './next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from './next-server.ts'
import type { Fields, Sent } from './wire.ts'
import { refusalOf, sendTo, statusOf } from './wire.ts'

const APP = 'e2e/next/gate'
const PARTNER = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const READER = 'uHq7XvYt0b3nWc5rKf8mZs1dGj4pLx6aEo9iTyUwQkM'
const SECRETS = { PARTNER_TOKEN: PARTNER, READER_TOKEN: READER }
const AUTHORIZED: Fields = [['Authorization', `Bearer ${PARTNER}`]]

let built = ''
let server: NextServer

beforeAll(async () => {
  built = await buildNext(APP)
  server = await startNext(APP, SECRETS)
}, BUILD_TIMEOUT)

afterAll(() => server?.stop())

/** Sends a request to the app. */
function send(target: string, sent: Sent = {}) {
  return sendTo(server, target, sent)
}

/** What the route handler says that it was given. */
function echoOf({ body }: Message): {
  url: string
  path: string[]
  body: string
  header(name: string): string | undefined
} {
  const { url, path, body: received, headers } = JSON.parse(body)
  return { url, path, body: received, header: (name) => fieldOf(headers, name) }
}

describe('what passes', () => {
  it('is built with the gate as proxy, and its four lines hold for TypeScript', () => {
    expect(built).toContain('Proxy (Middleware)')
    expect(built).toContain('Finished TypeScript')
  })

  it.each<[string, Fields]>([
    ['Authorization', AUTHORIZED],
    ['X-Api-Key', [['X-Api-Key', PARTNER]]],
  ])('tells the route handler who called, and shows it no credential: %s', async (_, headers) => {
    const reply = await send('/api/orders/7?x=1&x=2&y', { headers })
    const echo = echoOf(reply)
    expect(statusOf(reply)).toBe(200)
    expect(echo.path).toEqual(['orders', '7'])
    expect(echo.url).toMatch(/\/api\/orders\/7\?x=1&x=2&y=$/)
    expect(echo.header('x-latchkey-subject')).toBe('partner')
    expect(echo.header('x-latchkey-kind')).toBe('static-token')
    expect(echo.header('x-latchkey-permissions')).toBe('orders.* search.find')
    expect(echo.header('x-latchkey-owner')).toBe('')
    expect(echo.header('x-latchkey-request-id')).toBe(fieldOf(reply.headers, 'x-latchkey-request-id'))
    expect(reply.body).not.toContain(PARTNER)
  })

  it.each<[string, Fields, string]>([
    ['by length', [['Content-Length', '5']], 'hello'],
    ['in chunks', [['Transfer-Encoding', 'chunked']], '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
  ])('gets its body: %s', async (_, framing, body) => {
    const headers: Fields = [...AUTHORIZED, ['Content-Type', 'text/plain'], ...framing]
    expect(echoOf(await send('/api/orders/7', { method: 'POST', headers, body })).body).toBe('hello')
  })

  it('passes a public route with empty identity, and leaves its caching to it', async () => {
    const headers: Fields = [
      ['X-Latchkey-Subject', 'admin'],
      ['X-Want-Cache-Control', 'public, max-age=60'],
    ]
    const reply = await send('/api/health', { headers })
    expect(statusOf(reply)).toBe(200)
    expect(echoOf(reply).header('x-latchkey-subject')).toBe('')
    expect(fieldOf(reply.headers, 'cache-control')).toBe('public, max-age=60')
  })

  it('serves a public page, and its files', async () => {
    const page = await send('/')
    const file = /\/_next\/static\/[^"]+\.js/.exec(page.body)?.[0] as string
    expect([statusOf(page), statusOf(await send(file))]).toEqual([200, 200])
  })

  it.each(['public, max-age=60', 'no-store'])('lets no cache keep what needed a credential: %s', async (value) => {
    const reply = await send('/api/orders/7', { headers: [...AUTHORIZED, ['X-Want-Cache-Control', value]] })
    expect(fieldOf(reply.headers, 'cache-control')).toBe('private, no-store')
  })
})

describe("a client's own copies", () => {
  it.each([
    'x-latchkey-subject',
    'x_latchkey_subject',
    'X-Latchkey_Owner',
    'x-middleware-subrequest',
    'x-middleware-override-headers',
    'x-middleware-request-x-latchkey-subject',
    'x_middleware_request_x_latchkey_subject',
    'x-middleware-set-cookie',
    'x-middleware-rewrite',
    'x-middleware-next',
    'x-real-ip',
    'x-original-url',
    'x-http-method-override',
    'forwarded',
  ])('never arrive: %s', async (name) => {
    const reply = await send('/api/orders/7', { headers: [...AUTHORIZED, [name, 'evil']] })
    expect(statusOf(reply)).toBe(200)
    expect(reply.body).not.toContain('evil')
  })

  it.each([
    'proxy:proxy:proxy:proxy:proxy',
    'middleware:middleware:middleware:middleware:middleware',
    'src/middleware',
  ])('do not go round the gate: x-middleware-subrequest %s', async (value) => {
    const refused = await send('/api/orders/7', { headers: [['x-middleware-subrequest', value]] })
    expect(refusalOf(refused)).toEqual([401, 'credential-missing'])
  })

  it('of forwarded fields give way to what was seen', async () => {
    const headers: Fields = [
      ...AUTHORIZED,
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-For', '192.0.2.66'],
      ['X-Forwarded-Proto', 'https'],
    ]
    const echo = echoOf(await send('/api/orders/7', { headers, host: 'shop.example' }))
    expect(echo.header('x-forwarded-host')).toBe('shop.example')
    expect(echo.header('x-forwarded-for')).not.toContain('192.0.2.66')
    expect(echo.header('host')).toBe('shop.example')
  })
})

describe('what is refused', () => {
  it('asks for a token by a bare challenge, in a problem body, and is kept by no cache', async () => {
    const reply = await send('/api/orders/7')
    expect(refusalOf(reply)).toEqual([401, 'credential-missing'])
    expect(fieldOf(reply.headers, 'www-authenticate')).toBe('Bearer realm="shop"')
    expect(fieldOf(reply.headers, 'content-type')).toBe('application/problem+json')
    expect(fieldOf(reply.headers, 'cache-control')).toBe('no-store')
    expect(JSON.parse(reply.body).requestId).toBe(fieldOf(reply.headers, 'x-latchkey-request-id'))
  })

  it.each<[string, string, Sent, [number, string]]>([
    [
      'a token that nobody has',
      '/api/orders/7',
      { headers: [['Authorization', 'Bearer nobody']] },
      [401, 'token-unknown'],
    ],
    ['two tokens', '/api/orders/7', { headers: [...AUTHORIZED, ['X-Api-Key', READER]] }, [401, 'credential-malformed']],
    [
      'a write by a reader',
      '/api/notes',
      {
        method: 'POST',
        headers: [
          ['Authorization', `Bearer ${READER}`],
          ['Content-Length', '0'],
        ],
      },
      [403, 'permission-missing'],
    ],
    ['a path that no route names', '/admin', { headers: AUTHORIZED }, [403, 'route-unknown']],
    ['an unknown endpoint under the base', '/_latchkey/keys', { headers: AUTHORIZED }, [403, 'route-unknown']],
    [
      'a token over plain http',
      '/api/orders/7',
      { headers: AUTHORIZED, host: 'shop.example' },
      [403, 'transport-insecure'],
    ],
    [
      'a prefetch of a page',
      '/search?_rsc=abcde',
      {
        headers: [
          ['RSC', '1'],
          ['Next-Router-Prefetch', '1'],
        ],
      },
      [401, 'credential-missing'],
    ],
    [
      'a Server Function',
      '/search',
      {
        method: 'POST',
        headers: [
          ['Next-Action', 'f'.repeat(42)],
          ['Content-Length', '0'],
        ],
      },
      [403, 'route-unknown'],
    ],
  ])('%s', async (_, target, sent, expected) => {
    expect(refusalOf(await send(target, sent))).toEqual(expected)
  })

  it('tells the permission that is missing', async () => {
    const reply = await send('/api/notes', { headers: AUTHORIZED })
    expect(refusalOf(reply)).toEqual([403, 'permission-missing'])
    expect(fieldOf(reply.headers, 'www-authenticate')).toContain('error="insufficient_scope"')
  })
})

describe('a path that Next reads in its own way', () => {
  it.each<[string, string, number, string | null]>([
    ['an escaped slash', '/api/orders/7%2f8', 400, 'request-ambiguous'],
    ['an escaped NUL', '/api/orders/%00', 400, 'request-ambiguous'],
    ['an escaped letter of a route', '/%61pi/orders/7', 400, 'request-ambiguous'],
    ['an escape of an escape', '/api/orders/%252e', 400, 'request-ambiguous'],
    ['a parameter of a segment', '/api/orders/7;a=b', 400, 'request-ambiguous'],
    ['another letter case', '/API/orders/7', 403, 'route-unknown'],
    ['the data of a page', '/_next/data/none/search.json', 401, 'credential-missing'],
    ['an escape that is none', '/api/orders/%zz', 400, null],
    ['an escape that is no UTF-8', '/api/orders/%ff', 400, null],
    ['repeated slashes', '//api/orders/7', 308, null],
    ['a backslash', '/api\\orders/7', 308, null],
    ['a slash at the end', '/api/health/', 308, null],
    ['absolute form', 'http://other.example/api/health', 308, null],
    ['the RSC form of a public path', '/api/health.rsc', 307, null],
    ['the RSC form twice', '/api/health.rsc.rsc', 307, null],
  ])('never gets to a handler: %s', async (_, target, status, reason) => {
    const reply = await send(target)
    expect(statusOf(reply)).toBe(status)
    if (reason !== null) expect(refusalOf(reply)).toEqual([status, reason])
    expect(reply.body).not.toContain('"path"')
  })

  it.each([
    ['/api/orders/../health', ['health']],
    ['/api/orders/%2e%2e/health', ['health']],
    ['/api/./health', ['health']],
  ])('is judged as it is served, dot segments resolved: %s', async (target, path) => {
    expect(echoOf(await send(target)).path).toEqual(path)
  })

  it.each(['/api/health/../orders/7', '/api/health/%2E%2e/orders/7'])(
    'is judged as it is served, so a public prefix opens nothing: %s',
    async (target) => {
      expect(refusalOf(await send(target))).toEqual([401, 'credential-missing'])
    },
  )
})

describe('a credential in the query', () => {
  it('is gone from what a page is given', async () => {
    const reply = await send(`/search?a=1&api_token=${PARTNER}&b=2`)
    const text = reply.body.replaceAll('&quot;', '"')
    expect(statusOf(reply)).toBe(200)
    expect(text).toContain('{"name":"partner","searchParams":{"a":"1","b":"2"}}')
    expect(fieldOf(reply.headers, 'x-middleware-rewrite')).toBe('/search?a=1&b=2')
  })

  it("stays in a route handler's request.url, as with every rewrite under Next's own server, and a warning says so", async () => {
    const reply = await send(`/api/orders/7?api_token=${PARTNER}`)
    expect(echoOf(reply).url).toContain('api_token=')
    expect(server.lines.filter((line) => line.includes('request.url of route handlers'))).toHaveLength(1)
  })
})

describe("Latchkey's own endpoints", () => {
  it('tells a caller who it is', async () => {
    const reply = await send('/_latchkey/whoami', { headers: AUTHORIZED })
    expect(statusOf(reply)).toBe(200)
    expect(JSON.parse(reply.body)).toMatchObject({ subject: 'partner', type: 'custom' })
    expect(refusalOf(await send('/_latchkey/whoami'))).toEqual([401, 'credential-missing'])
  })

  it.each(['live', 'health'])('answers %s', async (endpoint) => {
    const reply = await send(`/_latchkey/${endpoint}`)
    expect([statusOf(reply), JSON.parse(reply.body)]).toEqual([200, { status: 'pass' }])
  })
})

describe('the environment', () => {
  it('brings the document in LATCHKEY_CONFIG, which goes before the one that was built in', async () => {
    const document = { ...SECRETS, LATCHKEY_CONFIG: '{"realm":' }
    const faulty = await startNext(APP, document)
    try {
      expect(refusalOf(await sendTo(faulty, '/'))).toEqual([503, 'not-configured'])
      expect(statusOf(await sendTo(faulty, '/_latchkey/live'))).toBe(200)
      expect(faulty.lines.join('\n')).toContain('configuration fault')
    } finally {
      await faulty.stop()
    }
  })

  it('that lacks a secret fails closed', async () => {
    const empty = await startNext(APP, { READER_TOKEN: READER })
    try {
      const reply = await sendTo(empty, '/api/orders/7', { headers: AUTHORIZED })
      expect(refusalOf(reply)).toEqual([503, 'not-configured'])
    } finally {
      await empty.stop()
    }
  })
})

describe('what is logged', () => {
  it('is one event a request, and never a credential', async () => {
    const reply = await send('/api/orders/7', { headers: AUTHORIZED })
    const id = fieldOf(reply.headers, 'x-latchkey-request-id') as string
    const events = server.lines.filter((line) => line.includes(id)).map((line) => JSON.parse(line) as DecisionEvent)
    expect(events).toMatchObject([{ type: 'decision', decision: 'allow', route: '/api/orders/:id', name: 'partner' }])
    expect(server.lines.join('\n')).not.toMatch(new RegExp(`${PARTNER}|${READER}`))
  })
})
