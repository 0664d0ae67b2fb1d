import { afterEach, describe, expect, test } from 'vitest'
import type { AuthorizerOptions } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { ApiDocument, Document, RouteDocument } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Kept } from './gateway/judge.ts'
import { judge } from './gateway/judge.ts'
import { place } from './gateway/place.ts'
import type { Api, Authorizer, Gateway } from './gateway.ts'
import { gateway } from './gateway.ts'

/**
 * The two mistakes of most authorizers, shown absent: an answer that API Gateway keeps for 300 seconds, whichever request it
 * was given to, lets pass on every route and method exactly what is let pass without a cache.
 */
const NOW = 1_780_000_000
const TTL_SECONDS = 300

const SECRETS = {
  FULL: 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU',
  READER: 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE',
  SCOPED: 'Zk4Hn8Wq2Ls6Vt0Xb5Rj9Pd3Gf7Mc1Ya-QoEuIiTwKv',
  NARROW: 'Hq2Zn5Ws8Ld1Vf4Xc7Rb0Pj3Gm6Mk9Ya-QtEyIuTwOv',
  ADMIN: 'pQ7sT1vW5yZ9bD3fG6hJ0kL4mN8rX2cA-eUiOaYzHtB',
} as const

const token = (name: keyof typeof SECRETS, more: object) =>
  ({ kind: 'static-token', name: name.toLowerCase(), tokens: { secret: name }, ...more }) as const

const CREDENTIALS: Document['credentials'] = [
  token('FULL', { type: 'full-access' }),
  token('READER', { type: 'read-only' }),
  token('SCOPED', { type: 'custom', permissions: ['orders.find', 'orders.findOne', 'notes.*', 'reports.2026'] }),
  token('NARROW', { type: 'custom', permissions: ['orders.delete'] }),
  token('ADMIN', { type: 'full-access', surface: 'admin' }),
]

const PRINCIPALS: readonly (readonly [name: string, token: string])[] = [
  ['a full-access principal', SECRETS.FULL],
  ['a read-only principal', SECRETS.READER],
  ['a scoped principal', SECRETS.SCOPED],
  ['a principal with one permission', SECRETS.NARROW],
  ['an administrator', SECRETS.ADMIN],
  ['nobody, with a token that is not known', 'nobody-knows-this-token-at-all-and-never-will'],
]

/**
 * What IAM's resources can express of an API whose own routes are these and nothing else: `*` crosses slashes, so what
 * lies below `/orders/:id` could not be told from what is nobody's, if it reached an integration.
 */
const ROUTES: readonly RouteDocument[] = [
  { path: '/health', methods: ['GET'], public: true },
  { path: '/docs/*', methods: ['GET'], public: true },
  { path: '/admin/*', surface: 'admin' },
  { path: '/orders', methods: ['GET'], permission: 'orders.find' },
  { path: '/orders', methods: ['POST'], permission: 'orders.create' },
  { path: '/orders/:id', methods: ['GET'], permission: 'orders.findOne' },
  { path: '/orders/:id', methods: ['PUT', 'PATCH'], permission: 'orders.update' },
  { path: '/orders/:id', methods: ['DELETE'], permission: 'orders.delete' },
  { path: '/orders/:id/notes', methods: ['GET'], permission: 'notes.find' },
  { path: '/orders/:id/notes', methods: ['POST'], permission: 'notes.create' },
  { path: '/reports/:year', methods: ['GET'], permission: 'reports.{year}' },
  { path: '/search', methods: ['POST'], access: 'read' },
  { path: '/files/*' },
]

/** What they can express where every path reaches an integration. */
const OPEN_ROUTES: readonly RouteDocument[] = [
  { path: '/health', methods: ['GET'], public: true },
  { path: '/docs/*', methods: ['GET'], public: true },
  { path: '/orders', methods: ['GET'], permission: 'orders.find' },
  { path: '/orders', methods: ['POST'], permission: 'orders.create' },
  { path: '/orders/:id', methods: ['GET'], permission: 'orders.findOne' },
  { path: '/orders/:id', methods: ['DELETE'], permission: 'orders.delete' },
  { path: '/reports/:year', methods: ['GET'], permission: 'reports.{year}' },
  { path: '/search', methods: ['POST'], access: 'read' },
]

/** A tail around a route that it must not open: no list of resources tells all of these apart. */
const INEXPRESSIBLE: readonly RouteDocument[] = [
  { path: '/health', methods: ['GET'], public: true },
  { path: '/orders/:a/secret/:b', permission: 'secret.find' },
  { path: '/orders/*', permission: 'orders.find' },
  { path: '/price$', permission: 'orders.find' },
  { path: '/*' },
]

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Paths of each route, and some beside them. */
const PATHS = [
  '/',
  '/health',
  '/health/',
  '/Health',
  '/docs/',
  '/docs/a',
  '/docs/a/b/c',
  '/admin/users',
  '/admin/users/7',
  '/orders',
  '/orders/',
  '/Orders',
  '/orders/7',
  '/orders/new',
  '/orders/7/notes',
  '/orders/7/notes/1',
  '/orders/7/8/notes',
  '/orders/7/other',
  '/orders/notes',
  '/orders/7/secret/8',
  '/orders/7/8/secret/9',
  '/orders/7/secret/8/9',
  '/price$',
  '/reports/2026',
  '/reports/2025',
  '/reports/2026/x',
  '/search',
  '/searches',
  '/files/a',
  '/files/a/b',
  '/nothing',
]

const REQUESTS = METHODS.flatMap((method) => PATHS.map((path) => ({ method, path })))

/** Each way to be asked whose answer is a policy. */
const DIALECTS: readonly (readonly [name: string, api: Pick<Api, 'kind'>, authorizer: Partial<Authorizer>])[] = [
  ['REST, REQUEST', { kind: 'rest' }, { identitySources: ['method.request.header.Authorization'] }],
  ['REST, TOKEN', { kind: 'rest' }, { type: 'TOKEN', identitySources: ['method.request.header.Authorization'] }],
  ['HTTP API 1.0', { kind: 'http' }, { payload: '1.0', identitySources: ['$request.header.Authorization'] }],
  ['HTTP API 2.0', { kind: 'http' }, { identitySources: ['$request.header.Authorization'] }],
]

/** Epoch seconds. */
let now = NOW
let running: Gateway | undefined

afterEach(async () => {
  now = NOW
  await running?.stop()
  running = undefined
})

function handlerOf(document: Document, options: Partial<AuthorizerOptions> = {}): Authorizer['handler'] {
  const sink = memorySink()
  const host = { secrets: env(SECRETS), sink, now: () => now, httpApiReply: 'iam' } as const
  return authorizer({ document, ...host, ...options }) as Authorizer['handler']
}

function documentOf(routes: readonly RouteDocument[], api: ApiDocument = {}): Document {
  const greedy = routes !== ROUTES
  return { credentials: CREDENTIALS, routes, apis: [{ resultTtlSeconds: TTL_SECONDS, greedy, ...api }] }
}

/** The API's own routes: those of the document, or everything. */
function routesOf({ routes }: Document): Pick<Api, 'routes'> {
  if (routes !== ROUTES) return {}
  const keys = ROUTES.flatMap(({ path, methods = ['ANY'] }) => {
    const resource = path.replace(/:(\w+)/g, '{$1}').replace('*', '{proxy+}')
    return [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].map((method) => `${method} ${resource}`)
  })
  return { routes: keys }
}

interface Outcome {
  readonly isAllowed: boolean
  readonly status: number
  readonly context: Readonly<Record<string, unknown>>
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly address?: string
}

/** Asks as the gateway does, but without sockets, as there are tens of thousands of questions. */
async function ask(api: Api, kept: Kept, given: string, asked: Asked): Promise<Outcome> {
  const { method, path, address = '203.0.113.7' } = asked
  const fields = [
    ['Host', 'api.example'],
    ['Authorization', `Bearer ${given}`],
  ] as const
  const placed = place([api], { method, target: path, fields, address, body: '' })
  const outcome = 'status' in placed ? placed : await judge(placed, kept)
  return 'status' in outcome
    ? { isAllowed: false, status: outcome.status, context: {} }
    : { isAllowed: true, status: 200, context: outcome.context }
}

const empty = (): Kept => ({ now: () => now, calls: [], results: new Map() })

/** What is answered to every request where nothing is kept. */
async function uncached(api: Api, given: string): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const asked of REQUESTS) outcomes.push(await ask(api, empty(), given, asked))
  return outcomes
}

/** Who somebody is, of what an origin is told. */
const identityIn = ({ subject, owner, kind, type, name, permissions, expires }: Outcome['context']) =>
  JSON.stringify([subject, owner, kind, type, name, permissions, expires])

describe.each(DIALECTS)('%s', (_, kind, authorizerOptions) => {
  const apiOf = (document: Document, ttlSeconds: number): Api => ({
    ...kind,
    ...routesOf(document),
    authorizer: { ...authorizerOptions, handler: handlerOf(document), ttlSeconds },
  })

  describe.each(PRINCIPALS)('%s', (_who, given) => {
    /**
     * Calls `look` with each answer that is kept, after whichever request it was given to, and what was answered then to
     * every other one.
     */
    async function afterEachFirst(
      routes: readonly RouteDocument[],
      look: (asked: Asked, later: Outcome, alone: Outcome, first: Asked) => void,
    ): Promise<void> {
      const alone = await uncached(apiOf(documentOf(routes, { resultTtlSeconds: 0 }), 0), given)
      const api = apiOf(documentOf(routes), TTL_SECONDS)
      const seen = new Set<string>()
      for (const first of REQUESTS) {
        const kept = empty()
        const begun = await ask(api, kept, given, first)
        look(first, begun, alone[REQUESTS.indexOf(first)] as Outcome, first)
        const [answer] = Array.from(kept.results.values())
        // What is kept after another request too has been looked at: only its own request id differs.
        const { requestId: __, ...context } = answer?.answer.context ?? {}
        const key = JSON.stringify([answer && { ...answer.answer, context }])
        if (!answer || seen.has(key)) continue
        seen.add(key)
        for (const [at, asked] of REQUESTS.entries()) {
          look(asked, await ask(api, kept, given, asked), alone[at] as Outcome, first)
        }
      }
      expect(seen.size).toBeGreaterThan(0)
    }

    test.each([
      ['an API of these routes', ROUTES],
      ['an API that takes every path', OPEN_ROUTES],
    ])(
      'gets the uncached answer of %s, as the same somebody, on every route and method, whichever was asked first',
      async (_of, routes) => {
        const different: string[] = []
        await afterEachFirst(routes, (asked, later, alone, first) => {
          const told = `${asked.method} ${asked.path}, after ${first.method} ${first.path}`
          if (later.isAllowed !== alone.isAllowed) different.push(`${later.isAllowed ? 'allowed' : 'refused'}: ${told}`)
          // A public route asks nobody who he is, so uncached it tells nobody; a kept answer may.
          if (!later.isAllowed || !alone.isAllowed || alone.context['subject'] === '') return
          if (identityIn(later.context) !== identityIn(alone.context)) different.push(`as somebody else: ${told}`)
        })
        expect(different.slice(0, 10).join('\n')).toBe('')
      },
    )

    test('never gets more than uncached where no policy can tell all routes apart', async () => {
      const more: string[] = []
      await afterEachFirst(INEXPRESSIBLE, (asked, later, alone, first) => {
        if (later.isAllowed && !alone.isAllowed) {
          more.push(`${asked.method} ${asked.path} after ${first.method} ${first.path}`)
        }
      })
      expect(more.slice(0, 10).join('\n')).toBe('')
    })
  })
})

describe('over HTTP', () => {
  const sentOf = (given: string, { method, path }: Asked) => ({
    method,
    target: path,
    fields: [['Authorization', `Bearer ${given}`]] as const,
  })

  async function start(
    [, kind, options]: (typeof DIALECTS)[number],
    document: Document,
    given: Partial<AuthorizerOptions> = {},
  ) {
    const handler = handlerOf(document, given)
    const api: Api = { ...kind, ...routesOf(document), authorizer: { ...options, handler, ttlSeconds: TTL_SECONDS } }
    running = await gateway([api], () => now)
    return running
  }

  const allowedTo = (given: string): string[] => {
    const found = ROUTES.flatMap(({ path, methods = ['GET', 'DELETE'] }) =>
      methods.map((method) => `${method} ${path}`),
    )
    const names: Record<string, string[]> = {
      [SECRETS.FULL]: found.filter((each) => !each.includes('/admin')),
      [SECRETS.SCOPED]: [
        'GET /health',
        'GET /docs/*',
        'GET /orders',
        'GET /orders/:id',
        'GET /orders/:id/notes',
        'POST /orders/:id/notes',
        'GET /reports/:year',
      ],
    }
    return names[given] as string[]
  }

  describe.each(DIALECTS)('%s', (...dialect) => {
    test.each([
      ['full-access', SECRETS.FULL],
      ['scoped', SECRETS.SCOPED],
    ])(
      'one call of the function answers a %s key on all routes, none of them by 403 that it may use',
      async (_, given) => {
        const { send, calls, flush } = await start(dialect, documentOf(ROUTES))
        const asked = ROUTES.flatMap(({ path, methods = ['GET', 'DELETE'] }) =>
          methods.map((method) => ({ method, path })),
        )
        const allowed = allowedTo(given)
        // Every order in which one comes first.
        for (const at of asked.keys()) {
          flush()
          const before = calls.length
          for (const { method, path } of [...asked.slice(at), ...asked.slice(0, at)]) {
            const target = path.replace(':id', '7').replace(':year', '2026').replace('*', 'a/b')
            const { status } = await send(sentOf(given, { method, path: target }))
            expect(`${method} ${path}: ${status}`).toBe(
              `${method} ${path}: ${allowed.includes(`${method} ${path}`) ? 200 : 403}`,
            )
          }
          expect(calls.length - before).toBe(1)
        }
      },
    )
  })

  describe('a simple reply', () => {
    const dialect: (typeof DIALECTS)[number] = [
      'HTTP API, simple',
      { kind: 'http' },
      { simple: true, identitySources: ['$request.header.Authorization', '$context.httpMethod', '$context.path'] },
    ]

    test('is kept for one method and path, which are identity sources', async () => {
      const document = documentOf(ROUTES, { cachedBy: ['method', 'path'] })
      const { send, calls } = await start(dialect, document, { httpApiReply: 'simple' })
      for (const expected of [1, 1]) {
        expect(await send(sentOf(SECRETS.SCOPED, { method: 'GET', path: '/orders' }))).toMatchObject({ status: 200 })
        expect(calls).toHaveLength(expected)
      }
      expect(await send(sentOf(SECRETS.SCOPED, { method: 'POST', path: '/orders' }))).toMatchObject({ status: 403 })
      expect(await send(sentOf(SECRETS.SCOPED, { method: 'GET', path: '/files/a' }))).toMatchObject({ status: 403 })
      expect(calls).toHaveLength(3)
    })

    test('lets nothing pass where the document does not say that they are', async () => {
      const { send } = await start(dialect, documentOf(ROUTES), { httpApiReply: 'simple' })
      for (const { method, path } of [
        { method: 'GET', path: '/orders' },
        { method: 'POST', path: '/orders' },
      ]) {
        const { status } = await send(sentOf(SECRETS.SCOPED, { method, path }))
        expect(status).not.toBe(200)
      }
    })
  })
})
