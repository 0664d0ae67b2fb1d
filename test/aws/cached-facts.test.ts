import { afterEach, describe, expect, test } from 'vitest'
import { authorizer } from '../../adapters/aws/index.ts'
import type { ApiDocument, Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Api, Authorizer, Fields, Gateway } from './gateway.ts'
import { gateway } from './gateway.ts'

/**
 * Facts of a request that a decision rests on and that no identity source holds: what was decided by them must not be kept
 * for requests in which they differ.
 */
const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const NOW = 1_780_000_000

let running: Gateway | undefined

afterEach(async () => {
  await running?.stop()
  running = undefined
})

async function start(given: Partial<Document>, api: ApiDocument, setup: Pick<Api, 'kind'> & { authorizer: object }) {
  const { simple } = setup.authorizer as Partial<Authorizer>
  const credentials: Document['credentials'] = [{ kind: 'static-token', tokens: { secret: 'T' }, type: 'full-access' }]
  const document: Document = { credentials, routes: [], apis: [{ resultTtlSeconds: 300, ...api }], ...given }
  const handler = authorizer({
    document,
    secrets: env({ T: TOKEN }),
    sink: memorySink(),
    now: () => NOW,
    httpApiReply: simple ? 'simple' : 'iam',
  }) as Authorizer['handler']
  running = await gateway([{ ...setup, authorizer: { handler, ttlSeconds: 300, ...setup.authorizer } }], () => NOW)
  return running
}

const BY_REQUEST = ['context.httpMethod', 'context.path']
const cookie: Document['credentials'] = [
  { kind: 'static-token', from: [{ cookie: 'session' }], tokens: { secret: 'T' }, type: 'full-access' },
]

describe('a cookie', () => {
  const sent = (site: string): { method: string; target: string; fields: Fields } => ({
    method: 'POST',
    target: '/orders',
    fields: [
      ['Cookie', `session=${TOKEN}`],
      ['Sec-Fetch-Site', site],
    ],
  })

  test.each<[name: string, api: ApiDocument, setup: Pick<Api, 'kind'> & { authorizer: object }]>([
    ['policies', {}, { kind: 'rest', authorizer: { identitySources: ['method.request.header.Cookie'] } }],
    [
      'policies, apart by method and path',
      { cachedBy: ['method', 'path'] },
      { kind: 'rest', authorizer: { identitySources: ['method.request.header.Cookie', ...BY_REQUEST] } },
    ],
    [
      'simple replies, apart by method and path',
      { cachedBy: ['method', 'path'] },
      {
        kind: 'http',
        authorizer: {
          simple: true,
          identitySources: ['$request.header.Cookie', ...BY_REQUEST.map((source) => `$${source}`)],
        },
      },
    ],
  ])('that writes from the same site opens nothing to another site by what is kept: %s', async (_, api, setup) => {
    const { send } = await start({ credentials: cookie, routes: [{ path: '/orders' }] }, api, setup)
    await send(sent('same-origin'))
    expect((await send(sent('cross-site'))).status).not.toBe(200)
  })
})

test('a preflight opens no OPTIONS that is none by what is kept', async () => {
  const routes: Document['routes'] = [
    { path: '/orders', methods: ['GET'], permission: 'orders.find' },
    { path: '/orders', permission: 'orders.write' },
  ]
  const credentials: Document['credentials'] = [
    { kind: 'static-token', tokens: { secret: 'T' }, type: 'custom', permissions: ['orders.find'] },
  ]
  const identitySources = ['method.request.header.Authorization']
  const { send } = await start({ credentials, routes }, {}, { kind: 'rest', authorizer: { identitySources } })
  const bearer = ['Authorization', `Bearer ${TOKEN}`] as const
  const preflight = [bearer, ['Origin', 'https://app.example'], ['Access-Control-Request-Method', 'GET']] as const
  await send({ method: 'OPTIONS', target: '/orders', fields: preflight })
  // Without a cache: 403, permission-missing.
  expect((await send({ method: 'OPTIONS', target: '/orders', fields: [bearer] })).status).not.toBe(200)
})

describe('a slash at the end, which a REST API takes as the same resource', () => {
  const identitySources = ['method.request.header.Authorization']
  const fields = [['Authorization', `Bearer ${TOKEN}`]] as const
  const credentials: Document['credentials'] = [
    { kind: 'static-token', tokens: { secret: 'T' }, type: 'custom', permissions: ['orders.findOne'] },
  ]
  const routes: Document['routes'] = [
    { path: '/orders', methods: ['GET'], permission: 'orders.find' },
    { path: '/orders/:id', methods: ['GET'], permission: 'orders.findOne' },
  ]

  test('does not open the list to a key for single orders, where no path but the routes is reachable', async () => {
    const setup = { kind: 'rest', authorizer: { identitySources } } as const
    const { send } = await start({ credentials, routes }, { greedy: false }, setup)
    expect(await send({ target: '/orders/7', fields })).toMatchObject({ status: 200 })
    // Without a cache: 403. `GET /orders/` is served by the resource /orders.
    expect((await send({ target: '/orders/', fields })).status).not.toBe(200)
  })

  test('is refused for itself, and not for all routes as long as that is kept', async () => {
    const setup = { kind: 'rest', authorizer: { identitySources } } as const
    const { send } = await start({ credentials, routes }, { greedy: false }, setup)
    expect((await send({ target: '/orders/', fields })).status).not.toBe(200)
    expect(await send({ target: '/orders/7', fields })).toMatchObject({ status: 200 })
  })
})
