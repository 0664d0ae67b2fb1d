import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiKey, authorizer } from '../../adapters/aws/index.ts'
import type { ApiDocument, Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { DynamodbTables } from '../hosts/dynamodb-tables.ts'
import { dynamodbTables } from '../hosts/dynamodb-tables.ts'
import type { MadeKey, VectorKey } from '../hosts/vector-keys.ts'
import { madeKey } from '../hosts/vector-keys.ts'
import type { Authorizer, Gateway } from './gateway.ts'
import { gateway } from './gateway.ts'

/**
 * What an answer that API Gateway keeps must not outlive, and whom it must not serve: an end, a revocation, an address, a
 * limit. Over HTTP, the keys in DynamoDB as dynalite has it.
 */
const NOW = 1_780_000_000
const TTL_SECONDS = 300
const HEADER = 'method.request.header.Authorization'
const SECRETS = {
  TOKEN: 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU',
  PEPPER: 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE',
}
const ADDRESSES = ['203.0.113.7', '198.51.100.1'] as const

/** Epoch seconds. */
let now = NOW
let running: Gateway | undefined
let tables: DynamodbTables

beforeAll(async () => {
  tables = await dynamodbTables(['keys'])
})

afterAll(async () => {
  await tables?.stop()
})

beforeEach(() => {
  now = NOW
  for (const [name, value] of Object.entries(tables.variables(tables.url))) vi.stubEnv(name, value)
  vi.stubEnv('KEYS', 'dynamodb:keys')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await running?.stop()
  running = undefined
})

const ROUTES: Document['routes'] = [
  { path: '/health', methods: ['GET'], public: true },
  { path: '/orders', methods: ['GET'], permission: 'orders.find' },
  { path: '/orders/:id', permission: 'orders.use' },
]

/** A document with keys, or with a static token that ends. */
function documentOf(api: ApiDocument, until?: number): Document {
  const apis = [{ resultTtlSeconds: TTL_SECONDS, ...api }]
  const secret = { secret: 'TOKEN', ...(until !== undefined && { until: new Date(until * 1000).toISOString() }) }
  const slots: Document['credentials'] = [{ kind: 'static-token', tokens: secret, type: 'full-access' }]
  const keys: Document['credentials'] = [
    { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }], cacheSeconds: 0 },
  ]
  return { credentials: [...slots, ...keys], routes: ROUTES, apis, store: { binding: 'KEYS', kind: 'dynamodb' } }
}

async function start(document: Document, identitySources: readonly string[] = [HEADER]): Promise<Gateway> {
  const handler = authorizer({
    document,
    verifiers: [apiKey],
    secrets: env(SECRETS),
    sink: memorySink(),
    now: () => now,
  }) as Authorizer['handler']
  running = await gateway(
    [{ kind: 'rest', authorizer: { handler, ttlSeconds: TTL_SECONDS, identitySources } }],
    () => now,
  )
  return running
}

/** A key that is in the table. */
async function stored(key: VectorKey, seed: string): Promise<MadeKey> {
  const made = madeKey(key, seed, SECRETS)
  for (const { id, value, index } of made.entries) await tables.storeOf('keys').put(id, value, index && { index })
  return made
}

const sent = (token: string, address: string = ADDRESSES[0], target = '/orders') => ({
  target,
  address,
  fields: [['Authorization', `Bearer ${token}`]] as const,
})

describe('an answer that is kept', () => {
  test('outlives the end of its token by no more than the TTL', async () => {
    const { send, calls } = await start(documentOf({}, NOW + 10))
    expect(await send(sent(SECRETS.TOKEN))).toMatchObject({ status: 200 })
    for (const [seconds, most] of [
      [9, 200],
      [TTL_SECONDS - 1, 200],
      [TTL_SECONDS, 401],
      [TTL_SECONDS + 10, 401],
    ] as const) {
      now = NOW + seconds
      const { status } = await send(sent(SECRETS.TOKEN))
      if (most === 401) expect(status).toBe(401)
      else expect([200, 401]).toContain(status)
    }
    expect(calls.at(-1)?.errorMessage).toBe('Unauthorized')
  })

  test('outlives the revocation of its key by no more than the TTL', async () => {
    const key = { type: 'full-access', surface: 'api' } as const
    const made = await stored(key, 'revoked')
    const { send } = await start(documentOf({}))
    expect(await send(sent(made.token('')))).toMatchObject({ status: 200 })
    await stored({ ...key, state: 'revoked' }, 'revoked')
    now = NOW + TTL_SECONDS
    expect(await send(sent(made.token('')))).toMatchObject({ status: 401 })
  })

  test('tells nobody of a key that has ended, or is not known, that it once counted', async () => {
    const made = await stored(
      { type: 'full-access', surface: 'api', expires: new Date(NOW * 1000).toISOString() },
      'over',
    )
    const { send } = await start(documentOf({}))
    expect(await send(sent(made.token('')))).toMatchObject({ status: 401 })
    expect(await send(sent('lk_unknown'))).toMatchObject({ status: 401 })
  })
})

describe('a key that is bound to addresses', () => {
  const bound = { type: 'full-access', surface: 'api', addresses: [`${ADDRESSES[0]}/32`] } as const

  test.each<[name: string, targets: readonly string[]]>([
    ['on the same route', ['/orders', '/orders']],
    ['on another route', ['/orders', '/orders/7']],
    ['after a public route', ['/health', '/orders']],
  ])('serves no other address from what is kept, %s', async (name, [first, second]) => {
    const made = await stored(bound, `bound ${name}`)
    const { send } = await start(documentOf({}))
    await send(sent(made.token(''), ADDRESSES[0], first))
    expect((await send(sent(made.token(''), ADDRESSES[1], second))).status).not.toBe(200)
  })

  test('serves its own address where that is an identity source, and no other one', async () => {
    const made = await stored(bound, 'bound apart')
    const { send } = await start(documentOf({ cachedBy: ['address'] }), [HEADER, 'context.identity.sourceIp'])
    for (const target of ['/orders', '/orders/7', '/orders']) {
      expect(await send(sent(made.token(''), ADDRESSES[0], target))).toMatchObject({ status: 200 })
      expect((await send(sent(made.token(''), ADDRESSES[1], target))).status).not.toBe(200)
    }
  })
})

describe('a key with a limit', () => {
  const limited = { type: 'full-access', surface: 'api', limits: [{ requests: 2, windowSeconds: 3600 }] } as const

  test('gets no more than its limit from what is kept, and whatever it got was counted', async () => {
    const made = await stored(limited, 'limited')
    const { send } = await start(documentOf({}))
    const statuses: number[] = []
    for (const target of ['/orders', '/orders/7', '/orders', '/orders/7', '/orders']) {
      statuses.push((await send(sent(made.token(''), ADDRESSES[0], target))).status)
    }
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(2)
  })

  test('is counted where nothing is kept', async () => {
    const made = await stored(limited, 'limited, nothing kept')
    const document = documentOf({ resultTtlSeconds: 0 })
    const handler = authorizer({
      document,
      verifiers: [apiKey],
      secrets: env(SECRETS),
      sink: memorySink(),
      now: () => now,
    })
    running = await gateway([{ kind: 'rest', authorizer: { handler: handler as Authorizer['handler'] } }], () => now)
    const statuses: number[] = []
    for (let time = 0; time < 4; time++) statuses.push((await running.send(sent(made.token('')))).status)
    expect(statuses).toEqual([200, 200, 500, 500])
  })
})

test('an outage is kept by nobody: the next request is asked again', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:2')
  const made = await stored({ type: 'full-access', surface: 'api' }, 'outage')
  const { send, calls } = await start(documentOf({}))
  for (const expected of [1, 2]) {
    expect(await send(sent(made.token('')))).toMatchObject({ status: 500 })
    expect(calls).toHaveLength(expected)
  }
  expect(calls.map(({ errorMessage }) => errorMessage)).toEqual(Array(2).fill('latchkey: dependency-unavailable'))
})
