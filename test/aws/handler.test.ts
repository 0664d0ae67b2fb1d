import { afterEach, describe, expect, test, vi } from 'vitest'
import type { GatewayEvent, HttpRequestEvent, RestRequestEvent } from '../../adapters/aws/event.ts'
import type { AuthorizerOptions, PolicyAnswer } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Sent } from './events.ts'
import { httpEvent, restEvent, tokenEvent } from './events.ts'

const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const DOCUMENT: Document = {
  credentials: [
    { kind: 'static-token', name: 'full', tokens: { secret: 'T_FULL' }, type: 'full-access' },
    {
      kind: 'static-token',
      name: 'reader',
      tokens: { secret: 'T_CUSTOM', until: '2027-01-01T00:00:00Z' },
      type: 'custom',
      permissions: ['orders.find', 'a%b'],
    },
  ],
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/admin/*', surface: 'admin' },
    { path: '/orders', methods: ['GET'], permission: 'orders.find' },
    { path: '/*' },
  ],
}
const SECRETS = { T_FULL: TOKEN, T_CUSTOM: `custom-${TOKEN}` }
const BEARER: Sent['headers'] = [['Authorization', `Bearer ${TOKEN}`]]
const GET: Sent = { method: 'GET', target: '/orders', headers: BEARER }

function host(options: Partial<AuthorizerOptions> = {}) {
  const sink = memorySink()
  const handler = authorizer({ document: DOCUMENT, secrets: env(SECRETS), sink, now: () => 1_780_000_000, ...options })
  const notices = () => sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { handler: (event: unknown) => handler(event as GatewayEvent), sink, notices }
}

function http(sent: Sent, event: Partial<HttpRequestEvent> = {}): HttpRequestEvent {
  return { ...(httpEvent(sent) as HttpRequestEvent), ...event }
}

/** What API Gateway would make of the answer, and why. */
async function outcome(answer: Promise<unknown>): Promise<string> {
  try {
    const { isAuthorized, policyDocument, context } = (await answer) as PolicyAnswer & { isAuthorized?: boolean }
    const isAllowed = isAuthorized ?? policyDocument.Statement[0].Effect === 'Allow'
    return isAllowed ? 'allowed' : `denied: ${context.reason}`
  } catch (error) {
    return `thrown: ${(error as Error).message}`
  }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('an answer', () => {
  const identity = {
    subject: 'full',
    owner: '',
    kind: 'static-token',
    type: 'full-access',
    name: 'full',
    permissions: '',
    expires: '',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    reason: '',
  }
  const policy = (effect: string, arn: string) => ({
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: arn }],
  })

  test.each([
    ['TOKEN', tokenEvent(GET)],
    ['REQUEST', restEvent(GET)],
  ])('to a REST API (%s) is a policy for exactly what was judged, and who called', async (_, event) => {
    expect(await host().handler(event)).toEqual({
      principalId: 'full',
      policyDocument: policy('Allow', event.methodArn),
      context: identity,
    })
  })

  test('to an HTTP API is a yes, and who called', async () => {
    expect(await host().handler(http(GET))).toEqual({ isAuthorized: true, context: identity })
  })

  test('to an HTTP API without simple responses is a policy', async () => {
    const event = http({ ...GET, stage: '$default' })
    expect(await host({ httpApiReply: 'iam' }).handler(event)).toEqual({
      principalId: 'full',
      policyDocument: policy('Allow', event.routeArn),
      context: identity,
    })
  })

  test('has only flat texts in its context, each in the form of the identity headers', async () => {
    const headers: Sent['headers'] = [['Authorization', `Bearer ${SECRETS.T_CUSTOM}`]]
    const { context } = (await host().handler(restEvent({ ...GET, headers }))) as PolicyAnswer
    expect(context).toEqual({
      ...identity,
      subject: 'reader',
      name: 'reader',
      type: 'custom',
      permissions: 'orders.find a%25b',
      expires: '1798761600',
    })
  })

  test.each([
    ['a public route', { ...GET, target: '/health', headers: [] }],
    [
      'a preflight',
      {
        ...GET,
        method: 'OPTIONS',
        headers: [
          ['Origin', 'https://app.example'],
          ['Access-Control-Request-Method', 'GET'],
        ],
      } satisfies Sent,
    ],
  ] as [string, Sent][])('to %s is yes, for nobody', async (_, sent) => {
    const nobody = { ...identity, subject: '', kind: '', type: '', name: '' }
    expect(await host().handler(restEvent(sent))).toMatchObject({ principalId: 'anonymous', context: nobody })
    expect(await host().handler(http(sent))).toEqual({ isAuthorized: true, context: nobody })
  })

  const wrong: Sent = { ...GET, headers: [['Authorization', 'Bearer of nothing']] }
  const unknown: Sent = { ...GET, headers: [['Authorization', `Bearer ${TOKEN}x`]] }
  const foreign: Sent = { ...GET, target: '/admin/users' }
  const ambiguous: Sent = { ...GET, target: '/a/../orders' }
  test.each<[reason: string, sent: Sent, rest: string, http: string]>([
    ['credential-missing', { ...GET, headers: [] }, 'thrown: Unauthorized', 'denied: credential-missing'],
    ['credential-malformed', wrong, 'thrown: Unauthorized', 'denied: credential-malformed'],
    ['token-unknown', unknown, 'thrown: Unauthorized', 'denied: token-unknown'],
    ['surface-mismatch', foreign, 'denied: surface-mismatch', 'denied: surface-mismatch'],
    ['request-ambiguous', ambiguous, 'denied: request-ambiguous', 'denied: request-ambiguous'],
  ])('to a refusal with %s is worded as each API needs it', async (reason, sent, asRest, asHttp) => {
    const { handler, sink } = host()
    expect(await outcome(handler(restEvent(sent)))).toBe(asRest)
    expect(await outcome(handler(http(sent)))).toBe(asHttp)
    expect(await outcome(host({ httpApiReply: 'iam' }).handler(http(sent)))).toBe(asHttp)
    expect(sink.events).toMatchObject([{ reason }, { reason }])
  })

  test('to a refusal names nobody, even where the caller is known', async () => {
    const { principalId, context } = (await host().handler(restEvent(foreign))) as PolicyAnswer
    expect(principalId).toBe('anonymous')
    expect(context).toMatchObject({ subject: '', name: '', type: '', reason: 'surface-mismatch' })
  })

  test('to a missing credential is 403 where the document says so', async () => {
    const document: Document = { ...DOCUMENT, refusals: { dialect: 'strapi', missing: 403 } }
    const event = restEvent({ ...GET, headers: [] })
    expect(await outcome(host({ document }).handler(event))).toBe('denied: credential-missing')
  })

  test('to a gate that is not configured is thrown on every API, so that nothing is cached', async () => {
    const { handler } = host({ secrets: env({}) })
    for (const event of [tokenEvent(GET), restEvent(GET), http(GET)]) {
      expect(await outcome(handler(event))).toBe('thrown: latchkey: not-configured')
    }
  })

  test('to a source of secrets that is down is thrown', async () => {
    const secrets = { get: () => Promise.reject(new Error(TOKEN)) }
    const { handler, sink } = host({ secrets })
    expect(await outcome(handler(restEvent(GET)))).toBe('thrown: latchkey: dependency-unavailable')
    expect(JSON.stringify(sink.events)).not.toContain(TOKEN)
  })
})

describe('a faulty document', () => {
  const document = { credentials: [], routes: [], sesame: true } as unknown as Document

  test.each([['/orders'], ['/_latchkey/live'], ['/_latchkey/health']])('refuses %s', async (target) => {
    const { handler } = host({ document })
    for (const event of [tokenEvent({ ...GET, target }), restEvent({ ...GET, target }), http({ ...GET, target })]) {
      expect(await outcome(handler(event))).toBe('thrown: latchkey: not-configured')
    }
  })

  test('tells its faults, each once', async () => {
    const { handler, notices } = host({ document })
    await outcome(handler(tokenEvent(GET)))
    await outcome(handler(tokenEvent(GET)))
    const about = notices().map((message) => /at (\S+):/.exec(message)?.[1])
    expect(about).toContain('/sesame')
    expect(new Set(notices()).size).toBe(notices().length)
  })

  test('is one that cannot be read', async () => {
    vi.stubEnv('LATCHKEY_CONFIG', '{"credentials": [')
    expect(await outcome(host().handler(restEvent(GET)))).toBe('thrown: latchkey: not-configured')
  })
})

describe('bad input', () => {
  test.each<[name: string, event: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'TOKEN'],
    ['an empty object', {}],
    ['an invocation of an API', { version: '2.0', routeKey: 'GET /orders', rawPath: '/orders', requestContext: {} }],
    ['an AppSync event without a query', { authorizationToken: 'x', requestContext: { apiId: 'x' } }],
    ['a TOKEN event without ARN', { type: 'TOKEN', authorizationToken: `Bearer ${TOKEN}` }],
    ['an ARN that is no text', { ...restEvent(GET), methodArn: 7 }],
    ['an HTTP event without ARN', { ...http(GET), routeArn: undefined }],
    ['a version that is not known', { ...restEvent(GET), version: '3.0' }],
    ['a REST event that claims version 2.0', { ...restEvent(GET), version: '2.0' }],
    ['a type that is not known', { ...restEvent(GET), type: 'CONNECT' }],
  ])('of no known shape is refused and told once: %s', async (_, event) => {
    const { handler, notices } = host()
    expect(await outcome(handler(event))).toBe('thrown: latchkey: not-configured')
    expect(await outcome(handler(event))).toBe('thrown: latchkey: not-configured')
    expect(notices()).toHaveLength(1)
  })

  const context = (change: object) => ({ requestContext: { ...http(GET).requestContext, ...change } })
  const arn = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5'
  test.each<[name: string, event: unknown, expected: string]>([
    ['REST: no path', { ...restEvent(GET), path: null }, 'denied: request-ambiguous'],
    ['REST: a path that is no text', { ...restEvent(GET), path: 7 }, 'denied: request-ambiguous'],
    ['REST: no method', { ...restEvent(GET), httpMethod: undefined }, 'denied: request-ambiguous'],
    ['REST: another method than its ARN', { ...restEvent(GET), httpMethod: 'PUT' }, 'denied: request-ambiguous'],
    ['REST: another path than its ARN', { ...restEvent(GET), path: '/other' }, 'denied: request-ambiguous'],
    ['REST: an ARN cut off', { ...restEvent(GET), methodArn: `${arn}/prod` }, 'denied: request-ambiguous'],
    ['REST: an ARN of something else', { ...restEvent(GET), methodArn: 'arn:aws:s3:::x' }, 'denied: request-ambiguous'],
    ['REST: no headers', { ...restEvent(GET), headers: null, multiValueHeaders: null }, 'thrown: Unauthorized'],
    [
      'REST: headers that are no object',
      { ...restEvent(GET), headers: 'x', multiValueHeaders: 7 },
      'thrown: Unauthorized',
    ],
    ['REST: no context', { ...restEvent(GET), requestContext: null }, 'allowed'],
    [
      'REST: neither host nor domain',
      {
        ...restEvent(GET),
        requestContext: null,
        headers: null,
        multiValueHeaders: { Authorization: [`Bearer ${TOKEN}`] },
      },
      'denied: request-ambiguous',
    ],
    [
      'REST: two tokens',
      restEvent({ ...GET, headers: [...BEARER, ['authorization', 'Bearer x']] }),
      'thrown: Unauthorized',
    ],
    ['REST: the same token twice', restEvent({ ...GET, headers: [...BEARER, ...BEARER] }), 'thrown: Unauthorized'],
    [
      'REST: the stage in the path, as a mapping without stage leaves it',
      { ...restEvent(GET), path: '/prod/orders' },
      'denied: request-ambiguous',
    ],
    [
      'REST: a WebSocket $connect',
      { ...restEvent(GET), path: undefined, httpMethod: undefined },
      'denied: request-ambiguous',
    ],
    ['TOKEN: no token', { ...tokenEvent(GET), authorizationToken: undefined }, 'thrown: Unauthorized'],
    ['TOKEN: a token that is no text', { ...tokenEvent(GET), authorizationToken: {} }, 'thrown: Unauthorized'],
    ['TOKEN: an ARN cut off', { ...tokenEvent(GET), methodArn: `${arn}/prod` }, 'denied: request-ambiguous'],
    ['HTTP: no path', http(GET, { rawPath: null }), 'denied: request-ambiguous'],
    ['HTTP: no context', http(GET, { requestContext: null }), 'denied: request-ambiguous'],
    ['HTTP: no method', { ...http(GET), ...context({ http: null }) }, 'denied: request-ambiguous'],
    ['HTTP: no headers', http(GET, { headers: null }), 'denied: credential-missing'],
    ['HTTP: two tokens', http({ ...GET, headers: [...BEARER, ...BEARER] }), 'denied: credential-malformed'],
    ['HTTP: an ARN of something else', http(GET, { routeArn: 'arn:aws:s3:::x' }), 'denied: request-ambiguous'],
    [
      'HTTP: no stage on a domain of AWS',
      { ...http(GET), ...context({ stage: null, domainName: 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com' }) },
      'denied: request-ambiguous',
    ],
    [
      'HTTP: another stage than the one in the path',
      {
        ...http(GET, { rawPath: '/prod/orders' }),
        ...context({ stage: 'dev', domainName: 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com' }),
      },
      'denied: request-ambiguous',
    ],
  ])('fails closed: %s', async (_, event, expected) => {
    expect(await outcome(host().handler(event))).toBe(expected)
  })

  test.each([
    ['*', '/files/*'],
    ['?', '/files/a?'],
    ['$', '/files/$' + '{aws:username}'],
  ])('never lets a %s of a path into a policy that allows', async (character, path) => {
    const methodArn = `${arn}/prod/GET${path}`
    const rest = { ...restEvent(GET), path: path.replace('?', '%3F').replace(/[{}]/g, ''), methodArn }
    const iam = http(GET, { rawPath: path, routeArn: methodArn })
    for (const event of [{ ...tokenEvent(GET), methodArn }, rest, iam]) {
      const { handler, sink } = host({ httpApiReply: 'iam' })
      expect(await outcome(handler(event)), character).toBe('denied: request-ambiguous')
      expect(sink.events).toContainEqual(expect.objectContaining({ type: 'decision', decision: 'deny' }))
    }
  })

  test('lets the console of API Gateway, which asks for every stage and method, have no policy for them', async () => {
    for (const methodArn of [`${arn}/*/GET/orders`, `${arn}/prod/*/orders`, `${arn}/*/*/*`]) {
      expect(await outcome(host().handler({ ...tokenEvent(GET), methodArn }))).toBe('denied: request-ambiguous')
    }
  })

  test('with a wildcard in its path passes an HTTP API with simple responses, which needs no policy', async () => {
    expect(await outcome(host().handler(http({ ...GET, target: '/files/*' })))).toBe('allowed')
  })

  test('never shows a token', async () => {
    const { handler, sink } = host()
    const answers = await Promise.all([restEvent(GET), tokenEvent(GET), http(GET)].map((event) => handler(event)))
    await outcome(handler({ ...restEvent(GET), path: `/x?${TOKEN}` }))
    expect(JSON.stringify([answers, sink.events])).not.toContain(TOKEN)
  })
})

describe('a TOKEN authorizer', () => {
  const full = { kind: 'static-token', tokens: { secret: 'T_FULL' }, type: 'full-access' } as const

  test('reads the one header of the document', async () => {
    const document: Document = { ...DOCUMENT, credentials: [{ ...full, from: [{ header: 'X-Api-Key' }] }] }
    const event = tokenEvent({ ...GET, headers: [['x-api-key', TOKEN]] }, 'x-api-key')
    expect(await outcome(host({ document }).handler(event))).toBe('allowed')
  })

  test.each<[name: string, change: Partial<Document>]>([
    ['two headers', { credentials: [{ ...full, from: [{ header: 'x-api-key' }, { header: 'x-token' }] }] }],
    [
      'two places in one header',
      {
        credentials: [{ ...full, from: [{ header: 'authorization', scheme: 'bearer' }, { header: 'authorization' }] }],
      },
    ],
    ['a cookie', { credentials: [{ ...full, from: [{ cookie: 'session' }] }] }],
    ['a header and a query', { credentials: [{ ...full, from: [{ header: 'x-api-key' }, { query: 'key' }] }] }],
    ['addresses', { addresses: { allow: ['10.0.0.0/8'] } }],
  ])('cannot serve a document with %s, and says so once', async (_, change) => {
    const { handler, notices, sink } = host({ document: { ...DOCUMENT, ...change } })
    for (const target of ['/orders', '/health']) {
      expect(await outcome(handler(tokenEvent({ ...GET, target })))).toBe('thrown: latchkey: not-configured')
    }
    expect(notices().filter((message) => message.includes('TOKEN'))).toHaveLength(1)
    expect(sink.events.filter(({ type }) => type === 'decision')).toHaveLength(2)
  })
})

describe('a deployment', () => {
  test('behind a base path says so in a variable', async () => {
    const sent: Sent = { ...GET, basePath: '/v1' }
    vi.stubEnv('LATCHKEY_AWS_BASE_PATH', '/v1')
    expect(await outcome(host().handler(restEvent(sent)))).toBe('allowed')
    expect(await outcome(host().handler(http(sent)))).toBe('allowed')
  })

  test.each(['v1', '/v1/', '/', '/v2'])(
    'that names its base path wrongly refuses, and is told so: %s',
    async (wrong) => {
      const { handler, notices } = host({ basePath: wrong })
      expect(await outcome(handler(restEvent({ ...GET, basePath: '/v1' })))).toBe('denied: request-ambiguous')
      expect(notices().join()).toContain('LATCHKEY_AWS_BASE_PATH')
    },
  )

  test('that forgot its base path refuses, and is told how to name it', async () => {
    const sent: Sent = { ...GET, basePath: '/v1', target: '/admin/users' }
    for (const event of [restEvent(sent), http(sent)]) {
      const { handler, notices } = host()
      expect(await outcome(handler(event))).toBe('denied: request-ambiguous')
      expect(notices().join()).toContain('LATCHKEY_AWS_BASE_PATH')
    }
  })

  test('chooses policies for HTTP APIs by a variable', async () => {
    vi.stubEnv('LATCHKEY_AWS_REPLY', 'iam')
    expect(await host().handler(http(GET))).toHaveProperty('policyDocument')
  })

  test('may have its document in a variable, which goes before the one of the bundle', async () => {
    vi.stubEnv('LATCHKEY_CONFIG', JSON.stringify({ ...DOCUMENT, routes: [{ path: '/only' }] }))
    expect(await outcome(host().handler(restEvent(GET)))).toBe('denied: route-unknown')
  })

  test('has its secrets in the environment of the function', async () => {
    vi.stubEnv('T_FULL', TOKEN)
    const handler = authorizer({ document: DOCUMENT, sink: memorySink() })
    expect(await outcome(handler(restEvent(GET)))).toBe('allowed')
  })

  test('is not opened by LATCHKEY_AUTH, and says so', async () => {
    vi.stubEnv('LATCHKEY_AUTH', 'disabled')
    const { handler, notices } = host()
    expect(await outcome(handler(restEvent({ ...GET, headers: [] })))).toBe('thrown: Unauthorized')
    expect(notices()).toEqual([expect.stringContaining('LATCHKEY_AUTH')])
  })

  test('does not believe what "proxies" of the document says of other hosts', async () => {
    const document: Document = {
      ...DOCUMENT,
      addresses: { allow: ['10.0.0.0/8'] },
      proxies: { addresses: ['203.0.113.0/24'] },
    }
    const sent: Sent = { ...GET, headers: [...BEARER, ['X-Forwarded-For', '10.0.0.1']] }
    expect(await outcome(host({ document }).handler(restEvent(sent)))).toBe('denied: address-refused')
  })

  test("has no endpoints of Latchkey's own, and no route opens what lies there", async () => {
    for (const target of ['/_latchkey/live', '/_latchkey/health', '/_latchkey/whoami', '/_latchkey/verify/orders']) {
      expect(await outcome(host().handler(restEvent({ ...GET, target })))).toBe('denied: route-unknown')
    }
  })
})

describe('the address of the caller', () => {
  const document: Document = { ...DOCUMENT, addresses: { allow: ['203.0.113.0/24'] } }

  test.each<[name: string, address: string, expected: string]>([
    ['is listed', '203.0.113.9', 'allowed'],
    ['is another', '198.51.100.1', 'denied: address-refused'],
  ])('decides where it %s', async (_, address, expected) => {
    expect(await outcome(host({ document }).handler(restEvent({ ...GET, address })))).toBe(expected)
    expect(await outcome(host({ document }).handler(http({ ...GET, address })))).toBe(expected)
  })

  test('is refused where it is not known', async () => {
    const event: RestRequestEvent = { ...restEvent(GET), requestContext: { domainName: 'api.example' } }
    expect(await outcome(host({ document }).handler(event))).toBe('denied: address-refused')
  })
})
