import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldOf } from '../hosts/compare.ts'
import { generatedApp } from './generated-app.ts'
import type { NextServer } from './next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from './next-server.ts'
import type { Fields, Sent } from './wire.ts'
import { refusalOf, sendTo, statusOf } from './wire.ts'

const EXAMPLE = 'examples/next'
const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const READER = 'uHq7XvYt0b3nWc5rKf8mZs1dGj4pLx6aEo9iTyUwQkM'
const SECRETS = { API_TOKEN: TOKEN, READER_TOKEN: READER, IDENTITY_KEY: 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM' }
const AUTHORIZED: Fields = [['Authorization', `Bearer ${TOKEN}`]]

/** What a user copies into his app. */
const FILES = {
  'latchkey.json': `${EXAMPLE}/latchkey.json`,
  'latchkey.ts': `${EXAMPLE}/latchkey.ts`,
  'app/api': `${EXAMPLE}/app/api`,
}

/** A handler that nobody guards, to see what a gate alone is worth. */
const PLAIN = "export const POST = () => new Response('open')\n"

/** Next's own, which runs behind the proxy. */
const REWRITE = "rewrites: async () => [{ source: '/v1/:path*', destination: '/api/:path*' }],"

/** A handler that takes nothing but what the gate has signed. */
const PROVED = `import { requireIdentity } from 'latchkey/identity'

const keys = { secrets: [process.env.IDENTITY_KEY ?? ''] }
const identity = requireIdentity({ audience: 'shop', publicOrigin: 'https://shop.example', keys })

export const GET = identity.next((_, caller) => Response.json(caller.kind))
`

interface Shape {
  readonly name: string
  readonly folder: string
  readonly matcher?: string
  /** The file that runs before the handlers; none where there is nothing. */
  readonly before?: 'proxy' | 'middleware'
  /** What a handler without a guard says to anybody. */
  readonly plain: number
}

const SHAPES: readonly Shape[] = [
  { name: 'by its four lines', folder: 'four-lines', before: 'proxy', plain: 401 },
  { name: 'as middleware in the edge runtime', folder: 'edge', before: 'middleware', plain: 401 },
  { name: 'with a matcher', folder: 'matcher', matcher: '/api/:path*', before: 'proxy', plain: 401 },
  { name: 'with a matcher that covers no handler', folder: 'gap', matcher: '/nothing', before: 'proxy', plain: 200 },
  { name: 'with no proxy at all', folder: 'no-proxy', plain: 200 },
]

describe.each(SHAPES)('an app as its generator makes it, $name', ({ folder, matcher, before, plain }) => {
  let server: NextServer
  const send = (target: string, sent?: Sent) => sendTo(server, target, sent)

  beforeAll(async () => {
    const app = generatedApp(folder, FILES)
    const exported = before ?? 'proxy'
    writeFileSync(join(app, 'latchkey.ts'), readFileSync(FILES['latchkey.ts'], 'utf8').replace('proxy', exported))
    if (before) {
      const text = readFileSync(`${EXAMPLE}/proxy.ts`, 'utf8').replace('proxy', before)
      const config = matcher === undefined ? '' : `\nexport const config = { matcher: '${matcher}' }\n`
      writeFileSync(join(app, `${before}.ts`), text + config)
    }
    const config = readFileSync(join(app, 'next.config.ts'), 'utf8')
    writeFileSync(join(app, 'next.config.ts'), config.replace('NextConfig = {', `$& ${REWRITE}`))
    mkdirSync(join(app, 'app/api/plain'))
    writeFileSync(join(app, 'app/api/plain/route.ts'), PLAIN)
    mkdirSync(join(app, 'app/api/proved'))
    writeFileSync(join(app, 'app/api/proved/route.ts'), PROVED)
    await buildNext(app, SECRETS)
    server = await startNext(app, SECRETS)
  }, BUILD_TIMEOUT)

  afterAll(() => server?.stop())

  it('refuses who has no token, by a challenge', async () => {
    const reply = await send('/api/orders')
    expect(refusalOf(reply)).toEqual([401, 'credential-missing'])
    expect(fieldOf(reply.headers, 'www-authenticate')).toBe('Bearer realm="shop"')
    expect(refusalOf(await send('/api/orders', { headers: [['Authorization', 'Bearer nobody']] }))).toEqual([
      401,
      'token-unknown',
    ])
  })

  it('tells the handler who called', async () => {
    const reply = await send('/api/orders?x=1', { headers: AUTHORIZED })
    expect(statusOf(reply)).toBe(200)
    expect(JSON.parse(reply.body).caller).toMatchObject({
      kind: 'static-token',
      subject: 'partner',
      type: 'full-access',
    })
    expect(fieldOf(reply.headers, 'cache-control')).toMatch(/^private/)
    expect(fieldOf(reply.headers, 'x-latchkey-request-id')).toBe(JSON.parse(reply.body).caller.requestId)
  })

  it('judges a write as a write, and hands the body on', async () => {
    const post = (token: string) => {
      const headers: Fields = [
        ['Authorization', `Bearer ${token}`],
        ['Content-Length', '5'],
      ]
      return send('/api/orders', { method: 'POST', headers, body: 'hello' })
    }
    expect(JSON.parse((await post(TOKEN)).body).body).toBe('hello')
    expect(refusalOf(await post(READER))).toEqual([403, 'permission-missing'])
  })

  it.each<[string, string, Fields]>([
    ['identity in plain fields', '/api/orders', [['X-Latchkey-Subject', 'partner']]],
    ['a forged identity', '/api/orders', [['X-Latchkey-Identity', 'eyJhbGciOiJub25lIn0.e30.']]],
    ['a middleware that ran already', '/api/orders', [['x-middleware-subrequest', 'proxy:proxy:proxy:proxy:proxy']]],
    ['a middleware that ran already, elsewhere', '/api/orders', [['x-middleware-subrequest', 'src/proxy']]],
    ['a rewrite of his own', '/api/orders', [['x-middleware-rewrite', '/api/health']]],
    [
      'another path of his own',
      '/api/orders',
      [
        ['x-matched-path', '/api/health'],
        ['x-rewrite-url', '/api/health'],
      ],
    ],
    ['another host', '/api/orders', [['X-Forwarded-Host', 'shop.example']]],
  ])('is not gone round by %s', async (_, target, headers) => {
    const reply = await send(target, { headers })
    expect(refusalOf(reply)).toEqual([401, 'credential-missing'])
  })

  it.each<[string, Fields]>([
    ['/api/orders?_rsc=abcde', [['Next-Router-Prefetch', '1']]],
    ['/api/orders', [['Next-Router-Segment-Prefetch', '/_tree']]],
    ['/api/orders.rsc', []],
    ['/api/orders.segments/_tree.segment.rsc', []],
    ['/_next/data/BUILD/api/orders.json', []],
    ['/%61pi/orders', []],
    ['//api/orders', []],
  ])('shows nobody another form of a handler: %s', async (target, headers) => {
    const reply = await send(target, { headers: [['RSC', '1'], ...headers] })
    expect(statusOf(reply)).toBeGreaterThanOrEqual(300)
    expect(reply.body).not.toContain('"caller"')
  })

  it('leaves its pages to everybody', async () => {
    const page = await send('/', { headers: [['X-Latchkey-Subject', 'admin']] })
    const file = /\/_next\/static\/[^"]+\.js/.exec(page.body)?.[0] as string
    expect([statusOf(page), statusOf(await send(file)), statusOf(await send('/api/health'))]).toEqual([200, 200, 200])
  })

  it(`has a handler that nobody guards: ${plain === 200 ? 'open, as no proxy covers it' : 'closed by the proxy'}`, async () => {
    expect(statusOf(await send('/api/plain', { method: 'POST' }))).toBe(plain)
  })

  it(`has a handler that takes only what is signed: ${plain === 200 ? 'closed to all' : 'open behind the proxy'}`, async () => {
    const reply = await send('/api/proved', { headers: AUTHORIZED })
    if (plain === 200) expect(refusalOf(reply)).toEqual([403, 'proxy-untrusted'])
    else expect([statusOf(reply), reply.body]).toEqual([200, '"static-token"'])
  })

  it('is not gone round by a rewrite, which brings anybody to what is not guarded', async () => {
    expect(refusalOf(await send('/v1/orders'))).toEqual([403, 'route-unknown'])
    expect(refusalOf(await send('/v1/orders', { headers: AUTHORIZED }))).toEqual([403, 'route-unknown'])
    expect((await send('/v1/plain', { method: 'POST' })).body).toBe('open')
  })

  it('tells no secret in anything that it writes', () => {
    expect(server.lines.join('\n')).not.toMatch(new RegExp(Object.values(SECRETS).join('|')))
  })
})

describe('under a base path', () => {
  let server: NextServer

  beforeAll(async () => {
    const app = generatedApp('base-path', FILES)
    writeFileSync(join(app, 'proxy.ts'), readFileSync(`${EXAMPLE}/proxy.ts`, 'utf8'))
    for (const [name, from, to] of [
      ['next.config.ts', 'NextConfig = {', "NextConfig = { basePath: '/shop',"],
      ['latchkey.json', /"\/api\//g, '"/shop/api/'],
      ['latchkey.ts', '{ document }', "{ document, scope: '/shop/api', basePath: '/shop' }"],
    ] as const) {
      writeFileSync(join(app, name), readFileSync(join(app, name), 'utf8').replace(from, to))
    }
    await buildNext(app, SECRETS)
    server = await startNext(app, SECRETS)
  }, BUILD_TIMEOUT)

  afterAll(() => server?.stop())

  it('judges, and tells the handler who called', async () => {
    expect(refusalOf(await sendTo(server, '/shop/api/orders'))).toEqual([401, 'credential-missing'])
    const reply = await sendTo(server, '/shop/api/orders', { headers: AUTHORIZED })
    expect(JSON.parse(reply.body).caller).toMatchObject({ subject: 'partner' })
    expect(statusOf(await sendTo(server, '/shop'))).toBe(200)
  })
})

it('takes four lines', () => {
  const lines = ['latchkey.ts', 'proxy.ts'].flatMap((name) =>
    readFileSync(join(EXAMPLE, name), 'utf8').trim().split(/\n+/),
  )
  expect(lines).toHaveLength(4)
})
