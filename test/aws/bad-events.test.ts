import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AuthorizerEvent } from '../../adapters/aws/event.ts'
import type { AuthorizerOptions } from '../../adapters/aws/index.ts'
import { apiKey, authorizer } from '../../adapters/aws/index.ts'
import type { ApiDocument, Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { DynamodbTables } from '../hosts/dynamodb-tables.ts'
import { dynamodbTables } from '../hosts/dynamodb-tables.ts'
import { madeKey } from '../hosts/vector-keys.ts'
import type { TestServer } from '../stores/server.ts'
import { testServer } from '../stores/server.ts'
import { MalformedAnswer, readAnswer } from './gateway/answers.ts'
import type { Api, Fields, Placed } from './gateway/api.ts'
import { eventOf } from './gateway/event.ts'
import { place } from './gateway/place.ts'
import { identityOf } from './gateway/sources.ts'
import { evaluate } from './iam.ts'

/**
 * Whatever arrives in place of an event, in every dialect: nothing passes but the one request that the token may make,
 * nothing is thrown but what the gateway reads, and no secret is told.
 */
const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const MANY = 'Hq2Zn5Ws8Ld1Vf4Xc7Rb0Pj3Gm6Mk9Ya-QtEyIuTwOv'
const PEPPER = 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE'
const SECRETS = { TOKEN, MANY, PEPPER }

const credentials: Document['credentials'] = [
  { kind: 'static-token', name: 'scoped', tokens: { secret: 'TOKEN' }, type: 'custom', permissions: ['orders.find'] },
  {
    kind: 'static-token',
    name: 'many',
    tokens: { secret: 'MANY' },
    type: 'custom',
    // About 12 KB as the origin is told them.
    permissions: Array.from({ length: 400 }, (_, at) => `orders.with-a-long-name-${at}.find`).concat('orders.find'),
  },
]

const DOCUMENT: Document = {
  credentials,
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/orders', methods: ['GET'], permission: 'orders.find' },
    { path: '/$connect', permission: 'orders.find' },
    { path: '/graphql', methods: ['POST'], permission: 'orders.find' },
    { path: '/graphql/Mutation/pay', permission: 'orders.pay' },
    { path: '/*', permission: 'everything.else' },
  ],
}

type Json = Record<string, unknown>
type Dialect = 'rest-token' | 'rest-request' | 'http-1.0' | 'http-simple' | 'http-iam' | 'websocket' | 'appsync'

const APIS: Readonly<Record<Dialect, Api>> = {
  'rest-token': { kind: 'rest', authorizer: { handler: never, type: 'TOKEN' } },
  'rest-request': { kind: 'rest', authorizer: { handler: never } },
  'http-1.0': { kind: 'http', stage: '$default', authorizer: { handler: never, payload: '1.0' } },
  'http-simple': { kind: 'http', stage: '$default', authorizer: { handler: never, simple: true } },
  'http-iam': { kind: 'http', stage: '$default', authorizer: { handler: never } },
  websocket: { kind: 'websocket', authorizer: { handler: never } },
  appsync: { kind: 'appsync', authorizer: { handler: never } },
}
const DIALECTS = Object.keys(APIS) as Dialect[]
/** Those that tell all fields of a request. */
const WITH_FIELDS = DIALECTS.filter((dialect) => dialect !== 'rest-token' && dialect !== 'appsync')
/** Those that tell the path of a request. */
const WITH_PATH = DIALECTS.filter((dialect) => dialect !== 'websocket' && dialect !== 'appsync')

async function never(): Promise<unknown> {
  throw new Error('nobody is called here')
}

/** The whole event that a dialect sends for `GET /orders`, or for what stands in its place. */
function eventFor(dialect: Dialect, fields: Fields = [['Authorization', `Bearer ${TOKEN}`]]): Json {
  const api = APIS[dialect]
  const isAppsync = api.kind === 'appsync'
  const placed = place([api], {
    method: isAppsync ? 'POST' : 'GET',
    target: isAppsync ? '/graphql' : '/orders',
    fields: [['Host', isAppsync ? 'a1b2c3d4e5.appsync-api.eu-central-1.amazonaws.com' : 'api.example'], ...fields],
    address: '203.0.113.7',
    body: '{"query":"{ me }"}',
  }) as Placed
  return JSON.parse(JSON.stringify(eventOf(placed, identityOf(placed) ?? []))) as Json
}

interface Outcome {
  readonly answer: unknown
  readonly thrown: string | undefined
  readonly isAllowed: boolean
  /** Whether the gateway can use the answer; it makes a 500 of one that it cannot, which refuses too. */
  readonly isUsable: boolean
}

let sink: ReturnType<typeof memorySink>

/** Asks, and holds whatever comes of it against what may come of anything. */
async function ask(dialect: Dialect, event: unknown, options: Partial<AuthorizerOptions> = {}): Promise<Outcome> {
  sink = memorySink()
  const handler = authorizer({
    document: DOCUMENT,
    secrets: env(SECRETS),
    sink,
    now: () => 1_780_000_000,
    httpApiReply: dialect === 'http-simple' ? 'simple' : 'iam',
    ...options,
  })
  const printed = vi.spyOn(console, 'log')
  try {
    const answer: unknown = await handler(event as AuthorizerEvent).catch((error: Error) => error)
    if (answer instanceof Error) {
      const { message, stack = '' } = answer
      expect(message).toMatch(/^(?:Unauthorized|latchkey: [a-z-]+)$/)
      noSecret(stack, dialect)
      return { answer: undefined, thrown: message, isAllowed: false, isUsable: true }
    }
    noSecret(JSON.stringify(answer), dialect)
    return { answer, thrown: undefined, ...read(dialect, event as Json, answer) }
  } finally {
    noSecret(JSON.stringify([sink.events, printed.mock.calls]), dialect)
    printed.mockRestore()
  }
}

function noSecret(text: string, where: string): void {
  for (const [name, secret] of Object.entries(SECRETS)) {
    if (text.includes(secret)) throw new Error(`${where} told the secret ${name}`)
  }
}

/** Whether an answer lets its own event pass. */
function read(dialect: Dialect, event: Json, given: unknown): Pick<Outcome, 'isAllowed' | 'isUsable'> {
  try {
    const answer = readAnswer(APIS[dialect], given)
    const arn = String(event['methodArn'] ?? event['routeArn'])
    const isAllowed = answer.form === 'policy' ? evaluate(answer.policy, arn) === 'allow' : answer.isAuthorized
    return { isAllowed, isUsable: true }
  } catch (error) {
    if (error instanceof MalformedAnswer) return { isAllowed: false, isUsable: false }
    throw error
  }
}

const API = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5'
/** What nobody here may reach. */
const FORBIDDEN = ['prod', '$default', 'dev', '*'].flatMap((stage) =>
  ['GET/', 'PUT/orders', 'GET/orders/7', 'GET/admin', 'DELETE/x/y', '*/*', 'GET/orders/*', '$connect/x'].map(
    (path) => `${API}/${stage}/${path}`,
  ),
)

/** Whatever was answered, it opens nothing but the one request. */
function opensNothingElse({ answer, isUsable }: Outcome): void {
  const { policyDocument } = Object(answer) as Json
  if (policyDocument === undefined || !isUsable) return
  for (const arn of FORBIDDEN) expect([arn, evaluate(policyDocument, arn)]).not.toEqual([arn, 'allow'])
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(DIALECTS)('%s', (dialect) => {
  test('passes with the event as it is', async () => {
    const outcome = await ask(dialect, eventFor(dialect))
    expect(outcome).toMatchObject({ isAllowed: true })
    opensNothingElse(outcome)
  })

  test('passes whatever the case of the field, where it is told', async () => {
    for (const name of ['authorization', 'AUTHORIZATION', 'aUtHoRiZaTiOn']) {
      expect(await ask(dialect, eventFor(dialect, [[name, `Bearer ${TOKEN}`]]))).toMatchObject({ isAllowed: true })
    }
  })

  test.each<[name: string, value: string]>([
    ['nothing', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and a space', 'Bearer '],
    ['another scheme', `Basic ${TOKEN}`],
    ['a token cut short', `Bearer ${TOKEN.slice(0, -1)}`],
    ['a token that goes on', `Bearer ${TOKEN}x`],
    ['two tokens in one', `Bearer ${TOKEN},Bearer ${TOKEN}`],
    ['bytes that are not ASCII', `Bearer ${TOKEN}\u00ff`],
    ['a line break', `Bearer ${TOKEN}\n`],
    ['NUL', `Bearer ${TOKEN}\0`],
    ['8 KB', `Bearer ${TOKEN.repeat(200)}`],
  ])('refuses %s in place of the token', async (_, value) => {
    expect(await ask(dialect, eventFor(dialect, [['Authorization', value]]))).toMatchObject({ isAllowed: false })
  })

  test.each([
    ['an unknown stage', { stage: 'other' }],
    ['another API', { api: 'zzzzzzzzzz' }],
  ] as const)('refuses %s, where the document names those that may ask', async (_, entry: ApiDocument) => {
    // AppSync has no stage.
    if (dialect === 'appsync' && !entry.api) return
    const outcome = await ask(dialect, eventFor(dialect), { document: { ...DOCUMENT, apis: [entry] } })
    expect(outcome).toMatchObject({ isAllowed: false, thrown: 'latchkey: not-configured' })
    expect(JSON.stringify(sink.events)).toContain('apis')
  })

  test.each<[name: string, apis: readonly ApiDocument[]]>([
    ['nothing', [{}]],
    ['answers', [{ resultTtlSeconds: 300, cachedBy: ['method', 'path'] }]],
    ['answers for all routes', [{ resultTtlSeconds: 300 }]],
  ])(
    'tells all permissions, or lets nobody pass who has more than an answer may hold, to an API that keeps %s',
    async (_, apis) => {
      const event = eventFor(dialect, [['Authorization', `Bearer ${MANY}`]])
      const outcome = await ask(dialect, event, { document: { ...DOCUMENT, apis } })
      expect(outcome.isUsable).toBe(true)
      opensNothingElse(outcome)
      if (outcome.isAllowed) expect(JSON.stringify(outcome.answer).split('with-a-long-name').length).toBe(401)
    },
  )

  test('opens nothing else to any event without a key that it needs, or with another value in its place', async () => {
    const event = eventFor(dialect)
    const paths = pathsIn(event)
    const change = fc.record({
      path: fc.constantFrom(...paths),
      value: fc.oneof(
        fc.constantFrom<unknown>(
          undefined,
          null,
          '',
          0,
          -1,
          true,
          [],
          {},
          [null],
          ['x'],
          { '': null },
          '*',
          '/',
          '\ud800',
        ),
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = structuredClone(event)
        for (const { path, value } of changes) put(changed, path, value)
        opensNothingElse(await ask(dialect, changed))
      }),
      { numRuns: 1_000 },
    )
  })

  test('passes without a key only where none of it was needed', async () => {
    const event = eventFor(dialect)
    for (const path of pathsIn(event)) {
      const changed = structuredClone(event)
      put(changed, path, undefined)
      const outcome = await ask(dialect, changed)
      opensNothingElse(outcome)
      const isNeeded = /^(?:type|methodArn|routeArn|authorizationToken|rawPath|path|httpMethod)$/.test(path.join('.'))
      const isOfToken = dialect === 'http-1.0' && path[0] === 'authorizationToken'
      if (isNeeded && !isOfToken) expect([path, outcome.isAllowed]).toEqual([path, false])
    }
  })

  test('refuses every beginning of an event, closed where it was cut off', async () => {
    const text = JSON.stringify(eventFor(dialect))
    let parsed = 0
    for (let length = 0; length < text.length; length++) {
      const event = closed(text.slice(0, length))
      if (event === undefined) continue
      parsed++
      opensNothingElse(await ask(dialect, event))
    }
    expect(parsed).toBeGreaterThan(5)
  })
})

/** Every place in an event, as the keys that lead there. */
function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const below = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [...(path.length > 0 ? [path] : []), ...below.flatMap(([key, each]) => pathsIn(each, [...path, key]))]
}

/** Puts a value at a place, or takes the place away. */
function put(event: Json, path: readonly string[], value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((each, key) => Object(each)[key], event)
  if (typeof parent !== 'object' || parent === null) return
  const key = path.at(-1) as string
  if (value === undefined) delete (parent as Json)[key]
  else (parent as Json)[key] = value
}

/** What was cut off, with its brackets closed; undefined where that is no JSON. */
function closed(text: string): unknown {
  const open: string[] = []
  let isText = false
  for (const [at, character] of Array.from(text).entries()) {
    if (character === '"' && text[at - 1] !== '\\') isText = !isText
    if (isText) continue
    if (character === '{' || character === '[') open.push(character === '{' ? '}' : ']')
    if (character === '}' || character === ']') open.pop()
  }
  try {
    return JSON.parse(text.replace(/,$/, '') + open.toReversed().join(''))
  } catch {
    return undefined
  }
}

describe.each(WITH_FIELDS)('the fields of %s', (dialect) => {
  test.each<[name: string, headers: unknown, multiValueHeaders: unknown]>([
    ['are missing', undefined, undefined],
    ['are null', null, null],
    ['are empty', {}, {}],
    ['are lists', [`Bearer ${TOKEN}`], [[`Bearer ${TOKEN}`]]],
    ['are texts', `Authorization: Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
    ['have null for a value', { Host: 'api.example', Authorization: null }, { Authorization: null, Host: null }],
    ['have a list for a single value', { Host: 'api.example', Authorization: [`Bearer ${TOKEN}`] }, null],
    ['have a map for a value', { Host: 'api.example', Authorization: { value: `Bearer ${TOKEN}` } }, {}],
    ['have two tokens', { Host: 'api.example' }, { Authorization: [`Bearer ${TOKEN}`, `Bearer ${MANY}`] }],
    ['have one token twice', { Host: 'api.example' }, { Authorization: [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`] }],
    ['have a token and a text', { Host: 'api.example' }, { Authorization: [`Bearer ${TOKEN}`, 'x'] }],
    [
      'have two spellings',
      { Host: 'api.example', Authorization: `Bearer ${TOKEN}`, authorization: `Bearer ${MANY}` },
      undefined,
    ],
    [
      'have another token among the multiple values',
      { Host: 'api.example', Authorization: `Bearer ${TOKEN}` },
      { Authorization: [`Bearer ${MANY}`] },
    ],
  ])('refuse the request where they %s', async (_, headers, multiValueHeaders) => {
    // Payload 2.0 knows no multiple values: it is given them in the place of the single ones.
    const isSingle = dialect === 'http-simple' || dialect === 'http-iam'
    const multiple = Object(multiValueHeaders) as Record<string, string[]>
    const joined =
      isSingle && Array.isArray(multiple['Authorization']) ? { Authorization: multiple['Authorization'].join() } : {}
    const given = isSingle && Object.keys(joined).length > 0 ? { ...(headers as object), ...joined } : headers
    const event = { ...eventFor(dialect), headers: given, ...(!isSingle && { multiValueHeaders }) }
    expect(await ask(dialect, event)).toMatchObject({ isAllowed: false })
  })
})

describe.each(WITH_PATH)('the resource of %s', (dialect) => {
  const stage = APIS[dialect].stage ?? 'prod'
  const arnKey = dialect === 'http-simple' || dialect === 'http-iam' ? 'routeArn' : 'methodArn'
  const withArn = (arn: string, path?: string): Json => ({
    ...eventFor(dialect),
    [arnKey]: arn,
    ...(path !== undefined && (arnKey === 'routeArn' ? { rawPath: path } : dialect !== 'rest-token' && { path })),
  })

  test.each<[name: string, path: string]>([
    ['*', '/orders*'],
    ['* alone', '/*'],
    ['?', '/order?'],
    ['$', '/$orders'],
    ['a variable', '/orders$' + '{*}'],
    ['an encoded slash', '/orders%2Fx'],
    ['an encoded star', '/orders%2A'],
    ['an encoded question mark', '/orders%3F'],
    ['bytes that are not ASCII', '/ordérs'],
    ['a character beyond 16 bits', '/orders😀'],
    ['half a surrogate pair', '/orders\ud800'],
    ['U+FFFD', '/orders\ufffd'],
    ['a line break', '/orders\n'],
    ['NUL', '/orders\0'],
    ['dot segments', '/orders/../orders'],
    ['a backslash', '/orders\\x'],
    ['two slashes', '//orders'],
    ['a semicolon', '/orders;x=1'],
    ['600 characters', `/orders/${'x'.repeat(600)}`],
    ['700 segments', '/x'.repeat(700)],
    ['2,000 characters', `/orders/${'x'.repeat(2_000)}`],
  ])('opens nothing where its path holds %s', async (_, path) => {
    const arn = `${API}/${stage}/GET${path}`
    const outcome = await ask(dialect, withArn(arn, path))
    expect(outcome.isAllowed).toBe(false)
    opensNothingElse(outcome)
    // Longer ones never arrive.
    if (Buffer.byteLength(arn) <= 1_600) expect(outcome.isUsable).toBe(true)
  })

  test('is longer than a policy may name, of a path that may be used: refused in words, not by a 500', async () => {
    const path = `/orders${'x'.repeat(600)}`
    const document: Document = { ...DOCUMENT, routes: [{ path: '/*', permission: 'orders.find' }] }
    const { isAllowed, isUsable } = await ask(dialect, withArn(`${API}/${stage}/GET${path}`, path), { document })
    // A simple reply names nothing.
    expect({ isAllowed, isUsable }).toEqual({ isAllowed: dialect === 'http-simple', isUsable: true })
  })

  test.each<[name: string, arn: unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', [`${API}/${stage}/GET/orders`]],
    ['empty', ''],
    ['a star', '*'],
    ['without a path', `${API}/${stage}/GET`],
    ['without a method', `${API}/${stage}`],
    ['without a stage', API],
    ['for every method', `${API}/${stage}/*/orders`],
    ['for every stage', `${API}/*/GET/orders`],
    ['for everything', `${API}/*`],
    ['for another method', `${API}/${stage}/PUT/orders`],
    ['for a public path', `${API}/${stage}/GET/health`],
    ['of another service', 'arn:aws:lambda:eu-central-1:123456789012:function:orders'],
    ['with two more stages', `${API}/${stage}/${stage}/GET/orders`],
    ['of 10,000 characters', `${API}/${stage}/GET/orders${'/x'.repeat(5_000)}`],
  ])('opens nothing where it is %s', async (name, arn) => {
    const outcome = await ask(dialect, withArn(arn as string))
    opensNothingElse(outcome)
    // A TOKEN event tells nothing but the ARN, and that path is public; a simple reply names no resource, so stages are nothing to it.
    const isFine =
      dialect === 'rest-token' ? name === 'for a public path' : dialect === 'http-simple' && /stage/.test(name)
    if (!isFine || name === 'without a stage') expect(outcome.isAllowed).toBe(false)
  })
})

describe('the table of the keys', () => {
  let tables: DynamodbTables
  let busy: TestServer
  const key = madeKey({ type: 'full-access', surface: 'api' }, 'bad events', SECRETS)
  const document: Document = {
    ...DOCUMENT,
    credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }],
    store: { binding: 'KEYS', kind: 'dynamodb' },
  }

  beforeAll(async () => {
    tables = await dynamodbTables(['keys'])
    for (const { id, value, index } of key.entries) await tables.storeOf('keys').put(id, value, index && { index })
    busy = await testServer((_, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      response.end('{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":""}')
    })
  })

  afterAll(async () => {
    await tables?.stop()
    await busy?.stop()
  })

  async function asked(dialect: Dialect, table: string | undefined, endpoint: string): Promise<Outcome> {
    for (const [name, value] of Object.entries(tables.variables(endpoint))) vi.stubEnv(name, value)
    vi.stubEnv('KEYS', table)
    const event = eventFor(dialect, [['Authorization', `Bearer ${key.token('')}`]])
    return ask(dialect, event, { document, verifiers: [apiKey] })
  }

  describe.each(DIALECTS)('asked by %s', (dialect) => {
    test('lets its key pass where all is well', async () => {
      expect(await asked(dialect, 'dynamodb:keys', tables.url)).toMatchObject({ isAllowed: true })
    })

    test.each<[name: string, table: string | undefined, endpoint: () => string, thrown: string]>([
      ['is missing', 'dynamodb:no-such-table', () => tables.url, 'latchkey: dependency-unavailable'],
      ['is throttled', 'dynamodb:keys', () => busy.url, 'latchkey: dependency-unavailable'],
      ['is not named', undefined, () => tables.url, 'latchkey: not-configured'],
      ['is named by another scheme', 'redis:keys', () => tables.url, 'latchkey: not-configured'],
    ])('lets nobody pass where it %s, and is not kept', async (_, table, endpoint, thrown) => {
      expect(await asked(dialect, table, endpoint())).toMatchObject({ isAllowed: false, thrown })
    })
  })
})

test('an answer that the gateway cannot use is told as such by what holds answers against it here', () => {
  expect(() => readAnswer(APIS['rest-request'], { isAuthorized: true })).toThrow(MalformedAnswer)
})
