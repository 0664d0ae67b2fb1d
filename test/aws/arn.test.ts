import { describe, expect, test } from 'vitest'
import { contradicts, isExact, parseArn } from '../../adapters/aws/arn.ts'

const PREFIX = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5'

describe('parseArn', () => {
  test.each([
    ['a method and a path', `${PREFIX}/prod/GET/orders/7`, { method: 'GET', path: '/orders/7' }],
    ['the root', `${PREFIX}/prod/GET/`, { method: 'GET', path: '/' }],
    ['the root without its slash', `${PREFIX}/prod/GET`, { method: 'GET', path: '/' }],
    ['a path that holds colons', `${PREFIX}/prod/GET/at/09:30:00`, { method: 'GET', path: '/at/09:30:00' }],
    ['the default stage', `${PREFIX}/$default/GET/orders`, { method: 'GET', path: '/orders' }],
    ['the default route', `${PREFIX}/$default/$default`, { method: '$default', path: '/' }],
    ['another partition', `${PREFIX.replace(':aws:', ':aws-cn:')}/prod/GET/x`, { method: 'GET', path: '/x' }],
    ['a path with a line break', `${PREFIX}/prod/GET/a\nb`, { method: 'GET', path: '/a\nb' }],
  ])('takes apart %s', (_, arn, expected) => {
    const { prefix, api, stage, ...request } = parseArn(arn) ?? {}
    expect(request).toEqual(expected)
    expect({ api, start: `${PREFIX.replace(/^arn:[^:]*/, arn.split(':', 2).join(':'))}/${stage}/` }).toEqual({
      api: 'a1b2c3d4e5',
      start: prefix,
    })
  })

  test.each([
    ['nothing', ''],
    ['a function', 'arn:aws:lambda:eu-central-1:123456789012:function:authorizer'],
    ['an API without a stage', PREFIX],
    ['a stage without a method', `${PREFIX}/prod`],
    ['an empty stage', `${PREFIX}//GET/orders`],
    ['an empty method', `${PREFIX}/prod//orders`],
  ])('finds no request in %s', (_, arn) => {
    expect(parseArn(arn)).toBeUndefined()
  })
})

describe('isExact', () => {
  test.each([
    [`${PREFIX}/prod/GET/orders`, true],
    [`${PREFIX}/$default/GET/orders`, true],
    [`${PREFIX}/prod/GET/orders/*`, false],
    [`${PREFIX}/prod/GET/order?`, false],
    [`${PREFIX}/prod/GET/\${aws:username}`, false],
    [`${PREFIX}/prod/GET/$default/x`, false],
    [`${PREFIX}/$default/GET/$default/x`, false],
    [`${PREFIX}/$default/$default`, false],
    [`${PREFIX}/*/GET/`, false],
    [`${PREFIX}/prod/*/orders`, false],
    ['*', false],
  ])('%s: %s', (arn, expected) => {
    expect(isExact(arn)).toBe(expected)
  })
})

describe('contradicts', () => {
  test.each([
    ['the same path', '/orders/7', '/orders/7', false],
    ['a slash at the end of one', '/orders', '/orders/', false],
    ['a base path that nobody took away', '/orders', '/v1/orders', true],
    ['a stage that nobody took away', '/orders', '/prod/orders', true],
    ['a base path that was none', '/v1/orders', '/orders', true],
    ['what may be spelt in two ways', '/a b', '/a%20b', false],
    ["a resource's template, as emulators give it", '/orders/{id}', '/orders/7', false],
    ["a resource's template of many segments", '/files/{proxy+}', '/files/a/b', false],
    ['an escape in both', '/orders/j%6Fhn', '/orders/j%6Fhn', false],
    ['a base path that nobody took away, before an escape', '/orders/j%6Fhn', '/v1/orders/j%6Fhn', true],
    ['the same where the ARN was decoded', '/orders/john', '/v1/orders/j%6Fhn', true],
    ['a base path like the first segment, before an escape', '/v1/j%6Fhn', '/v1/v1/j%6Fhn', true],
    ['a slash that was decoded', '/files/a/b', '/files/a%2Fb', false],
  ])('%s', (_, inArn, path, expected) => {
    expect(contradicts({ method: 'GET', path: inArn }, 'GET', path)).toBe(expected)
  })

  test('an ARN of another method is about another request', () => {
    expect(contradicts({ method: 'GET', path: '/orders' }, 'DELETE', '/orders')).toBe(true)
  })

  test('the default route of an HTTP API says nothing', () => {
    expect(contradicts({ method: '$default', path: '/' }, 'GET', '/orders')).toBe(false)
  })
})
