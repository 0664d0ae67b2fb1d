import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AdminEvent, AdminOptions, AdminReply, LambdaContext } from '../../../adapters/aws/admin/index.ts'
import { admin, apiKey, jwt } from '../../../adapters/aws/admin/index.ts'
import type { GatewayEvent } from '../../../adapters/aws/event.ts'
import { authorizer } from '../../../adapters/aws/index.ts'
import type { Document } from '../../../src/document.ts'
import { env } from '../../../src/secrets/env.ts'
import { memorySink } from '../../../src/sinks/memory.ts'
import { KEYS } from '../../given/jwt.ts'
import type { DynamodbTables } from '../../hosts/dynamodb-tables.ts'
import { dynamodbTables } from '../../hosts/dynamodb-tables.ts'
import type { TestReceiver } from '../../sinks/given.ts'
import { SECRET, testReceiver } from '../../sinks/given.ts'
import { NOBODY } from '../../stores/server.ts'
import { httpEvent as authorizerEvent } from '../events.ts'
import type { Sent } from './events.ts'
import { API_HOST, http1Event, httpEvent, KINDS, restEvent, urlEvent } from './events.ts'

/** Keys that are administered by one function and judged by another, over one table. */

const DOCUMENT = JSON.parse(readFileSync('examples/aws-keys/latchkey.json', 'utf8')) as Document
const FIRST = 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS'
const SECRETS = { FIRST_TOKEN: FIRST, LATCHKEY_PEPPER: 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga', HOOK: SECRET }
const TABLES = Object.keys(KINDS).map((kind) => kind.replace(' ', '-'))
const NOW = 1_780_000_000
const CACHE_SECONDS = 10

let tables: DynamodbTables

beforeAll(async () => {
  tables = await dynamodbTables([...TABLES, 'one'])
})

afterAll(() => tables?.stop())

/** A function's own environment: its role, and its table. */
function environment(table: string, url = tables.url): void {
  for (const [name, value] of Object.entries(tables.variables(url))) vi.stubEnv(name, value)
  vi.stubEnv('KEYS', `dynamodb:${table}`)
}

beforeEach(() => environment('one'))

afterEach(() => {
  vi.unstubAllEnvs()
})

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: whatever an endpoint answers.
  readonly json: any
  readonly body: string
}

/** The function, and what it has told. */
function host(options: Partial<AdminOptions> = {}) {
  const sink = memorySink()
  const clock = { at: NOW }
  const handler = admin({
    document: DOCUMENT,
    verifiers: [apiKey],
    secrets: env(SECRETS),
    sink,
    now: () => clock.at,
    ...options,
  })
  const ask = async (event: unknown, context?: LambdaContext) => answered(await handler(event as AdminEvent, context))
  const notices = () => sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { ask, sink, notices, clock, handler }
}

function answered(reply: AdminReply | undefined): Answered {
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = reply as AdminReply
  const fields = Object.entries(headers ?? multiValueHeaders ?? {}).map(([name, value]) => [name, String(value)])
  expect(isBase64Encoded).toBe(false)
  const json = body.startsWith('{') ? JSON.parse(body) : undefined
  return { status: statusCode, headers: Object.fromEntries(fields), json, body }
}

function bearer(token: string): readonly [string, string] {
  return ['Authorization', `Bearer ${token}`]
}

function posted(path: string, token: string, json?: unknown): Sent {
  const headers = [bearer(token), ...(json === undefined ? [] : [['Content-Type', 'application/json'] as const])]
  return {
    method: 'POST',
    target: `/_latchkey${path}`,
    headers,
    body: json === undefined ? undefined : JSON.stringify(json),
  }
}

describe.each(Object.entries(KINDS))('keys, asked for by events of the kind %s', (kind, eventOf) => {
  beforeEach(() => environment(kind.replace(' ', '-')))

  test('are created, judged by the authorizer, rotated, revoked and counted', async () => {
    const clock = { at: NOW }
    const { ask } = host({ now: () => clock.at })
    const judging = authorizer({
      document: DOCUMENT,
      verifiers: [apiKey],
      secrets: env(SECRETS),
      sink: memorySink(),
      now: () => clock.at,
    })
    const judged = async (token: string, method = 'GET') => {
      const sent = { method, target: '/orders', headers: [bearer(token)] }
      const { context, ...answer } = await judging(authorizerEvent(sent) as GatewayEvent)
      return 'isAuthorized' in answer && answer.isAuthorized ? context.owner : context.reason
    }

    const draft = { name: 'admin', surface: 'keys', type: 'full-access' }
    const made = await ask(eventOf(posted('/keys', FIRST, draft)))
    expect(made).toMatchObject({ status: 201, json: { surface: 'keys' } })
    const administrator = made.json.token as string

    const created = await ask(
      eventOf(
        posted('/keys', administrator, {
          name: 'acme',
          owner: 'acme',
          type: 'custom',
          permissions: ['orders.read'],
        }),
      ),
    )
    const { id, token: old } = created.json as { id: string; token: string }
    expect(created.status).toBe(201)
    expect(await judged(old)).toBe('acme')
    expect(await judged(old, 'POST')).toBe('permission-missing')

    const rotated = await ask(eventOf(posted(`/keys/${id}/rotate`, administrator, { overlapSeconds: 60 })))
    const { token: current } = rotated.json as { token: string }
    clock.at += CACHE_SECONDS
    expect([await judged(old), await judged(current)]).toEqual(['acme', 'acme'])
    clock.at += 60
    expect([await judged(old), await judged(current)]).toEqual(['token-expired', 'acme'])

    const revoked = await ask(eventOf(posted(`/keys/${id}/revoke`, administrator, { reason: 'leaked' })))
    expect(revoked).toMatchObject({ status: 200, json: { state: 'revoked' } })
    clock.at += CACHE_SECONDS
    expect(await judged(current)).toBe('token-revoked')
    // What is counted is written by a later call, which does not wait for it.
    clock.at += CACHE_SECONDS
    expect(await judged(current)).toBe('token-revoked')

    const used = async (query: string) =>
      ask(eventOf({ target: `/_latchkey/usage?${query}`, headers: [bearer(administrator)] }))
    await expect
      .poll(async () => (await used('owner=acme&group=key')).json.rows)
      .toMatchObject([{ key: id, allowed: 4 }])
    // The administrator's own calls are written before they are answered.
    const own = await used(`key=${made.json.id}&group=key`)
    expect(own.json.rows[0].allowed).toBeGreaterThanOrEqual(3)
  })

  test.each([
    ['live', 200, { status: 'pass' }],
    ['health', 200, { status: 'pass' }],
    ['openapi.json', 200, { openapi: '3.1.1' }],
    ['whoami', 401, { reason: 'credential-missing' }],
    ['keys', 401, { reason: 'credential-missing' }],
    ['nothing', 403, { reason: 'route-unknown' }],
    ['verify', 403, { reason: 'proxy-untrusted' }],
  ])('%s without a token is answered %i', async (path, status, json) => {
    expect(await host().ask(eventOf({ target: `/_latchkey/${path}` }))).toMatchObject({ status, json })
  })

  test('what the document sends to an origin finds none, with and without a token', async () => {
    const { ask, sink } = host()
    for (const target of ['/health', '/orders', '/_latchkey', '/']) {
      const { status, json } = await ask(eventOf({ target, headers: [bearer(FIRST)] }))
      expect([target, status, json.reason]).toEqual([target, 403, 'route-unknown'])
    }
    expect(sink.events.map((event) => event.type === 'decision' && event.reason)).toEqual(
      Array(4).fill('route-unknown'),
    )
  })

  test('two tokens are refused, however they are spelt', async () => {
    const headers = [bearer(FIRST), ['authorization', `Bearer ${FIRST}`] as const]
    const reply = await host().ask(eventOf({ target: '/_latchkey/whoami', headers }))
    expect(reply).toMatchObject({ status: 401, json: { reason: 'credential-malformed' } })
  })

  test('HEAD has no body, and a body that is too long is none', async () => {
    const { ask } = host()
    const head = await ask(eventOf({ method: 'HEAD', target: '/_latchkey/live' }))
    expect([head.status, head.body, head.headers['content-type']]).toEqual([200, '', 'application/json'])
    const long = await ask(eventOf(posted('/keys', FIRST, { name: 'x'.repeat(70_000) })))
    expect(long).toMatchObject({ status: 413 })
  })

  test('a body in base64 is the bytes that were sent', async () => {
    const { ask } = host()
    const sent = posted('/keys', FIRST, { name: 'for J\u00f6rg' })
    const bytes = Buffer.from(sent.body as string).toString('latin1')
    const reply = await ask(eventOf({ ...sent, body: bytes }))
    expect(reply).toMatchObject({ status: 201, json: { name: 'for J\u00f6rg' } })
  })

  test('the address is what AWS saw, and no field of the client', async () => {
    const { ask } = host()
    const draft = { name: 'from one place', surface: 'keys', type: 'full-access', addresses: ['192.0.2.0/24'] }
    const { json } = await ask(eventOf(posted('/keys', FIRST, draft)))
    const headers = [bearer(json.token), ['X-Forwarded-For', '192.0.2.7'] as const]
    const from = async (address: string | undefined) =>
      (await ask(eventOf({ target: '/_latchkey/whoami', headers, address }))).status
    expect([await from('192.0.2.7'), await from('203.0.113.7'), await from(undefined)]).toEqual([200, 403, 403])
  })
})

describe('a path', () => {
  const LIVE: Sent = { target: '/_latchkey/live' }
  const CUSTOM = { host: 'api.example', basePath: '/v1' }
  const statusOf = async (event: AdminEvent, options: Partial<AdminOptions> = {}) =>
    (await host(options).ask(event)).status

  test.each([
    ['of a function URL, whatever base path the APIs have', urlEvent(LIVE), '/v1', 200],
    ['of an HTTP API with a stage', httpEvent({ ...LIVE, stage: 'prod' }), '', 200],
    ['of an HTTP API with a stage, payload 1.0', http1Event({ ...LIVE, stage: 'prod' }), '', 200],
    ['of a REST API, which tells no stage', restEvent(LIVE), '', 200],
    ['of a REST API that begins like its stage', restEvent({ target: '/prod/_latchkey/live' }), '', 403],
    ['of a custom domain with its base path', httpEvent({ ...LIVE, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with its base path, payload 1.0', http1Event({ ...LIVE, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with its base path, REST', restEvent({ ...LIVE, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with a base path that nobody told', httpEvent({ ...LIVE, ...CUSTOM }), '', 403],
    ['of a custom domain with another base path', httpEvent({ ...LIVE, ...CUSTOM }), '/v2', 400],
    ['with an escape in it is no endpoint', urlEvent({ target: '/_latchkey/live%20' }), '', 403],
    ['with an escape that nobody needs is ambiguous', urlEvent({ target: '/_latchkey/l%69ve' }), '', 400],
    ['with dots in it is ambiguous', urlEvent({ target: '/_latchkey/x/../live' }), '', 400],
    ['that would be another one behind a fragment is ambiguous', urlEvent({ target: '/_latchkey/live#x' }), '', 400],
  ])('%s', async (_, event, basePath, status) => {
    expect(await statusOf(event, { basePath })).toBe(status)
  })

  test('is told without the base path that `apis` has for its API and stage', async () => {
    const document = { ...DOCUMENT, apis: [{ api: 'a1b2c3d4e5', stage: 'prod', basePath: '/v1' }] }
    const event = (stage: string) => httpEvent({ ...LIVE, ...CUSTOM, stage })
    expect([await statusOf(event('prod'), { document }), await statusOf(event('dev'), { document })]).toEqual([
      200, 403,
    ])
  })

  test('is told without the base path of the environment', async () => {
    vi.stubEnv('LATCHKEY_AWS_BASE_PATH', '/v1')
    expect(await statusOf(restEvent({ ...LIVE, ...CUSTOM }))).toBe(200)
  })
})

describe('an event', () => {
  const whole = urlEvent({ target: '/_latchkey/live' })

  test.each([
    ['nothing', undefined],
    ['text', 'live'],
    ['an empty object', {}],
    ['an authorizer', authorizerEvent({ method: 'GET', target: '/', headers: [] })],
    ['a load balancer', { httpMethod: 'GET', path: '/', requestContext: { elb: {} } }],
    ['a queue', { Records: [] }],
    ['a context that was cut off', { version: '2.0', rawPath: '/_latchkey/live', requestContext: {} }],
    ['a context that is null', { version: '2.0', rawPath: '/_latchkey/live', requestContext: null }],
    ['a later version', { ...whole, version: '3.0' }],
  ])('of %s is refused, and told once', async (_, event) => {
    const { ask, notices } = host()
    expect([(await ask(event)).status, (await ask(event)).status]).toEqual([400, 400])
    expect(notices()).toEqual(['refused an event that neither a function URL nor an API sends'])
  })

  test.each([
    ['a path', { ...whole, rawPath: null }],
    ['a method', { ...whole, requestContext: { ...whole.requestContext, http: {} } }],
    ['anything but its form', { version: '2.0', requestContext: { http: {} } }],
    ['anything but its older form', { httpMethod: 'GET', requestContext: { identity: {} } }],
    ['a path that is text', { ...whole, rawPath: 7 }],
  ])('without %s is ambiguous', async (_, event) => {
    expect(await host().ask(event)).toMatchObject({ status: 400 })
  })

  test('without fields, query, cookies and body is answered', async () => {
    const none = { headers: null, multiValueHeaders: null, cookies: null, rawQueryString: null, body: null }
    expect((await host().ask({ ...whole, ...none })).status).toBe(200)
    const rest = { ...restEvent({ target: '/_latchkey/live' }), ...none, queryStringParameters: null }
    expect((await host().ask(rest)).status).toBe(200)
  })

  test('holds nothing that is told when it cannot be answered', async () => {
    const said: unknown[] = []
    for (const method of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((...given) => said.push(given))
    }
    const { ask, sink } = host()
    const odd = [
      urlEvent({ target: `/_latchkey/whoami?token=${FIRST}`, headers: [['Authorization', `Bearer ${FIRST}\0`]] }),
      urlEvent({ method: 'TRACE', target: '/_latchkey/live', headers: [['bad name', FIRST]], body: FIRST }),
      urlEvent({ target: '/_latchkey/live', host: `not a host ${FIRST}`, body: FIRST }),
    ]
    for (const event of odd) expect((await ask(event)).status).toBeGreaterThanOrEqual(200)
    vi.restoreAllMocks()
    expect(JSON.stringify(said)).not.toContain(FIRST)
    expect(JSON.stringify(sink.events.map((event) => ({ ...event, host: '' })))).not.toContain(FIRST)
  })
})

describe('the administration fails closed', () => {
  test('without its table', async () => {
    environment('no-such-table')
    const { ask, notices } = host()
    const reply = await ask(urlEvent(posted('/keys', FIRST, { name: 'x' })))
    expect(reply).toMatchObject({ status: 503 })
    expect(JSON.stringify(notices())).not.toContain(FIRST)
  })

  test('while DynamoDB is down, which health tells', async () => {
    const draft = { name: 'of better days', surface: 'keys', type: 'full-access' }
    const { json } = await host().ask(urlEvent(posted('/keys', FIRST, draft)))
    environment('one', NOBODY)
    const { ask } = host()
    for (const token of [FIRST, json.token as string]) {
      expect(await ask(urlEvent(posted('/keys', token, { name: 'x' })))).toMatchObject({ status: 503 })
    }
    const health = await ask(urlEvent({ target: '/_latchkey/health' }))
    expect(health).toMatchObject({ status: 503, json: { failing: ['store'] } })
  })

  test('without a document, with a faulty one, and with a kind that nobody named; live still answers', async () => {
    const faulty = [{ document: undefined }, { document: { ...DOCUMENT, routes: [] } }, { verifiers: [] }]
    for (const options of faulty) {
      const { ask, notices } = host(options as Partial<AdminOptions>)
      expect((await ask(urlEvent({ target: '/_latchkey/whoami', headers: [bearer(FIRST)] }))).status).toBe(503)
      expect((await ask(urlEvent({ target: '/_latchkey/live' }))).status).toBe(200)
      expect(notices().join()).toContain('configuration fault')
    }
  })

  test('and LATCHKEY_AUTH opens nothing', async () => {
    vi.stubEnv('LATCHKEY_AUTH', 'disabled')
    const { ask, notices } = host()
    expect((await ask(urlEvent({ target: '/_latchkey/keys' }))).status).toBe(401)
    expect(notices()).toEqual(['LATCHKEY_AUTH is ignored here'])
  })

  test('with a document of its environment that is no JSON', async () => {
    vi.stubEnv('LATCHKEY_CONFIG', '{')
    const { ask } = host()
    expect((await ask(urlEvent({ target: '/_latchkey/whoami', headers: [bearer(FIRST)] }))).status).toBe(503)
  })
})

describe('webhooks', () => {
  let receiver: TestReceiver

  beforeEach(async () => {
    receiver = await testReceiver()
  })
  afterEach(() => receiver.stop())

  const withHook = () => ({ document: { ...DOCUMENT, webhooks: [{ url: receiver.url, secret: { secret: 'HOOK' } }] } })

  test('are told before the reply, as nothing runs behind it', async () => {
    const { ask } = host(withHook())
    expect((await ask(urlEvent(posted('/keys', FIRST, { name: 'told' })))).status).toBe(201)
    expect(receiver.count()).toBe(1)
    expect(JSON.parse((await receiver.next()).body)).toMatchObject({ data: { type: 'key-created', name: 'told' } })
  })

  test('that do not answer hold no reply for longer than the function has', async () => {
    const release = receiver.hold()
    const { ask } = host(withHook())
    const context = { getRemainingTimeInMillis: () => 600 }
    expect((await ask(urlEvent(posted('/keys', FIRST, { name: 'held' })), context)).status).toBe(201)
    release()
  })

  test('are told by a schedule what ends soon, once', async () => {
    // What was told is marked until an end, which the store compares with the time of day.
    const at = Math.floor(Date.now() / 1000)
    const { ask, handler } = host({ ...withHook(), now: () => at })
    const expiresAt = new Date((at + 86_400) * 1000).toISOString()
    await ask(urlEvent(posted('/keys', FIRST, { name: 'ending', expiresAt })))
    await receiver.next()
    const schedule = { 'detail-type': 'Scheduled Event', source: 'aws.events' } as const
    expect([await handler(schedule), await handler(schedule)]).toEqual([undefined, undefined])
    expect(receiver.count()).toBe(2)
    expect(JSON.parse((await receiver.next()).body)).toMatchObject({ data: { type: 'key-near-expiry' } })
  })
})

test('decisions are metrics where a variable names their namespace', async () => {
  vi.stubEnv('LATCHKEY_AWS_METRICS', 'latchkey/test')
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line))
  const handler = admin({ document: DOCUMENT, verifiers: [apiKey], secrets: env(SECRETS), now: () => NOW })
  await handler(urlEvent({ target: '/_latchkey/whoami', headers: [bearer(FIRST)] }))
  await handler(urlEvent({ target: '/orders' }))
  vi.restoreAllMocks()
  const [allowed, refused] = lines.map((line) => JSON.parse(line))
  expect(allowed).toMatchObject({ decision: 'allow', Allowed: 1, Refused: 0 })
  expect(refused).toMatchObject({ decision: 'deny', reason: 'route-unknown', Allowed: 0, Refused: 1 })
  expect(refused._aws.CloudWatchMetrics[1]).toMatchObject({ Namespace: 'latchkey/test', Dimensions: [['reason']] })
})

describe('tokens of its own', () => {
  const issuing: Document = {
    ...DOCUMENT,
    issuing: { issuer: 'https://api.example', keys: { secret: 'SIGNING_KEY' } },
    credentials: [...DOCUMENT.credentials, { kind: 'jwt', name: 'short', keys: { own: true } }],
  }

  test('are issued to who has a key, and judged by the authorizer', async () => {
    const shared = {
      document: issuing,
      verifiers: [apiKey, jwt],
      secrets: env({ ...SECRETS, SIGNING_KEY: JSON.stringify(KEYS.ec1) }),
    }
    const { ask } = host(shared)
    const draft = { name: 'agent', type: 'custom', permissions: ['orders.*'] }
    const key = (await ask(urlEvent(posted('/keys', FIRST, draft)))).json
    const body = 'grant_type=client_credentials&scope=orders.read'
    const headers = [bearer(key.token), ['Content-Type', 'application/x-www-form-urlencoded'] as const]
    const traded = await ask(urlEvent({ method: 'POST', target: '/_latchkey/token', headers, body }))
    expect(traded).toMatchObject({ status: 200, json: { scope: 'orders.read' } })
    expect((await ask(restEvent({ target: '/_latchkey/jwks.json' }))).json.keys).toHaveLength(1)

    const judging = authorizer({ ...shared, sink: memorySink(), now: () => NOW })
    const judged = async (method: string) => {
      const sent = { method, target: '/orders', headers: [bearer(traded.json.access_token)] }
      return judging(authorizerEvent(sent) as never)
    }
    expect([await judged('GET'), await judged('POST')]).toMatchObject([
      { isAuthorized: true, context: { kind: 'jwt' } },
      { isAuthorized: false, context: { reason: 'permission-missing' } },
    ])
  })
})

test('the name that AWS gives an API is no custom domain', () => {
  expect(httpEvent({ target: '/', stage: 'prod', host: API_HOST }).rawPath).toBe('/prod/')
})
