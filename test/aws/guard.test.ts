import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { GuardOptions, GuardReply, Identity } from '../../adapters/aws/guard/index.ts'
import { guard } from '../../adapters/aws/guard/index.ts'
import type { AuthorizerOptions } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { bearer, NOW } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'
import { documentWith, EDDSA, HS256, made, ORIGIN, SECRETS, signing } from '../identity/given.ts'
import { gateAt, originThat } from '../node/parts.ts'
import type { Sent } from './admin/events.ts'
import { API_HOST, http1Event, httpEvent, KINDS, restEvent, urlEvent } from './admin/events.ts'
import { httpEvent as authorizerHttpEvent, restEvent as authorizerRestEvent } from './events.ts'

/** One decision inside a function, whatever brings the request there. */

const { identity: _, proxies: __, ...DOCUMENT } = documentWith(EDDSA)
const FULL = [bearer(TOKENS.FULL)]

type Event = ReturnType<(typeof KINDS)[keyof typeof KINDS]>
type Fields = Readonly<Record<string, unknown>>

interface Answered {
  readonly status: number
  readonly fields: Fields
  readonly body: string
  readonly reason: string | undefined
}

/** A guarded function, what its handler was called with, and what the guard has told. */
function guarding(
  answer: unknown = { statusCode: 200, body: 'ok' },
  { secrets = SECRETS, ...options }: Partial<Omit<GuardOptions, 'secrets'>> & { secrets?: Record<string, string> } = {},
) {
  const sink = memorySink()
  const calls: unknown[][] = []
  const guarded = guard({ document: DOCUMENT, secrets: env(secrets), sink, now: () => NOW, ...options })
  const handler = guarded((...given: unknown[]) => {
    calls.push(given)
    return answer
  })
  const ask = async (event: Event): Promise<Answered> => answered(await handler(event as never))
  const notices = () => sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  const callers = () => calls.map(([, caller]) => caller as Identity)
  return { handler, ask, calls, callers, sink, notices }
}

function answered(given: unknown): Answered {
  const { statusCode, headers, multiValueHeaders, body } = given as GuardReply
  const fields = { ...headers, ...multiValueHeaders }
  const isProblem = String(fields['Content-Type']) === 'application/problem+json' && body !== ''
  const reason = isProblem ? JSON.parse(body).reason : undefined
  return { status: statusCode, fields, body, reason }
}

beforeEach(() => vi.stubEnv('LATCHKEY_AWS_BASE_PATH', undefined))

afterEach(() => vi.unstubAllEnvs())

describe.each(Object.entries(KINDS))('a request by an event of the kind %s', (_, eventOf) => {
  test('that is allowed reaches the handler: the event as it came, who called, and the rest', async () => {
    const { handler, calls } = guarding()
    const event = eventOf({ target: '/orders?a=1', headers: FULL, body: '{}' })
    const copy = structuredClone(event)
    const context = { awsRequestId: 'one' }
    await handler(event as never, context)
    expect(calls).toEqual([[event, expect.objectContaining({ kind: 'static-token', subject: 'full' }), context]])
    expect(calls[0]?.[0]).toBe(event)
    expect(event).toEqual(copy)
  })

  test('tells the handler what the caller may do, and nobody on a public route', async () => {
    const { ask, callers } = guarding()
    await ask(eventOf({ method: 'POST', target: '/orders/7', headers: [bearer(TOKENS.CUSTOM)] }))
    await ask(eventOf({ target: '/health', headers: FULL }))
    expect(callers()).toEqual([
      {
        kind: 'static-token',
        subject: 'some',
        name: 'some',
        type: 'custom',
        permissions: ['orders.read', 'orders.*'],
        owner: undefined,
        expiresAt: 1_893_456_000,
        claims: {},
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      { kind: 'anonymous', permissions: [], requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ])
  })

  test.each<[string, Sent, number, string]>([
    ['without a token', { target: '/orders' }, 401, 'credential-missing'],
    ['with an unknown one', { target: '/orders', headers: [bearer('nobody')] }, 401, 'token-unknown'],
    ['with two', { target: '/orders', headers: [...FULL, bearer('x')] }, 401, 'credential-malformed'],
    ['without the permission', { target: '/orders', headers: [bearer(TOKENS.CUSTOM)] }, 403, 'permission-missing'],
    ['to an ambiguous path', { target: '/orders/../x', headers: FULL }, 400, 'request-ambiguous'],
    ['to manage keys', { target: '/_latchkey/keys', headers: FULL }, 403, 'route-unknown'],
    [
      'with a name of who called',
      { target: '/orders', headers: [['X-Latchkey-Subject', 'full'] as const] },
      401,
      'credential-missing',
    ],
  ])('%s is refused, and never reaches the handler', async (_, sent, status, reason) => {
    const { ask, calls, sink } = guarding()
    const reply = await ask(eventOf(sent))
    expect([reply.status, reply.reason, calls.length]).toEqual([status, reason, 0])
    expect(String(reply.fields['Cache-Control'])).toBe('no-store')
    expect(JSON.stringify([reply, sink.events])).not.toContain(TOKENS.FULL)
    expect(sink.events.filter(({ type }) => type === 'decision')).toMatchObject([{ decision: 'deny', reason }])
  })

  test('is challenged, and HEAD gets no body', async () => {
    const { ask } = guarding()
    const get = await ask(eventOf({ target: '/orders' }))
    expect(String(get.fields['WWW-Authenticate'])).toBe('Bearer realm="api"')
    expect((await ask(eventOf({ method: 'HEAD', target: '/orders' }))).body).toBe('')
  })

  test('is answered by an endpoint of its own that anybody may ask', async () => {
    const { ask, calls } = guarding()
    const { status, body } = await ask(eventOf({ target: '/_latchkey/live' }))
    expect([status, JSON.parse(body), calls.length]).toEqual([200, { status: 'pass' }, 0])
  })

  test('is judged by the address that AWS saw, and by no field of the client', async () => {
    const { ask } = guarding(undefined, { document: { ...DOCUMENT, addresses: { allow: ['192.0.2.0/24'] } } })
    const headers = [...FULL, ['X-Forwarded-For', '192.0.2.7'] as const]
    const from = async (address: string | undefined) =>
      (await ask(eventOf({ target: '/orders', headers, address }))).status
    expect([await from('192.0.2.7'), await from('203.0.113.7'), await from(undefined)]).toEqual([200, 403, 403])
  })

  test('describes no other request, not even by a proxy that is trusted', async () => {
    const document: Document = { ...DOCUMENT, proxies: { addresses: ['192.0.2.1/32'], dialect: 'original' } }
    const { ask, calls, sink } = guarding(undefined, { document })
    const headers = [...FULL, ['X-Original-Method', 'GET'] as const, ['X-Original-URI', '/health'] as const]
    const sent = { target: '/_latchkey/verify', headers, address: '192.0.2.1' }
    expect((await ask(eventOf(sent))).status).toBe(403)
    expect(calls).toEqual([])
    expect(sink.events).toMatchObject([{ decision: 'deny', reason: 'route-unknown' }])
  })

  test('is refused where nothing can be judged, and the reason is told by its name', async () => {
    const { ask, calls, notices } = guarding(undefined, {
      now: () => {
        throw new RangeError(`the clock holds ${TOKENS.FULL}`)
      },
    })
    const reply = await ask(eventOf({ target: '/orders', headers: FULL }))
    expect([reply.status, reply.body, calls.length]).toEqual([503, '', 0])
    expect(String(reply.fields['Cache-Control'])).toBe('no-store')
    expect(notices()).toEqual(['a request failed closed: RangeError'])
  })

  test.each<[string, Partial<GuardOptions>, Record<string, string>]>([
    ['without a document', { document: undefined }, SECRETS],
    ['with a faulty one', { document: { credentials: 7 } as never }, SECRETS],
    ['without the value of its secret', {}, {}],
  ])('is refused %s', async (_, options, secrets) => {
    const { ask, calls } = guarding(undefined, { ...(options as object), secrets })
    expect(await ask(eventOf({ target: '/orders', headers: FULL }))).toMatchObject({ status: 503 })
    expect(calls).toEqual([])
  })
})

describe('a refusal', () => {
  const TWO: Document = {
    ...DOCUMENT,
    credentials: [
      {
        kind: 'static-token',
        tokens: { secret: 'FULL' },
        from: [
          { header: 'authorization', scheme: 'bearer' },
          { header: 'authorization', scheme: 'token' },
        ],
      },
    ],
  }
  const both = ['Bearer realm="api"', 'Token realm="api"']

  test('by payload 2.0 has one value of a field, by the older one a list, where the event has lists', async () => {
    const { handler } = guarding(undefined, { document: TWO })
    const { multiValueHeaders: _, ...single } = restEvent({ target: '/orders' })
    const replies = [urlEvent, httpEvent, restEvent, http1Event].map((eventOf) => eventOf({ target: '/orders' }))
    const [url, http, rest, http1, bare] = (await Promise.all(
      [...replies, single].map((event) => handler(event as never)),
    )) as GuardReply[]
    for (const reply of [url, http, bare]) {
      expect(reply).toMatchObject({ statusCode: 401, headers: { 'WWW-Authenticate': both.join(', ') } })
      expect(reply?.multiValueHeaders).toBeUndefined()
    }
    for (const reply of [rest, http1]) {
      expect(reply).toMatchObject({ statusCode: 401, multiValueHeaders: { 'WWW-Authenticate': both } })
      expect(reply?.headers).toBeUndefined()
    }
  })

  test('can be read by the pages of `cors`', async () => {
    const { ask } = guarding(undefined, { document: { ...DOCUMENT, cors: { origins: ['https://app.example'] } } })
    const { fields } = await ask(urlEvent({ target: '/orders', headers: [['Origin', 'https://app.example']] }))
    expect(fields).toMatchObject({ 'Access-Control-Allow-Origin': 'https://app.example', Vary: 'Origin' })
  })
})

describe("a handler's answer", () => {
  const allowed = (sent: Partial<Sent> = {}) => urlEvent({ target: '/orders', headers: FULL, ...sent })
  const rest = () => restEvent({ target: '/orders', headers: FULL })
  const ID = expect.stringMatching(/^[0-9a-f-]{36}$/)

  test('keeps what it has, and gets the request id and "private"', async () => {
    const answer = Object.freeze({
      statusCode: 201,
      headers: Object.freeze({ ETag: '"1"' }),
      cookies: ['a=b'],
      body: 'x',
      isBase64Encoded: true,
    })
    expect(await guarding(answer).handler(allowed() as never)).toEqual({
      ...answer,
      headers: { ETag: '"1"', 'X-Latchkey-Request-Id': ID, 'Cache-Control': 'private' },
    })
  })

  test.each([
    ['headers', { 'cache-control': 'public, max-age=60' }],
    ['headers', { 'CACHE-CONTROL': 'no-cache' }],
    ['multiValueHeaders', { 'Cache-control': ['public'] }],
  ])('says itself who may keep it, in %s', async (name, fields) => {
    const reply = await guarding({ statusCode: 200, [name]: fields, body: '' }).handler(rest() as never)
    const own = { 'X-Latchkey-Request-Id': ID }
    const expected = name === 'headers' ? { headers: { ...fields, ...own } } : { headers: own, [name]: fields }
    expect(reply).toEqual({ statusCode: 200, body: '', ...expected })
  })

  test('to nobody may be kept', async () => {
    const reply = await guarding({ statusCode: 200, body: '' }).handler(urlEvent({ target: '/health' }) as never)
    expect(reply).toEqual({ statusCode: 200, body: '', headers: { 'X-Latchkey-Request-Id': ID } })
  })

  test('has no request id of its own, however it is spelt', async () => {
    const own = { statusCode: 200, headers: { 'x-latchkey-request-ID': '1' }, body: '' }
    const lists = { multiValueHeaders: { 'X-LATCHKEY-REQUEST-ID': ['1'], 'Set-Cookie': ['a=b', 'c=d'] } }
    expect(await guarding({ ...own, ...lists }).handler(rest() as never)).toEqual({
      ...own,
      headers: { 'X-Latchkey-Request-Id': ID, 'Cache-Control': 'private' },
      multiValueHeaders: { 'Set-Cookie': ['a=b', 'c=d'] },
    })
  })

  test.each<[string, unknown, string]>([
    ['an object', { orders: [1] }, '{"orders":[1]}'],
    ['a list', [1, 2], '[1,2]'],
    ['text', 'hello', 'hello'],
    ['what has no status code', { body: 'x', statusCode: undefined }, '{"body":"x"}'],
  ])('that is %s is what payload 2.0 makes of it, and private', async (_, answer, body) => {
    for (const eventOf of [urlEvent, httpEvent]) {
      expect(await guarding(answer).handler(eventOf({ target: '/orders', headers: FULL }) as never)).toEqual({
        statusCode: 200,
        headers: { 'Content-Type': 'application/json', 'X-Latchkey-Request-Id': ID, 'Cache-Control': 'private' },
        body,
        isBase64Encoded: false,
      })
    }
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
  ])('that is %s is left alone', async (_, answer) => {
    expect(await guarding(answer ?? null).handler(allowed() as never)).toBe(answer ?? null)
  })

  test.each([
    ['an object', { orders: [1] }],
    ['text', 'hello'],
  ])('that is %s is none of the older format, and left alone', async (_, answer) => {
    expect(await guarding(answer).handler(rest() as never)).toBe(answer)
  })

  test('may come later, and what its handler throws is what the function throws', async () => {
    const guarded = guard({ document: DOCUMENT, secrets: env(SECRETS), sink: memorySink(), now: () => NOW })
    const later = guarded(async () => ({ statusCode: 204, body: '' }))
    expect(await later(allowed() as never)).toMatchObject({ statusCode: 204 })
    const broken = guarded(() => {
      throw new Error('mine')
    })
    await expect(broken(allowed() as never)).rejects.toThrow('mine')
  })

  test('has the type of the handler, or of a reply', () => {
    interface V2 {
      readonly version: string
      readonly rawPath: string
      readonly headers: Record<string, string | undefined>
      readonly body?: string
      readonly isBase64Encoded: boolean
      readonly requestContext: { readonly http: { readonly method: string } }
    }
    interface Context {
      readonly awsRequestId: string
    }
    interface Result {
      statusCode: number
      headers?: { [name: string]: boolean | number | string } | undefined
      multiValueHeaders?: { [name: string]: (boolean | number | string)[] } | undefined
      body: string
    }
    const guarded = guard({ document: DOCUMENT })
    const handler = guarded(async (event: V2, caller, context: Context): Promise<Result> => {
      expectTypeOf(caller).toEqualTypeOf<Identity>()
      return { statusCode: 200, body: event.rawPath + context.awsRequestId }
    })
    expectTypeOf(handler).parameters.toEqualTypeOf<[event: V2, context: Context]>()
    expectTypeOf(handler).returns.resolves.toExtend<Result>()
    guarded((event, caller) => {
      expectTypeOf(event.headers).toEqualTypeOf<Readonly<Record<string, string | undefined>> | null | undefined>()
      expectTypeOf(caller).toEqualTypeOf<Identity>()
      return 'text'
    })
  })
})

describe('a path', () => {
  const CUSTOM = { host: 'api.example', basePath: '/v1' }
  const headers = [bearer(TOKENS.CUSTOM)]
  const SENT = { method: 'POST', target: '/orders/7', headers }

  test.each([
    ['of a function URL, whatever base path the APIs have', urlEvent(SENT), '/v1', 200],
    ['of an HTTP API with a stage', httpEvent({ ...SENT, stage: 'prod' }), '', 200],
    ['of an HTTP API with a stage, payload 1.0', http1Event({ ...SENT, stage: 'prod' }), '', 200],
    ['of a REST API, which tells no stage', restEvent(SENT), '', 200],
    ['of a custom domain with its base path', httpEvent({ ...SENT, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with its base path, payload 1.0', http1Event({ ...SENT, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with its base path, REST', restEvent({ ...SENT, ...CUSTOM }), '/v1', 200],
    ['of a custom domain with another base path', restEvent({ ...SENT, ...CUSTOM }), '/v2', 400],
    ['of a custom domain with a base path that nobody told', restEvent({ ...SENT, ...CUSTOM }), '', 403],
    // An HTTP API has decoded these: a function behind it sees what is judged.
    ['that an HTTP API has decoded', httpEvent({ ...SENT, target: '/orders/a b' }), '', 200],
    ['that an HTTP API has decoded, payload 1.0', http1Event({ ...SENT, target: '/orders/a b' }), '', 200],
    ['with an escape left by an HTTP API', httpEvent({ ...SENT, target: '/orders/a%2Fb' }), '', 400],
    ['with an encoded slash of a function URL', urlEvent({ ...SENT, target: '/orders/a%2Fb' }), '', 400],
    ['with an encoded slash of a REST API', restEvent({ ...SENT, target: '/orders/a%2Fb' }), '', 400],
    ['with a blank that a function URL would have encoded', urlEvent({ ...SENT, target: '/orders/a b' }), '', 400],
  ])('%s', async (_, event, basePath, status) => {
    expect((await guarding(undefined, { basePath }).ask(event as Event)).status).toBe(status)
  })

  test('with a question mark that an HTTP API has decoded is no other path', async () => {
    const { ask, callers } = guarding()
    const event = { ...httpEvent(SENT), rawPath: '/health?x' }
    expect(await ask(event)).toMatchObject({ status: 403, reason: 'permission-missing' })
    expect(callers()).toEqual([])
  })

  test('is told without the base path of `apis`, and of the environment', async () => {
    const document = { ...DOCUMENT, apis: [{ api: 'a1b2c3d4e5', stage: 'prod', basePath: '/v1' }] }
    expect((await guarding(undefined, { document }).ask(restEvent({ ...SENT, ...CUSTOM }))).status).toBe(200)
    vi.stubEnv('LATCHKEY_AWS_BASE_PATH', '/v1')
    expect((await guarding().ask(restEvent({ ...SENT, ...CUSTOM }))).status).toBe(200)
  })

  test('without which an event came is ambiguous', async () => {
    const { ask } = guarding()
    expect(await ask({ ...urlEvent(SENT), rawPath: null })).toMatchObject({ status: 400 })
    expect(await ask({ ...restEvent(SENT), path: null })).toMatchObject({ status: 400 })
    expect(await ask({ ...restEvent({ ...SENT, host: API_HOST }), path: '' })).toMatchObject({ status: 400 })
  })
})

describe('an event', () => {
  test.each([
    ['nothing', undefined],
    ['text', 'orders'],
    ['an authorizer', authorizerHttpEvent({ method: 'GET', target: '/orders', headers: FULL })],
    ['a load balancer', { httpMethod: 'GET', path: '/health', headers: {}, requestContext: { elb: {} } }],
    ['a WebSocket API', { headers: {}, requestContext: { routeKey: '$connect', identity: {} } }],
    ['a queue', { Records: [{ body: TOKENS.FULL }] }],
    ['a schedule', { 'detail-type': 'Scheduled Event' }],
    ['a later version', { ...urlEvent({ target: '/health' }), version: '3.0' }],
    ['a context that was cut off', { version: '2.0', rawPath: '/health', requestContext: {} }],
  ])('of %s is thrown at, and never reaches the handler', async (_, event) => {
    const { handler, calls } = guarding()
    await expect(handler(event as never)).rejects.toThrow(
      /^a guarded handler takes the events of function URLs, HTTP APIs and REST APIs only$/,
    )
    expect(calls).toEqual([])
  })
})

test('functions of one module share what the document is made into, by the first request, or by the next one if that fails', async () => {
  let asked = 0
  const options: GuardOptions = {
    get document() {
      asked++
      if (asked === 1) throw new RangeError('not yet')
      return DOCUMENT
    },
    secrets: env(SECRETS),
    sink: memorySink(),
    now: () => NOW,
  }
  const guarded = guard(options)
  const [one, two] = [guarded(() => 'one'), guarded(() => 'two')]
  expect(asked).toBe(0)
  const event = urlEvent({ target: '/orders', headers: FULL })
  expect(await one(event as never)).toMatchObject({ statusCode: 503 })
  expect([await one(event as never), await two(event as never)]).toMatchObject([{ body: 'one' }, { body: 'two' }])
  expect(asked).toBe(2)
})

describe('behind an authorizer of the same document', () => {
  const options: AuthorizerOptions = { document: DOCUMENT, secrets: env(SECRETS), sink: memorySink(), now: () => NOW }

  test.each([
    ['an HTTP API', authorizerHttpEvent, httpEvent],
    ['a REST API', authorizerRestEvent, restEvent],
  ] as const)('of %s the credential is judged again, as that passes it on', async (_, asking, bringing) => {
    const sent = { method: 'GET', target: '/orders', headers: FULL, host: API_HOST }
    const { context } = await authorizer(options)(asking(sent) as never)
    const { ask, callers } = guarding()
    const event = bringing(sent)
    const requestContext = { ...event.requestContext, authorizer: context }
    expect((await ask({ ...event, requestContext } as Event)).status).toBe(200)
    expect(callers()).toMatchObject([{ subject: 'full' }])
    // What the authorizer says of itself opens nothing.
    const without = bringing({ ...sent, headers: [] })
    expect(await ask({ ...without, requestContext } as Event)).toMatchObject({ status: 401 })
  })
})

describe('behind a gate of the same document', () => {
  const { proxies: _, ...SIGNED } = documentWith(EDDSA)

  test.each([
    ['EdDSA', EDDSA],
    ['HS256', HS256],
  ])('a request is known by what that has signed: %s', async (_, identity) => {
    const { ask, callers, sink } = guarding(undefined, { document: documentWith(identity) })
    for (const eventOf of Object.values(KINDS)) {
      const signed = await signing(identity).identity({ target: '/orders/7?x=1' })
      const shown = ['X-Latchkey-Identity', signed] as const
      const passed = await ask(eventOf({ target: '/orders/7?x=2', headers: [shown] }))
      expect(passed).toMatchObject({ status: 200, fields: { 'Cache-Control': 'private' } })
      expect(await ask(eventOf({ target: '/orders/8', headers: [shown] }))).toMatchObject({ status: 401 })
      expect(await ask(eventOf({ method: 'PUT', target: '/orders/7', headers: [shown] }))).toMatchObject({
        status: 401,
      })
      expect(await ask(eventOf({ target: '/orders/7', headers: [shown, shown] }))).toMatchObject({ status: 401 })
    }
    expect(callers().map((caller) => caller.kind !== 'anonymous' && caller.subject)).toEqual(Array(4).fill('full'))
    // The gate has logged what passed.
    expect(sink.events.filter((event) => event.type === 'decision' && event.decision === 'allow')).toEqual([])
  })

  test('a path that an HTTP API decodes is the one that was signed', async () => {
    const { ask } = guarding(undefined, { document: SIGNED })
    const shown = ['X-Latchkey-Identity', await signing().identity({ target: '/orders/a%20%C3%BC' })] as const
    expect(await ask(httpEvent({ target: '/orders/a \u00fc', headers: [shown] }))).toMatchObject({ status: 200 })
    expect(await ask(urlEvent({ target: '/orders/a%20%C3%BC', headers: [shown] }))).toMatchObject({ status: 200 })
  })

  test('a path that a stage was put before is another one', async () => {
    const { ask } = guarding(undefined, { document: SIGNED })
    const shown = ['X-Latchkey-Identity', await signing().identity({ target: '/prod/orders' })] as const
    const stage = { target: '/orders', headers: [shown], stage: 'prod' }
    expect(await ask(httpEvent(stage))).toMatchObject({ status: 401, reason: 'credential-missing' })
  })

  test('what anybody could have signed opens nothing', async () => {
    const { ask, calls, sink } = guarding(undefined, { document: SIGNED })
    const headers = [['X-Latchkey-Identity', made()] as const]
    expect(await ask(urlEvent({ target: '/orders', headers }))).toMatchObject({ status: 401 })
    expect(calls).toEqual([])
    expect(JSON.stringify(sink.events)).not.toContain('eyJ')
  })

  test('on Node, over HTTP: the credential stays there, and who called arrives', async () => {
    const { handler, callers } = guarding(undefined, { document: SIGNED, now: () => Date.now() / 1000 })
    const origin = await originThat(async (request, response) => {
      const { method = '', url = '', rawHeaders } = request
      const headers = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name, rawHeaders[at + 1] as string] as const] : [],
      )
      expect(JSON.stringify(headers)).not.toContain(TOKENS.FULL)
      const own = headers.filter(([name]) => name.toLowerCase() !== 'host')
      const reply = (await handler(urlEvent({ method, target: url, headers: own }) as never)) as GuardReply
      response.writeHead(reply.statusCode, reply.headers).end(reply.body)
    })
    const gate = await gateAt(origin.url, SIGNED, { secrets: env(SECRETS) })
    const authorization = `Bearer ${TOKENS.FULL}`
    const passed = await fetch(`${gate.url}/orders/7?x=1`, { headers: { authorization } })
    expect([passed.status, passed.headers.get('cache-control')]).toEqual([200, 'private'])
    expect((await fetch(`${gate.url}/health`)).status).toBe(200)
    const around = await fetch(`${origin.url}/orders/7`)
    expect(around.status).toBe(401)
    expect(callers()).toMatchObject([{ subject: 'full' }, { kind: 'anonymous' }])
    expect(SIGNED.identity?.publicOrigin).toBe(ORIGIN)
  })
})
