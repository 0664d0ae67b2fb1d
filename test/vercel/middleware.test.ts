import { afterEach, describe, expect, it, vi } from 'vitest'
import type { VercelOptions } from '../../adapters/vercel/index.ts'
import { env, middleware } from '../../adapters/vercel/index.ts'
import { defineConfig } from '../../src/document.ts'
import type { SecretSource } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'

const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const NOW = 1_780_000_000

const document = defineConfig({
  credentials: [
    {
      kind: 'static-token',
      name: 'app',
      from: [{ header: 'authorization', scheme: 'bearer' }, { query: 'api_token' }],
      tokens: { secret: 'APP_TOKEN' },
      type: 'full-access',
    },
  ],
  routes: [
    { path: '/open', public: true },
    { path: '/*', tail: 'opaque' },
  ],
})

afterEach(() => vi.unstubAllEnvs())

/** A middleware with a clock that stands, and what it writes. */
function given(options: Partial<VercelOptions> = {}) {
  const sink = memorySink()
  const secrets = env({ APP_TOKEN: TOKEN })
  return { gate: middleware({ document, secrets, sink, now: () => NOW, ...options }), sink }
}

function request(url: string, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request(url, { headers: { authorization: `Bearer ${TOKEN}`, ...headers } })
}

/** A request as Next hands it over: known by the `nextUrl` that only Next brings. */
function nextRequest(url: string, headers: Readonly<Record<string, string>> = {}): Request {
  return Object.assign(request(url, headers), { nextUrl: new URL(url) })
}

function passed(response: Response, name: string): string | null {
  return response.headers.get(`x-middleware-request-${name}`)
}

describe('what goes on', () => {
  it.each([
    'x-middleware-subrequest',
    'x-middleware-override-headers',
    'x_middleware_request_host',
    'X-Middleware-Next',
  ])('holds nothing by which a client would speak for the middleware: %s', async (name) => {
    const response = await given().gate(request('https://shop.example/x', { [name]: 'evil' }))
    expect(JSON.stringify([...response.headers])).not.toContain('evil')
    expect(response.headers.get('x-middleware-next')).toBe('1')
  })

  it('keeps Host, which is what the list would drop', async () => {
    const response = await given().gate(request('https://shop.example/x', { host: 'shop.example' }))
    expect(passed(response, 'host')).toBe('shop.example')
  })

  it.each([
    ['https://shop.example/x?api_token=T&a=1', 'https://shop.example/x?a=1'],
    ['https://shop.example//other.example/x?api_token=T', 'https://shop.example//other.example/x'],
  ])('loses a credential of the query by a rewrite to its own host: %s', async (url, expected) => {
    const { gate } = given()
    const response = await gate(new Request(url.replace('T', TOKEN)))
    expect(response.headers.get('x-middleware-rewrite')).toBe(expected)
    expect(JSON.stringify([...response.headers])).not.toContain(TOKEN)
  })

  it.each<[string, Request, string | null]>([
    ['private', request('https://shop.example/x'), 'private'],
    ['no-store under Next, which drops what the page says', nextRequest('https://shop.example/x'), 'private, no-store'],
    ['left to the page on a public route', request('https://shop.example/open'), null],
  ])('is cached as little as may be: %s', async (_, sent, expected) => {
    const response = await given().gate(sent)
    expect(response.headers.get('cache-control')).toBe(expected)
  })
})

describe('the host', () => {
  it.each<[string, string, Readonly<Record<string, string>>, number]>([
    ['https', 'https://shop.example/x', {}, 200],
    ['http', 'http://shop.example/x', {}, 403],
    ['http on loopback', 'http://localhost:3000/x', { host: 'localhost:3000' }, 200],
    [
      'http by another name, at the address that Next listens on',
      'http://localhost:3000/x',
      { host: 'shop.example' },
      403,
    ],
    ['http by a loopback name, at another address', 'http://shop.example/x', { host: 'localhost' }, 403],
  ])('is the one that the client named: %s', async (_, url, headers, status) => {
    expect((await given().gate(request(url, headers))).status).toBe(status)
  })

  it('goes on as X-Forwarded-Host, whatever the client says', async () => {
    const headers = { host: 'shop.example', 'x-forwarded-host': 'evil.example' }
    const response = await given().gate(request('https://localhost:3000/x', headers))
    expect(passed(response, 'x-forwarded-host')).toBe('shop.example')
  })
})

describe("the client's address", () => {
  it.each<[string, Readonly<Record<string, string>>, string | null]>([
    ['is told by Vercel', { VERCEL: '1', VERCEL_ENV: 'production' }, '203.0.113.7'],
    ['is unknown elsewhere', {}, null],
    ['is unknown with the variables that `vercel env pull` writes', { VERCEL: '1', VERCEL_ENV: 'development' }, null],
  ])('%s', async (_, variables, expected) => {
    for (const [name, value] of Object.entries({ VERCEL: '', VERCEL_ENV: '', ...variables })) vi.stubEnv(name, value)
    const { gate, sink } = given()
    const response = await gate(request('https://shop.example/x', { 'x-real-ip': '203.0.113.7' }))
    expect(passed(response, 'x-forwarded-for')).toBe(expected)
    expect(sink.events).toMatchObject([{ type: 'decision', address: expected }])
  })
})

describe('the environment', () => {
  it('is where secrets come from by default', async () => {
    vi.stubEnv('APP_TOKEN', TOKEN)
    const gate = middleware({ document, sink: memorySink() })
    expect((await gate(request('https://shop.example/x'))).status).toBe(200)
  })

  it('is read at the first request, not at import', async () => {
    const gate = middleware({ document, sink: memorySink() })
    vi.stubEnv('APP_TOKEN', TOKEN)
    expect((await gate(request('https://shop.example/x'))).status).toBe(200)
  })

  it('has a document in LATCHKEY_CONFIG, which goes before the given one', async () => {
    vi.stubEnv('LATCHKEY_CONFIG', JSON.stringify({ ...document, routes: [{ path: '/only' }] }))
    const { gate } = given()
    expect((await gate(request('https://shop.example/x'))).status).toBe(403)
    expect((await gate(request('https://shop.example/only'))).status).toBe(200)
  })
})

describe('what fails', () => {
  const broken: SecretSource = {
    get() {
      throw new Error(`cannot read ${TOKEN}`)
    },
  }

  it('is refused where a source of secrets is down', async () => {
    const { gate, sink } = given({ secrets: broken })
    const response = await gate(request('https://shop.example/x'))
    expect([response.status, (await response.json()).reason]).toEqual([503, 'dependency-unavailable'])
    expect(JSON.stringify(sink.events)).not.toContain(TOKEN)
  })

  it('is answered by 503 where nothing can be built, told without its message, and tried again', async () => {
    const sink = memorySink()
    const state = { broken: true }
    const changing: VercelOptions = {
      sink,
      secrets: env({ APP_TOKEN: TOKEN }),
      get document() {
        if (state.broken) throw new RangeError(`no document: ${TOKEN}`)
        return document
      },
    }
    const gate = middleware(changing)
    const response = await gate(request('https://shop.example/x'))
    expect([response.status, response.headers.get('cache-control'), await response.text()]).toEqual([
      503,
      'no-store',
      '',
    ])
    expect(sink.events).toEqual([{ type: 'notice', level: 'error', message: 'a request failed closed: RangeError' }])
    state.broken = false
    expect((await gate(request('https://shop.example/x'))).status).toBe(200)
  })

  it('is a document without which everything but live is refused', async () => {
    const gate = middleware({ sink: memorySink() })
    expect((await gate(request('https://shop.example/open'))).status).toBe(503)
    expect((await gate(request('https://shop.example/_latchkey/live'))).status).toBe(200)
  })
})

it('warns once that Next shows a credential of the query to its handlers', async () => {
  vi.stubEnv('VERCEL', '')
  const { gate, sink } = given()
  const sent = () => Object.assign(new Request(`https://shop.example/x?api_token=${TOKEN}`), { nextUrl: {} })
  await gate(sent())
  await gate(sent())
  const notices = sink.events.filter((event) => event.type === 'notice')
  expect(notices).toMatchObject([{ level: 'warn', message: expect.stringContaining('request.url') }])
})

it('keeps a refresh of the secrets alive that no reply waits for', async () => {
  let at = NOW
  const later: SecretSource = { get: async () => [TOKEN] }
  const { gate } = given({ secrets: later, now: () => at })
  const kept: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work) }
  await gate(request('https://shop.example/x'), context)
  const waitedFor = kept.length
  at += 20
  await gate(request('https://shop.example/x'), context)
  await Promise.all(kept)
  expect(kept).toHaveLength(waitedFor + 1)
})
