import { describe, expect, test } from 'vitest'
import { httpAccess, restAccess } from '../../adapters/aws/access.ts'
import type { HttpRequestEvent, RestRequestEvent } from '../../adapters/aws/event.ts'
import { tokenAccess } from '../../adapters/aws/rarer.ts'
import { classifyPath } from '../../src/lib/path.ts'
import type { Sent } from './events.ts'
import { httpEvent, OWN_DOMAIN, restEvent, tokenEvent } from './events.ts'

const NOW = 1_780_000_000
const GET: Sent = { method: 'GET', target: '/orders', headers: [] }

const rest = (sent: Partial<Sent>, basePath = '') => restAccess(restEvent({ ...GET, ...sent }), basePath, NOW)
const http = (sent: Partial<Sent>, basePath = '') =>
  httpAccess(httpEvent({ ...GET, ...sent }) as HttpRequestEvent, basePath, NOW)

describe('the path', () => {
  test.each<[name: string, sent: Partial<Sent>, basePath: string, expected: string]>([
    ['on a custom domain without base path', {}, '', '/orders'],
    ['on a custom domain with a base path', { basePath: '/v1' }, '/v1', '/orders'],
    ['with a base path of two segments', { basePath: '/v1/eu' }, '/v1/eu', '/orders'],
    ['at the root of a base path', { basePath: '/v1', target: '/' }, '/v1', '/'],
    ['on a domain of AWS, which has no base path', { host: OWN_DOMAIN }, '/v1', '/orders'],
    ['that begins as the base path does, on a domain of AWS', { host: OWN_DOMAIN, target: '/v1/x' }, '/v1', '/v1/x'],
    ['that repeats the base path', { basePath: '/v1', target: '/v1/x' }, '/v1', '/v1/x'],
  ])('is the one of the API, %s', (_, sent, basePath, expected) => {
    expect(rest(sent, basePath).target).toBe(expected)
    expect(http({ stage: '$default', ...sent }, basePath).target).toBe(expected)
  })

  test.each<[name: string, sent: Partial<Sent>, basePath: string]>([
    ['does not begin with the base path', {}, '/v1'],
    ['only begins with the letters of the base path', { target: '/v10/orders' }, '/v1'],
    ['holds the base path elsewhere', { target: '/orders/v1' }, '/v1'],
  ])('is unknown, so that the request is refused, where it %s', (_, sent, basePath) => {
    expect(rest(sent, basePath).target).toBe('')
    expect(http(sent, basePath).target).toBe('')
  })

  test.each<[name: string, stage: string, target: string]>([
    ['a stage with a name', 'dev', '/orders'],
    ['a path that begins as the stage does', 'dev', '/dev/orders'],
    ['a path that only begins with its letters', 'dev', '/devices'],
    ['the root', 'dev', '/'],
    ['the default stage', '$default', '/orders'],
  ])("loses an HTTP API's stage on a domain of AWS: %s", (_, stage, target) => {
    expect(http({ host: OWN_DOMAIN, stage, target }).target).toBe(target)
  })

  // Captured from live APIs: an HTTP API decodes twice and cuts at a question mark, and serves what it made of the path.
  test.each([
    ['/a/space%20value', '/a/space value', '/a/space%20value'],
    ['/a/question%3Fvalue', '/a/question', '/a/question'],
    ['/a/hash%23value', '/a/hash#value', '/a/hash%23value'],
    ['/a/slash%2Fvalue', '/a/slash/value', '/a/slash/value'],
    ['/a/%CE%BB-%E4%B8%96', '/a/λ-世', '/a/%CE%BB-%E4%B8%96'],
    ['/a/literal%252Fvalue', '/a/literal/value', '/a/literal/value'],
    ['/a/literal%253Fvalue', '/a/literal?value', '/a/literal%3Fvalue'],
    ['/a/literal%2525value', '/a/literal%value', '/a/literal%25value'],
    ['/a/%252e%252e/b', '/a/../b', '/a/../b'],
  ])('of an HTTP API is encoded again: %s arrives as %s', (target, rawPath, expected) => {
    expect(httpEvent({ ...GET, target })?.rawPath).toBe(rawPath)
    expect(http({ target }).target).toBe(expected)
  })

  test.each([
    ['/a/space%20value'],
    ['/a/slash%2Fvalue'],
    ['/a/question%3Fvalue'],
    ['/a/literal%2525value'],
    ['/a/%ce%bb'],
    ['/a/%zz'],
  ])('of a REST API is judged as it was sent: %s', (target) => {
    expect(rest({ target }).target).toBe(target)
    expect(tokenAccess(tokenEvent({ ...GET, target }), 'authorization', NOW).target).toBe(target)
  })

  test.each([
    ['U+FFFD, which stands for bytes that were not UTF-8', '/a/\ufffd'],
    ['half a surrogate pair', '/a/\ud800'],
    ['a backslash', '/a\\b'],
    ['NUL', '/a\0b'],
    ['dot segments', '/a/../b'],
  ])('of an HTTP API is ambiguous where it holds %s', (_, rawPath) => {
    const event = { ...(httpEvent(GET) as HttpRequestEvent), rawPath }
    expect(classifyPath(httpAccess(event, '', NOW).target)).toBe('ambiguous')
  })

  test.each([
    ['a space, as an emulator decodes', '/a b'],
    ['a quotation mark', '/a"b'],
    ['bytes that are not ASCII', '/λ'],
  ])('of a REST API is ambiguous where it holds %s', (_, path) => {
    const event: RestRequestEvent = { ...restEvent(GET), path }
    expect(classifyPath(restAccess(event, '', NOW).target)).toBe('ambiguous')
  })

  test.each([
    ['a question mark', '/a?b'],
    ['a number sign', '/a#b'],
  ])('of a REST API is unknown where it holds %s', (_, path) => {
    expect(restAccess({ ...restEvent(GET), path }, '', NOW).target).toBe('')
  })
})

describe('the query', () => {
  test.each([
    ['/orders?a=1&b=2', '/orders?a=1&b=2'],
    ['/orders?a=1&a=2', '/orders?a=1&a=2'],
    ['/orders?a=x%26b%3D1', '/orders?a=x%26b%3D1'],
    ['/orders?a=x+y', '/orders?a=x%20y'],
    ['/orders?a=%CE%BB', '/orders?a=%CE%BB'],
    ['/orders', '/orders'],
  ])('of a REST API is encoded again: %s', (target, expected) => {
    expect(rest({ target }).target).toBe(expected)
  })

  test('of a REST API is read from the single values where there are no multiple ones', () => {
    const event: RestRequestEvent = {
      ...restEvent({ ...GET, target: '/orders?a=1' }),
      multiValueQueryStringParameters: null,
    }
    expect(restAccess(event, '', NOW).target).toBe('/orders?a=1')
  })

  test('of a REST API may hold half a surrogate pair', () => {
    const event: RestRequestEvent = { ...restEvent(GET), multiValueQueryStringParameters: { a: ['\ud800'] } }
    expect(restAccess(event, '', NOW).target).toBe('/orders?a=%EF%BF%BD')
  })

  test('of an HTTP API stays as it was sent', () => {
    expect(http({ target: '/orders?a=x+y&b=%2F' }).target).toBe('/orders?a=x+y&b=%2F')
  })
})

describe('the fields', () => {
  test('are found in any case', () => {
    expect(rest({ headers: [['AUTHORIZATION', 'Bearer a']] }).header('authorization')).toEqual(['Bearer a'])
    const event = { ...(httpEvent(GET) as HttpRequestEvent), headers: { Authorization: 'Bearer a' } }
    expect(httpAccess(event, '', NOW).header('authorization')).toEqual(['Bearer a'])
  })

  test.each<[name: string, event: Partial<RestRequestEvent>, expected: string[]]>([
    ['twice', { multiValueHeaders: { Authorization: ['a', 'b'] }, headers: { Authorization: 'b' } }, ['a', 'b']],
    ['in two spellings', { multiValueHeaders: { Authorization: ['a'], authorization: ['b'] } }, ['a', 'b']],
    [
      'in two spellings of the single values',
      { multiValueHeaders: null, headers: { A: 'x', Authorization: 'a', authorization: 'b' } },
      ['a', 'b'],
    ],
    ['among the single values only', { multiValueHeaders: {}, headers: { Authorization: 'a' } }, ['a']],
    [
      'with another single value',
      { multiValueHeaders: { Authorization: ['a'] }, headers: { authorization: 'b' } },
      ['a', 'b'],
    ],
    ['among the multiple values only', { multiValueHeaders: { Authorization: ['a'] }, headers: null }, ['a']],
    ['nowhere, as both are null', { multiValueHeaders: null, headers: null }, []],
    ['as null', { multiValueHeaders: { Authorization: null }, headers: { authorization: null } }, []],
  ])('of a REST API: a credential %s', (_, event, expected) => {
    const read = restAccess({ ...restEvent(GET), headers: null, ...event }, '', NOW)
    expect(read.header('authorization')).toEqual(expected)
  })

  test('of an HTTP API join what was sent twice, which the core counts as two', () => {
    const headers: Sent['headers'] = [
      ['Authorization', 'Bearer a'],
      ['authorization', 'Bearer b'],
    ]
    expect(http({ headers }).header('authorization')).toEqual(['Bearer a,Bearer b'])
  })

  test('of an HTTP API have the cookies put together again', () => {
    expect(http({ headers: [['Cookie', 'a=1; b=2']] }).header('cookie')).toEqual(['a=1; b=2'])
  })

  test.each<[name: string, event: Partial<HttpRequestEvent>, expected: string[]]>([
    ['both agree', { cookies: ['a=1', 'b=2'], headers: { cookie: 'a=1; b=2' } }, ['a=1; b=2']],
    ['they differ', { cookies: ['a=1'], headers: { cookie: 'a=2' } }, ['a=2', 'a=1']],
    ['only the field is there', { headers: { Cookie: 'a=1' } }, ['a=1']],
    ['the list is empty', { cookies: [], headers: {} }, []],
  ])('of an HTTP API name each cookie once where %s', (_, event, expected) => {
    const read = httpAccess({ ...(httpEvent(GET) as HttpRequestEvent), ...event }, '', NOW)
    expect(read.header('cookie')).toEqual(expected)
  })
})

describe('the rest', () => {
  test('is what API Gateway knows of the connection', () => {
    for (const read of [rest({ address: '2001:db8::7' }), http({ address: '2001:db8::7' })]) {
      expect(read).toMatchObject({
        at: NOW,
        method: 'GET',
        scheme: 'https',
        loopback: false,
        host: 'api.example',
        clientAddress: '2001:db8::7',
      })
      expect(read.requestId).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('never is what a client says of its address', () => {
    const headers: Sent['headers'] = [['X-Forwarded-For', '10.0.0.1']]
    const event: RestRequestEvent = { ...restEvent({ ...GET, headers }), requestContext: null }
    expect(restAccess(event, '', NOW).clientAddress).toBeUndefined()
  })

  test("takes the domain's name for a host that was not told", () => {
    const event: RestRequestEvent = { ...restEvent(GET), headers: null, multiValueHeaders: null }
    expect(restAccess(event, '', NOW).host).toBe('api.example')
  })

  test('makes a request id of its own for each event', () => {
    expect(rest({}).requestId).not.toBe(rest({}).requestId)
  })
})
