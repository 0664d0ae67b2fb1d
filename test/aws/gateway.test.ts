import { afterEach, describe, expect, test } from 'vitest'
import { OWN_DOMAIN } from './events.ts'
import { routeOf } from './gateway/place.ts'
import type { Api, Authorizer, Fields, Gateway, Request } from './gateway.ts'
import { gateway } from './gateway.ts'

/** Epoch seconds. */
let now = 1_780_000_000
let running: Gateway | undefined

afterEach(async () => {
  await running?.stop()
  running = undefined
})

async function start(...apis: Api[]): Promise<Gateway> {
  return (running = await gateway(apis, () => now))
}

const policy = (Effect: string, Resource: unknown, more: object = {}) => ({
  principalId: 'me',
  policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] },
  ...more,
})

/** Answers whatever asked: `allow`, `deny`, `Unauthorized` or `boom` as the token says, for exactly the event's ARN. */
const sample: Authorizer['handler'] = async (event: never) => {
  const { methodArn, routeArn, authorizationToken, headers = {} } = event as Record<string, string> & Sampled
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  const token = value ?? authorizationToken
  if (token === 'Unauthorized' || token === 'boom') throw new Error(token)
  return policy(token === 'allow' ? 'Allow' : 'Deny', methodArn ?? routeArn, { context: { token, number: 7 } })
}

interface Sampled {
  readonly headers?: Readonly<Record<string, string>>
}

const HEADER = 'method.request.header.Authorization'
const token = (value: string): Fields => [['Authorization', value]]
const json = (body: string) => JSON.parse(body) as Record<string, Record<string, unknown>>

describe('a REST API', () => {
  const rest = (authorizer: Partial<Authorizer> = {}, more: Partial<Api> = {}): Api => ({
    kind: 'rest',
    authorizer: { handler: sample, ...authorizer },
    ...more,
  })

  test.each<[name: string, type: 'TOKEN' | 'REQUEST', sent: string, status: number, body: unknown]>([
    ['a policy that denies', 'REQUEST', 'deny', 403, 'User is not authorized to access this resource'],
    ['exactly "Unauthorized"', 'REQUEST', 'Unauthorized', 401, 'Unauthorized'],
    ['any other error', 'REQUEST', 'boom', 500, null],
    ['a policy that denies', 'TOKEN', 'deny', 403, 'User is not authorized to access this resource'],
    ['exactly "Unauthorized"', 'TOKEN', 'Unauthorized', 401, 'Unauthorized'],
    ['any other error', 'TOKEN', 'boom', 500, null],
  ])('answers to %s of %s', async (_, type, sent, status, message) => {
    const { send } = await start(rest({ type }))
    const reply = await send({ target: '/orders', fields: token(sent) })
    expect({ status: reply.status, ...JSON.parse(reply.body) }).toEqual({ status, message })
  })

  test('tells its function the request, and its integration the caller', async () => {
    const { send, calls } = await start(rest({}, { basePath: '/v1', stageVariables: { color: 'blue' } }))
    const fields: Fields = [...token('allow'), ['X-Twice', 'a'], ['X-Twice', 'b']]
    const sent: Request = { target: '/v1/a%2Fb/%CE%BB?q=a%20b&q=c', fields, address: '198.51.100.9' }
    const { body } = await send(sent)
    expect(json(body)).toMatchObject({
      authorizer: { principalId: 'me', token: 'allow', number: 7 },
      identity: { sourceIp: '198.51.100.9' },
      headers: expect.arrayContaining([['Authorization', 'allow']]),
    })
    expect(calls[0]?.event).toMatchObject({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/a%2Fb/%CE%BB',
      resource: '/{proxy+}',
      path: '/v1/a%2Fb/%CE%BB',
      httpMethod: 'GET',
      headers: { Host: 'api.example', Authorization: 'allow', 'X-Twice': 'b' },
      multiValueHeaders: { 'X-Twice': ['a', 'b'] },
      queryStringParameters: { q: 'c' },
      multiValueQueryStringParameters: { q: ['a b', 'c'] },
      pathParameters: { proxy: 'a%2Fb/%CE%BB' },
      stageVariables: { color: 'blue' },
      requestContext: {
        accountId: '123456789012',
        apiId: 'a1b2c3d4e5',
        stage: 'prod',
        path: '/v1/a%2Fb/%CE%BB',
        resourcePath: '/{proxy+}',
        httpMethod: 'GET',
        domainName: 'api.example',
        identity: { sourceIp: '198.51.100.9' },
      },
    })
  })

  test("tells a path without the stage on AWS's own domain, and 403 to another stage", async () => {
    const { send, calls } = await start(rest())
    expect(await send({ host: OWN_DOMAIN, target: '/prod/orders', fields: token('allow') })).toMatchObject({
      status: 200,
    })
    expect(calls[0]?.event).toMatchObject({ path: '/orders', requestContext: { path: '/prod/orders' } })
    expect(await send({ host: OWN_DOMAIN, target: '/dev/orders', fields: token('allow') })).toMatchObject({
      status: 403,
    })
  })

  test('keeps the spelling of the client', async () => {
    const { send, calls } = await start(rest())
    await send({ target: '/', fields: [['aUTHORIZATION', 'allow']] })
    expect(calls[0]?.event).toMatchObject({ headers: { aUTHORIZATION: 'allow' } })
  })

  test('gives TOKEN the one header and nothing else', async () => {
    const { send, calls } = await start(rest({ type: 'TOKEN', identitySources: ['method.request.header.X-Key'] }))
    await send({ target: '/orders?a=1', fields: [['x-key', 'allow']] })
    expect(calls[0]?.event).toEqual({
      type: 'TOKEN',
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/orders',
      authorizationToken: 'allow',
    })
  })

  test.each([
    ['none', []],
    ['an empty one', [['Authorization', '']]],
    ['one that its expression does not match', [['Authorization', 'allow']]],
  ] as const)('answers 401 to a TOKEN request with %s, and calls nobody', async (_, fields) => {
    const { send, calls } = await start(rest({ type: 'TOKEN', validation: '^Bearer .+$' }))
    expect(await send({ target: '/orders', fields })).toMatchObject({ status: 401 })
    expect(calls).toHaveLength(0)
  })

  test.each<[name: string, sources: string[], sent: Request, status: number]>([
    ['a header', [HEADER], { target: '/', fields: token('allow') }, 200],
    ['no header', [HEADER], { target: '/' }, 401],
    ['a header in lower case', [HEADER], { target: '/', fields: [['authorization', 'allow']] }, 200],
    ['one of two', [HEADER, 'method.request.querystring.q'], { target: '/', fields: token('allow') }, 401],
    ['both', [HEADER, 'method.request.querystring.q'], { target: '/?q=1', fields: token('allow') }, 200],
    ['an empty parameter', ['method.request.querystring.q'], { target: '/?q=', fields: token('allow') }, 401],
    ['a parameter in another case', ['method.request.querystring.q'], { target: '/?Q=1' }, 401],
    ['a stage variable', ['stageVariables.color'], { target: '/', fields: token('allow') }, 200],
    ['an unset stage variable', ['stageVariables.size'], { target: '/', fields: token('allow') }, 401],
    ['the context', ['context.httpMethod', 'context.path'], { target: '/', fields: token('allow') }, 200],
    ['the address', ['context.identity.sourceIp'], { target: '/', fields: token('allow') }, 200],
  ])('demands every identity source: %s', async (_, identitySources, sent, status) => {
    const { send, calls } = await start(rest({ identitySources }, { stageVariables: { color: 'blue' } }))
    expect(await send(sent)).toMatchObject({ status })
    expect(calls).toHaveLength(status === 401 ? 0 : 1)
  })

  test.each<[name: string, answer: unknown]>([
    ['nothing', undefined],
    ['a text', 'Allow'],
    ['no principalId', { ...policy('Allow', '*'), principalId: undefined }],
    ['no policy', { principalId: 'me' }],
    ['a policy that is none', { principalId: 'me', policyDocument: { Statement: [{ Effect: 'Allow' }] } }],
    ['a simple answer', { isAuthorized: true }],
    ['a map in the context', policy('Allow', '*', { context: { map: { a: 1 } } })],
    ['a list in the context', policy('Allow', '*', { context: { list: [] } })],
    ['null in the context', policy('Allow', '*', { context: { nothing: null } })],
    ['a context that is a list', policy('Allow', '*', { context: ['a'] })],
    ['a resource of 513 characters', policy('Allow', ['*', `arn:aws:execute-api:::${'x'.repeat(491)}`])],
    ['more than 8 KB', policy('Allow', '*', { context: { text: 'x'.repeat(8_200) } })],
    ['a usageIdentifierKey that is no text', policy('Allow', '*', { usageIdentifierKey: 7 })],
  ])('answers 500 to a function that answers %s', async (_, answer) => {
    const { send } = await start(rest({ handler: async () => answer }))
    expect(await send({ target: '/' })).toMatchObject({
      status: 500,
      headers: { 'x-amzn-errortype': 'AuthorizerConfigurationException' },
    })
  })

  test.each<[name: string, answer: unknown]>([
    ['a resource of 512 characters', policy('Allow', ['*', `arn:aws:execute-api:::${'x'.repeat(490)}`])],
    ['flat values', policy('Allow', '*', { context: { text: 'a', number: 1, boolean: false } })],
    ['no context', policy('Allow', '*')],
  ])('takes %s', async (_, answer) => {
    const { send } = await start(rest({ handler: async () => answer }))
    expect(await send({ target: '/' })).toMatchObject({ status: 200 })
  })

  test('answers 414 to an ARN of more than 1,600 bytes', async () => {
    const { send, calls } = await start(rest())
    expect(await send({ target: `/${'x'.repeat(1_600)}`, fields: token('allow') })).toMatchObject({ status: 414 })
    expect(calls).toHaveLength(0)
  })

  test('answers 403 where no method of it is asked for, and calls nobody', async () => {
    const { send, calls } = await start(rest({}, { routes: ['GET /orders/{id}'] }))
    const fields = token('allow')
    expect(await send({ target: '/orders/7', fields })).toMatchObject({ status: 200 })
    for (const sent of [{ target: '/orders' }, { target: '/orders/7/x' }, { method: 'PUT', target: '/orders/7' }]) {
      const reply = await send({ ...sent, fields })
      expect([reply.status, reply.body]).toEqual([403, '{"message":"Missing Authentication Token"}'])
    }
    expect(calls).toHaveLength(1)
  })

  test('words refusals as its Gateway Responses say', async () => {
    const responses: Api['responses'] = {
      ACCESS_DENIED: {
        StatusCode: '404',
        ResponseParameters: {
          'gatewayresponse.header.Cache-Control': "'no-store'",
          'gatewayresponse.header.X-Origin': 'method.request.header.origin',
        },
        ResponseTemplates: {
          'application/json':
            '{"reason":"$context.authorizer.token","none":"$context.authorizer.none","m":$context.error.messageString}',
        },
      },
      DEFAULT_5XX: {
        StatusCode: '503',
        ResponseTemplates: { 'application/json': '{"type":"$context.error.responseType"}' },
      },
    }
    const { send } = await start(rest({}, { responses }))
    const denied = await send({ target: '/', fields: [...token('deny'), ['Origin', 'https://app.example']] })
    expect(denied).toMatchObject({
      status: 404,
      headers: { 'cache-control': 'no-store', 'x-origin': 'https://app.example' },
      body: '{"reason":"deny","none":"","m":"User is not authorized to access this resource"}',
    })
    expect(await send({ target: '/', fields: token('boom') })).toMatchObject({
      status: 503,
      body: '{"type":"AUTHORIZER_FAILURE"}',
    })
    expect(await send({ target: '/', fields: token('Unauthorized') })).toMatchObject({ status: 401 })
  })

  test('takes its API key from usageIdentifierKey, which must be one of its usage plans', async () => {
    const handler = async (event: never) =>
      policy('Allow', '*', { usageIdentifierKey: (event as { authorizationToken: string }).authorizationToken })
    const { send } = await start(rest({ type: 'TOKEN', handler }, { usagePlanKeys: ['plan-key-1'] }))
    const { body } = await send({ target: '/', fields: token('plan-key-1') })
    expect(json(body)['identity']).toMatchObject({ apiKey: 'plan-key-1' })
    expect(await send({ target: '/', fields: token('plan-key-2') })).toMatchObject({ status: 403 })
  })
})

describe('what is kept', () => {
  const rest = (authorizer: Partial<Authorizer>, more: Partial<Api> = {}): Api => ({
    kind: 'rest',
    authorizer: { handler: sample, ttlSeconds: 300, identitySources: [HEADER], ...authorizer },
    ...more,
  })
  const everything: Authorizer['handler'] = async () => policy('Allow', '*')

  test('is the policy, so one for a single method gives 403 on every other one', async () => {
    const { send, calls } = await start(rest({}))
    expect(await send({ target: '/a', fields: token('allow') })).toMatchObject({ status: 200 })
    expect(await send({ target: '/b', fields: token('allow') })).toMatchObject({ status: 403 })
    expect(await send({ target: '/a', fields: token('allow') })).toMatchObject({ status: 200 })
    expect(await send({ method: 'PUT', target: '/a', fields: token('allow') })).toMatchObject({ status: 403 })
    expect(calls).toHaveLength(1)
  })

  test('may be a refusal, and is found by identity sources alone', async () => {
    const { send, calls } = await start(rest({}))
    await send({ target: '/a', fields: token('deny') })
    await send({ target: '/a?other=1', fields: [...token('deny'), ['X-Other', '1']], address: '198.51.100.1' })
    expect(calls).toHaveLength(1)
    await send({ target: '/a', fields: token('allow') })
    expect(calls).toHaveLength(2)
  })

  test('never is what was thrown or malformed', async () => {
    const { send, calls } = await start(rest({}))
    for (const word of ['Unauthorized', 'Unauthorized', 'boom', 'boom'])
      await send({ target: '/a', fields: token(word) })
    expect(calls).toHaveLength(4)
  })

  test('ends with its TTL, to the second', async () => {
    const { send, calls } = await start(rest({ handler: everything }))
    const begun = now
    await send({ target: '/a', fields: token('allow') })
    now = begun + 299
    await send({ target: '/a', fields: token('allow') })
    expect(calls).toHaveLength(1)
    now = begun + 300
    await send({ target: '/a', fields: token('allow') })
    expect(calls).toHaveLength(2)
  })

  test('is nothing without TTL, or without an identity source', async () => {
    for (const authorizer of [{ ttlSeconds: 0 }, { identitySources: [] }]) {
      const { send, calls, stop } = await start(rest(authorizer))
      await send({ target: '/a', fields: token('allow') })
      await send({ target: '/a', fields: token('allow') })
      expect(calls).toHaveLength(2)
      await stop()
    }
  })

  test('belongs to one API and stage', async () => {
    const handler = everything
    const one = await start(
      rest({ handler }, { basePath: '/one' }),
      rest({ handler }, { basePath: '/two', stage: 'dev' }),
    )
    for (const target of ['/one/a', '/two/a', '/one/b', '/two/b']) {
      expect(await one.send({ target, fields: token('allow') })).toMatchObject({ status: 200 })
    }
    expect(one.calls).toHaveLength(2)
  })

  test('is apart by method, path and address where these are identity sources', async () => {
    const identitySources = [HEADER, 'context.httpMethod', 'context.path', 'context.identity.sourceIp']
    const { send, calls } = await start(rest({ identitySources }))
    const sent: Request[] = [
      { target: '/a' },
      { target: '/b' },
      { method: 'PUT', target: '/a' },
      { target: '/a', address: '198.51.100.1' },
    ]
    for (const each of [...sent, ...sent]) {
      expect(await send({ ...each, fields: token('allow') })).toMatchObject({ status: 200 })
    }
    expect(calls).toHaveLength(4)
  })

  test('goes when it is flushed', async () => {
    const { send, calls, flush } = await start(rest({ handler: everything }))
    await send({ target: '/a', fields: token('allow') })
    flush()
    await send({ target: '/a', fields: token('allow') })
    expect(calls).toHaveLength(2)
  })
})

describe('an HTTP API', () => {
  const http = (authorizer: Partial<Authorizer> = {}, more: Partial<Api> = {}): Api => ({
    kind: 'http',
    stage: '$default',
    authorizer: { handler: sample, ...authorizer },
    ...more,
  })

  test.each<[name: string, authorizer: Partial<Authorizer>, sent: string, status: number]>([
    ['a policy that allows', {}, 'allow', 200],
    ['a policy that denies', {}, 'deny', 403],
    ['"Unauthorized", which is no word here', {}, 'Unauthorized', 500],
    ['an error', {}, 'boom', 500],
    ['a policy, payload 1.0', { payload: '1.0' }, 'allow', 200],
    ['a policy that denies, payload 1.0', { payload: '1.0' }, 'deny', 403],
    ['yes', { simple: true, handler: async () => ({ isAuthorized: true }) }, '', 200],
    ['no', { simple: true, handler: async () => ({ isAuthorized: false }) }, '', 403],
    ['neither', { simple: true, handler: async () => ({ isAuthorized: 'true' }) }, '', 500],
    ['a policy where it is simple', { simple: true }, 'allow', 500],
    ['yes where it is not simple', { handler: async () => ({ isAuthorized: true }) }, '', 500],
  ])('answers to %s', async (_, authorizer, sent, status) => {
    const { send } = await start(http(authorizer))
    expect(await send({ target: '/orders', fields: token(sent) })).toMatchObject({ status })
  })

  test('tells its function the decoded path, lower-case names, joined values, cookies and the route', async () => {
    const { send, calls } = await start(
      http({ identitySources: ['$request.header.Authorization', '$context.routeKey'] }, { routes: ['GET /{proxy+}'] }),
    )
    const fields: Fields = [
      ['Authorization', 'allow'],
      ['X-Twice', 'a'],
      ['x-twice', 'b'],
      ['Cookie', 'a=1; b=2'],
    ]
    const { body } = await send({ target: '/a%2Fb/%CE%BB?q=1&q=2', fields })
    expect(json(body)['authorizer']).toEqual({ lambda: { token: 'allow', number: 7 } })
    expect(calls[0]?.event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/$default/GET/a/b/λ',
      identitySource: ['allow', 'GET /{proxy+}'],
      routeKey: 'GET /{proxy+}',
      rawPath: '/a/b/λ',
      rawQueryString: 'q=1&q=2',
      cookies: ['a=1', 'b=2'],
      headers: { authorization: 'allow', 'x-twice': 'a,b' },
      queryStringParameters: { q: '1,2' },
      pathParameters: { proxy: 'a/b/λ' },
      requestContext: { routeKey: 'GET /{proxy+}', stage: '$default', http: { method: 'GET', path: '/a/b/λ' } },
    })
  })

  test('has a named stage in the path, and asks with it in payload 1.0 too', async () => {
    for (const payload of ['1.0', '2.0'] as const) {
      const { send, calls, stop } = await start(http({ payload }, { stage: 'dev', stageVariables: { color: 'blue' } }))
      expect(await send({ host: OWN_DOMAIN, target: '/dev/orders', fields: token('allow') })).toMatchObject({
        status: 200,
      })
      expect(calls[0]?.event).toMatchObject({
        version: payload,
        [payload === '1.0' ? 'path' : 'rawPath']: '/dev/orders',
        [payload === '1.0' ? 'methodArn' : 'routeArn']: expect.stringMatching(/a1b2c3d4e5\/dev\/GET\/orders$/),
        stageVariables: { color: 'blue' },
      })
      await stop()
    }
  })

  test('tells identity sources as one text in payload 1.0', async () => {
    const identitySources = ['$request.header.Authorization', '$request.querystring.q', '$stageVariables.color']
    const { send, calls } = await start(
      http({ payload: '1.0', identitySources }, { stageVariables: { color: 'blue' } }),
    )
    await send({ target: '/orders?q=1', fields: token('allow') })
    expect(calls[0]?.event).toMatchObject({ identitySource: 'allow,1,blue', authorizationToken: 'allow,1,blue' })
  })

  test('answers 401 where an identity source is missing, 404 where no route takes it, 400 to a broken path', async () => {
    const { send, calls } = await start(
      http({ identitySources: ['$request.header.Authorization'] }, { routes: ['GET /orders'] }),
    )
    expect(await send({ target: '/orders' })).toMatchObject({ status: 401 })
    expect(await send({ target: '/other', fields: token('allow') })).toMatchObject({ status: 404 })
    expect(await send({ target: '/%zz', fields: token('allow') })).toMatchObject({ status: 400 })
    expect(calls).toHaveLength(0)
  })

  test('gives a simple yes that is kept to every route, unless the route is an identity source', async () => {
    const identity = '$request.header.Authorization'
    const handler = async (event: never) => ({ isAuthorized: (event as { rawPath: string }).rawPath === '/a' })
    const common = { simple: true, ttlSeconds: 300, handler }
    const wide = await start(http({ ...common, identitySources: [identity] }))
    expect(await wide.send({ target: '/a', fields: token('x') })).toMatchObject({ status: 200 })
    expect(await wide.send({ target: '/b', fields: token('x') })).toMatchObject({ status: 200 })
    await wide.stop()
    const narrow = await start(
      http({ ...common, identitySources: [identity, '$context.routeKey'] }, { routes: ['GET /a', 'GET /b'] }),
    )
    expect(await narrow.send({ target: '/a', fields: token('x') })).toMatchObject({ status: 200 })
    expect(await narrow.send({ target: '/b', fields: token('x') })).toMatchObject({ status: 403 })
  })
})

describe('the route', () => {
  const keys = ['$default', 'ANY /{proxy+}', 'GET /orders/{id}', 'ANY /orders/{id}', 'GET /orders/new', 'GET /a.b']
  test.each([
    ['GET', '/orders/new', 'GET /orders/new'],
    ['GET', '/orders/7', 'GET /orders/{id}'],
    ['PUT', '/orders/7', 'ANY /orders/{id}'],
    ['GET', '/orders/7/notes', 'ANY /{proxy+}'],
    ['GET', '/a.b', 'GET /a.b'],
    ['GET', '/axb', 'ANY /{proxy+}'],
    ['GET', '/', '$default'],
  ])('of %s %s is %s', (method, path, expected) => {
    expect(routeOf(keys, method, path)?.key).toBe(expected)
  })
})

describe('a WebSocket API', () => {
  const websocket = (authorizer: Partial<Authorizer> = {}): Api => ({
    kind: 'websocket',
    authorizer: { handler: sample, ...authorizer },
  })
  const at: Request = { host: OWN_DOMAIN, target: '/prod' }

  test.each([
    ['allow', 101],
    ['deny', 403],
    ['Unauthorized', 401],
    ['boom', 500],
  ])('answers an upgrade with %s: %s', async (word, status) => {
    const { connect } = await start(websocket())
    expect(await connect({ ...at, fields: token(word) })).toMatchObject({ status })
  })

  test('tells $connect by an ARN without method and path, and the connection who called', async () => {
    const { connect, calls } = await start(websocket({ identitySources: ['route.request.querystring.token'] }))
    const { body } = await connect({ ...at, target: '/prod?token=1', fields: token('allow') })
    expect(json(body)).toEqual({ authorizer: { principalId: 'me', token: 'allow', number: 7 } })
    const [{ event } = { event: {} }] = calls
    expect(event).toMatchObject({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/$connect',
      headers: { Upgrade: 'websocket' },
      queryStringParameters: { token: '1' },
      requestContext: { routeKey: '$connect', eventType: 'CONNECT', stage: 'prod', apiId: 'a1b2c3d4e5' },
    })
    expect(event).not.toHaveProperty('path')
    expect(event).not.toHaveProperty('httpMethod')
  })

  test('answers 401 without its identity source, and keeps nothing', async () => {
    const { connect, calls } = await start(websocket({ identitySources: ['route.request.header.X'], ttlSeconds: 300 }))
    expect(await connect({ ...at, fields: token('allow') })).toMatchObject({ status: 401 })
    expect(calls).toHaveLength(0)
    const fields: Fields = [...token('allow'), ['X', '1']]
    await connect({ ...at, fields })
    await connect({ ...at, fields })
    expect(calls).toHaveLength(2)
  })
})

describe('AppSync', () => {
  const fields = { 'Query.me': 'you', 'Query.orders': [1, 2], 'Mutation.pay': true }
  const appsync = (answer: object | Error, authorizer: Partial<Authorizer> = {}): Api => ({
    kind: 'appsync',
    fields,
    authorizer: {
      handler: async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
      ...authorizer,
    },
  })
  const ask = (query: string, value = 'key'): Request => ({
    method: 'POST',
    host: 'a1b2c3d4e5.appsync-api.eu-central-1.amazonaws.com',
    target: '/graphql',
    fields: [['authorization', value]],
    body: JSON.stringify({ query }),
  })

  test('resolves what is not denied', async () => {
    const deniedFields = [
      'Query.orders',
      'arn:aws:appsync:eu-central-1:123456789012:apis/a1b2c3d4e5/types/Mutation/fields/pay',
    ]
    const { send, calls } = await start(appsync({ isAuthorized: true, deniedFields }))
    expect(JSON.parse((await send(ask('{ me orders }'))).body)).toEqual({
      data: { me: 'you', orders: null },
      errors: [expect.objectContaining({ path: ['orders'], errorType: 'Unauthorized' })],
    })
    expect(JSON.parse((await send(ask('mutation Pay { pay }'))).body).data).toEqual({ pay: null })
    expect(calls[0]?.event).toMatchObject({
      authorizationToken: 'key',
      requestContext: { apiId: 'a1b2c3d4e5', accountId: '123456789012', queryString: '{ me orders }', variables: {} },
      requestHeaders: { authorization: 'key' },
    })
  })

  test('tells resolvers the resolverContext', async () => {
    const { send } = await start(appsync({ isAuthorized: true, resolverContext: { subject: 'me' } }))
    expect(JSON.parse((await send(ask('{ context }'))).body).data).toEqual({ context: { subject: 'me' } })
  })

  test.each<[name: string, answer: object | Error]>([
    ['no', { isAuthorized: false }],
    ['neither yes nor no', {}],
    ['a policy', policy('Allow', '*')],
    ['an error', new Error('boom')],
    ['nested context', { isAuthorized: true, resolverContext: { a: { b: 1 } } }],
    ['denied fields that are no list', { isAuthorized: true, deniedFields: 'Query.me' }],
    ['a ttlOverride that is no number', { isAuthorized: true, ttlOverride: '10' }],
  ])('answers 401 to %s', async (_, answer) => {
    const { send } = await start(appsync(answer))
    expect(await send(ask('{ me }'))).toMatchObject({ status: 401 })
  })

  test('calls nobody without a token, or with one that its expression does not match', async () => {
    const { send, calls } = await start(appsync({ isAuthorized: true }, { validation: '^k' }))
    expect(await send(ask('{ me }', ''))).toMatchObject({ status: 401 })
    expect(await send(ask('{ me }', 'other'))).toMatchObject({ status: 401 })
    expect(calls).toHaveLength(0)
  })

  test.each<[name: string, ttlSeconds: number, ttlOverride: number | undefined, kept: number]>([
    ['its own TTL', 60, undefined, 60],
    ['a shorter one of the answer', 60, 10, 10],
    ['a longer one of the answer', 60, 120, 120],
    ['none, as the answer says', 60, 0, 0],
    ['an hour at most', 60, 7200, 3600],
    ['none at all', 0, undefined, 0],
  ])('keeps an answer for %s', async (_, ttlSeconds, ttlOverride, seconds) => {
    const { send, calls } = await start(appsync({ isAuthorized: true, ttlOverride }, { ttlSeconds }))
    const begun = now
    await send(ask('{ me }'))
    for (const later of [seconds - 1, seconds]) {
      if (later < 0) continue
      now = begun + later
      await send(ask('{ orders }'))
    }
    expect(calls).toHaveLength(2)
  })
})
