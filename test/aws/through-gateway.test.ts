import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import type { AuthorizerOptions } from '../../adapters/aws/index.ts'
import { apiKey, authorizer } from '../../adapters/aws/index.ts'
import type { ApiDocument, Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { DynamodbTables } from '../hosts/dynamodb-tables.ts'
import { dynamodbTables } from '../hosts/dynamodb-tables.ts'
import { madeKey } from '../hosts/vector-keys.ts'
import { OWN_DOMAIN } from './events.ts'
import type { Api, Authorizer, Gateway, GatewayResponses, Request } from './gateway.ts'
import { gateway } from './gateway.ts'

/** The authorizer as its clients and origins meet it: over HTTP, through what API Gateway makes of its answers. */
const SECRETS = {
  SCOPED: 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA',
  PEPPER: 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE',
}
const DOCUMENT: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'scoped',
      tokens: { secret: 'SCOPED' },
      type: 'custom',
      permissions: ['orders.find'],
    },
  ],
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/orders', methods: ['GET'], permission: 'orders.find' },
    { path: '/orders', methods: ['DELETE'], permission: 'orders.delete' },
    { path: '/$connect', permission: 'orders.find' },
    { path: '/graphql', methods: ['POST'], permission: 'orders.find' },
    { path: '/graphql/Query/orders', permission: 'orders.find' },
    { path: '/graphql/Query/staff', permission: 'staff.find' },
    { path: '/graphql/Mutation/pay', permission: 'orders.pay' },
  ],
}
const NOW = 1_780_000_000

let running: Gateway | undefined

afterEach(async () => {
  vi.unstubAllEnvs()
  await running?.stop()
  running = undefined
})

type Setup = Omit<Api, 'authorizer'> & { readonly authorizer?: Partial<Authorizer> }

async function start(api: Setup, document = DOCUMENT, options: Partial<AuthorizerOptions> = {}): Promise<Gateway> {
  const { simple } = api.authorizer ?? {}
  const handler = authorizer({
    document,
    secrets: env(SECRETS),
    sink: memorySink(),
    now: () => NOW,
    httpApiReply: simple ? 'simple' : 'iam',
    ...options,
  }) as Authorizer['handler']
  running = await gateway([{ ...api, authorizer: { handler, ...api.authorizer } }], () => NOW)
  return running
}

const bearer = (token: string): NonNullable<Request['fields']> => [['Authorization', `Bearer ${token}`]]
const withApi = (api: ApiDocument): Document => ({ ...DOCUMENT, apis: [api] })

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>>

const DIALECTS: readonly (readonly [name: string, api: Setup])[] = [
  ['REST, TOKEN', { kind: 'rest', authorizer: { type: 'TOKEN' } }],
  ['REST, REQUEST', { kind: 'rest' }],
  ['HTTP API 1.0', { kind: 'http', authorizer: { payload: '1.0' } }],
  ['HTTP API 2.0, policies', { kind: 'http' }],
  ['HTTP API 2.0, simple', { kind: 'http', authorizer: { simple: true } }],
]

describe.each(DIALECTS)('%s', (_name, api) => {
  const isRest = api.kind === 'rest'

  test.each<[name: string, sent: Request, onRest: number, onHttp: number]>([
    ['a token that may', { target: '/orders', fields: bearer(SECRETS.SCOPED) }, 200, 200],
    ['a token that may not', { method: 'DELETE', target: '/orders', fields: bearer(SECRETS.SCOPED) }, 403, 403],
    ['a token that is not known', { target: '/orders', fields: bearer('nobody') }, 401, 403],
    ['an unknown route', { target: '/nothing', fields: bearer(SECRETS.SCOPED) }, 403, 403],
    ['another scheme', { target: '/orders', fields: [['Authorization', 'Basic abc']] }, 401, 403],
    ['a public route', { target: '/health', fields: bearer('nobody') }, 200, 200],
  ])('answers %s', async (_, sent, onRest, onHttp) => {
    const { send } = await start(api)
    expect(await send(sent)).toMatchObject({ status: isRest ? onRest : onHttp })
  })

  test("tells the origin who called, and passes on the client's own copies, which it must not believe", async () => {
    const { send } = await start(api)
    const fields = [...bearer(SECRETS.SCOPED), ['X-Latchkey-Subject', 'root'] as const]
    const { authorizer: told, headers } = JSON.parse((await send({ target: '/orders', fields })).body)
    expect(isRest ? told : told.lambda).toMatchObject({ subject: 'scoped', type: 'custom', permissions: 'orders.find' })
    expect(headers).toContainEqual(['X-Latchkey-Subject', 'root'])
  })

  test.each<[where: string, stage: string, document: Document, host: string, target: string]>([
    ["AWS's own domain", 'dev', DOCUMENT, OWN_DOMAIN, '/dev/orders'],
    ['a custom domain', 'dev', DOCUMENT, 'api.example', '/orders'],
    ['a custom domain with a base path', 'dev', withApi({ basePath: '/v1' }), 'api.example', '/v1/orders'],
    [
      'a base path of two segments',
      'dev',
      withApi({ stage: 'dev', basePath: '/v1/eu' }),
      'api.example',
      '/v1/eu/orders',
    ],
    [
      "AWS's own domain, of an API with a base path elsewhere",
      'dev',
      withApi({ basePath: '/v1' }),
      OWN_DOMAIN,
      '/dev/orders',
    ],
    ['the default stage', '$default', DOCUMENT, OWN_DOMAIN, '/orders'],
  ])('finds the path behind %s', async (_, stage, document, host, target) => {
    if (isRest && stage === '$default') return
    const basePath = /^(.*)\/orders$/.exec(target)?.[1] as string
    const { send } = await start({ ...api, stage, ...(host !== OWN_DOMAIN && { basePath }) }, document)
    const fields = bearer(SECRETS.SCOPED)
    expect(await send({ host, target, fields })).toMatchObject({ status: 200 })
    expect(await send({ host, target: `${target}/other`, fields })).toMatchObject({ status: 403 })
  })

  test('is 500, never a yes, where the document knows other APIs only', async () => {
    const { send } = await start(api, withApi({ stage: 'other' }))
    expect(await send({ target: '/orders', fields: bearer(SECRETS.SCOPED) })).toMatchObject({ status: 500 })
    expect(await send({ target: '/health' })).not.toMatchObject({ status: 200 })
  })
})

describe('a refusal of the sample', () => {
  const yaml = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')
  const { resources } = parse(yaml, { merge: true }) as { readonly resources: unknown }
  const all = [resources].flat().map((each) => Object(each).Resources)
  const found = all
    .flatMap((each) => Object.values(Object(each) as Resources))
    .filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
  const responses = Object.fromEntries(found.map(({ Properties }) => [Properties['ResponseType'], Properties]))

  test.each<[name: string, sent: Request, document: Document, status: number, body: object]>([
    [
      'tells the reason of a 403',
      { method: 'DELETE', target: '/orders', fields: bearer(SECRETS.SCOPED) },
      DOCUMENT,
      403,
      {
        type: 'urn:latchkey:reason:permission-missing',
        status: 403,
        reason: 'permission-missing',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ],
    ['tells an unknown route', { target: '/nothing' }, DOCUMENT, 403, { reason: 'route-unknown' }],
    ['challenges on 401', { target: '/orders' }, DOCUMENT, 401, { status: 401, requestId: expect.any(String) }],
    [
      'tells to try again where something is down or not configured',
      { target: '/orders', fields: bearer(SECRETS.SCOPED) },
      withApi({ stage: 'other' }),
      503,
      { status: 503 },
    ],
  ])('%s, as JSON that pages may read', async (_, sent, document, status, body) => {
    const { send } = await start({ kind: 'rest', responses: responses as GatewayResponses }, document)
    const reply = await send(sent)
    expect(reply).toMatchObject({
      status,
      headers: { 'access-control-allow-origin': '*', 'cache-control': 'no-store' },
    })
    expect(JSON.parse(reply.body)).toMatchObject(body)
    expect(reply.headers['www-authenticate'] !== undefined).toBe(status === 401)
  })
})

describe('WebSocket', () => {
  const at: Request = { host: OWN_DOMAIN, target: '/prod' }

  test.each([
    ['a token that may', bearer(SECRETS.SCOPED), 101],
    ['a token that is not known', bearer('nobody'), 401],
    ['no token', [], 401],
  ] as const)('answers %s', async (_, fields, status) => {
    const { connect } = await start({ kind: 'websocket' })
    expect(await connect({ ...at, fields })).toMatchObject({ status })
  })

  test('answers 403 where $connect is no route of the principal', async () => {
    const routes = DOCUMENT.routes.map((route) =>
      route.path === '/$connect' ? { ...route, permission: 'chat' } : route,
    )
    const { connect } = await start({ kind: 'websocket' }, { ...DOCUMENT, routes })
    expect(await connect({ ...at, fields: bearer(SECRETS.SCOPED) })).toMatchObject({ status: 403 })
  })

  test('takes the token from where browsers can put it', async () => {
    const credentials: Document['credentials'] = [
      { kind: 'static-token', from: [{ query: 'token' }], tokens: { secret: 'SCOPED' }, type: 'full-access' },
    ]
    const { connect } = await start({ kind: 'websocket' }, { ...DOCUMENT, credentials })
    expect(await connect({ ...at, target: `/prod?token=${SECRETS.SCOPED}` })).toMatchObject({ status: 101 })
    expect(await connect({ ...at, target: '/prod?token=nobody' })).toMatchObject({ status: 401 })
  })
})

describe('AppSync', () => {
  const fields = { 'Query.orders': [1], 'Query.staff': ['a'], 'Mutation.pay': true }
  const ask = (query: string, token: string): Request => ({
    method: 'POST',
    host: 'a1b2c3d4e5.appsync-api.eu-central-1.amazonaws.com',
    target: '/graphql',
    fields: bearer(token),
    body: JSON.stringify({ query }),
  })

  test('denies the fields whose routes the principal may not use, and no others', async () => {
    const { send } = await start({ kind: 'appsync', fields })
    const { status, body } = await send(ask('{ orders staff }', SECRETS.SCOPED))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({
      data: { orders: [1], staff: null },
      errors: [expect.objectContaining({ path: ['staff'] })],
    })
    expect(JSON.parse((await send(ask('mutation { pay }', SECRETS.SCOPED))).body).data).toEqual({ pay: null })
  })

  test('refuses who is not known', async () => {
    const { send } = await start({ kind: 'appsync', fields })
    expect(await send(ask('{ orders }', 'nobody'))).toMatchObject({ status: 401 })
  })

  test.each<[name: string, api: ApiDocument, own: number, calls: number]>([
    ['nothing, as the document says nothing', {}, 300, 2],
    ['as long as the document says', { resultTtlSeconds: 60 }, 0, 1],
  ])('keeps %s, whatever the API was set up for', async (_, api, ttlSeconds, expected) => {
    const { send, calls } = await start({ kind: 'appsync', fields, authorizer: { ttlSeconds } }, withApi(api))
    await send(ask('{ orders }', SECRETS.SCOPED))
    await send(ask('{ orders }', SECRETS.SCOPED))
    expect(calls).toHaveLength(expected)
  })
})

describe('a usage plan', () => {
  let tables: DynamodbTables
  const key = madeKey(
    { type: 'full-access', surface: 'api', stored: { metadata: { usagePlanKey: 'plan-key-of-acme' } } },
    'usage plan',
    SECRETS,
  )
  const plain = madeKey({ type: 'full-access', surface: 'api' }, 'no usage plan', SECRETS)
  const document: Document = {
    ...DOCUMENT,
    credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }],
    store: { binding: 'KEYS', kind: 'dynamodb' },
    apis: [{ usagePlans: true }],
  }

  beforeAll(async () => {
    tables = await dynamodbTables(['keys'])
    for (const { id, value, index } of [...key.entries, ...plain.entries]) {
      await tables.storeOf('keys').put(id, value, index && { index })
    }
  })

  beforeEach(() => {
    for (const [name, value] of Object.entries(tables.variables(tables.url))) vi.stubEnv(name, value)
    vi.stubEnv('KEYS', 'dynamodb:keys')
  })

  afterAll(async () => {
    await tables?.stop()
  })

  test('counts by the plan key that is in the metadata of a key', async () => {
    const api: Setup = { kind: 'rest', usagePlanKeys: ['plan-key-of-acme'] }
    const { send } = await start(api, document, { verifiers: [apiKey] })
    const { body } = await send({ target: '/orders', fields: bearer(key.token('')) })
    expect(JSON.parse(body).identity).toMatchObject({ apiKey: 'plan-key-of-acme' })
    // API Gateway itself refuses who has none.
    expect(await send({ target: '/orders', fields: bearer(plain.token('')) })).toMatchObject({ status: 403 })
  })

  test('is told to nobody where the document does not say so', async () => {
    const { send, calls } = await start({ kind: 'rest' }, { ...document, apis: [{}] }, { verifiers: [apiKey] })
    expect(await send({ target: '/orders', fields: bearer(key.token('')) })).toMatchObject({ status: 200 })
    expect(JSON.stringify(calls[0]?.answer)).not.toContain('plan-key')
  })
})
