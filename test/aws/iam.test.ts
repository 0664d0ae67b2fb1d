import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Evaluation, Statement } from './iam.ts'
import { evaluate, MalformedPolicy, matches } from './iam.ts'

const API = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5'
const policy = (...statements: [effect: string, ...resources: string[]][]) => ({
  Version: '2012-10-17',
  Statement: statements.map(([Effect, ...Resource]): Statement => ({ Action: 'execute-api:Invoke', Effect, Resource })),
})

describe('a policy', () => {
  test.each<[name: string, statements: [string, ...string[]][], resource: string, expected: Evaluation]>([
    ['that allows', [['Allow', `${API}/prod/GET/orders`]], `${API}/prod/GET/orders`, 'allow'],
    ['for another method', [['Allow', `${API}/prod/GET/orders`]], `${API}/prod/PUT/orders`, 'implicit-deny'],
    ['for another path', [['Allow', `${API}/prod/GET/orders`]], `${API}/prod/GET/orders/7`, 'implicit-deny'],
    ['for the beginning', [['Allow', `${API}/prod/GET/orders/7`]], `${API}/prod/GET/orders`, 'implicit-deny'],
    ['for another stage', [['Allow', `${API}/prod/GET/orders`]], `${API}/dev/GET/orders`, 'implicit-deny'],
    ['in another case', [['Allow', `${API}/prod/GET/orders`]], `${API}/prod/GET/Orders`, 'implicit-deny'],
    ['with a tail, at one segment', [['Allow', `${API}/prod/GET/orders/*`]], `${API}/prod/GET/orders/7`, 'allow'],
    ['with a tail, across slashes', [['Allow', `${API}/prod/GET/orders/*`]], `${API}/prod/GET/orders/7/x`, 'allow'],
    ['with a tail, at nothing', [['Allow', `${API}/prod/GET/orders/*`]], `${API}/prod/GET/orders/`, 'allow'],
    ['with a star between', [['Allow', `${API}/prod/GET/*/notes`]], `${API}/prod/GET/a/b/notes`, 'allow'],
    ['with every method', [['Allow', `${API}/prod/*/orders`]], `${API}/prod/DELETE/x/orders`, 'allow'],
    ['with everything', [['Allow', '*']], `${API}/prod/DELETE/x`, 'allow'],
    ['with one character', [['Allow', `${API}/prod/GET/v?`]], `${API}/prod/GET/v1`, 'allow'],
    ['with one character, at none', [['Allow', `${API}/prod/GET/v?`]], `${API}/prod/GET/v`, 'implicit-deny'],
    ['with one character, at a slash', [['Allow', `${API}/prod/GET/v?x`]], `${API}/prod/GET/v/x`, 'allow'],
    ['with a list', [['Allow', `${API}/prod/GET/a`, `${API}/prod/GET/b`]], `${API}/prod/GET/b`, 'allow'],
    [
      'that denies after it allows',
      [
        ['Allow', `${API}/prod/*`],
        ['Deny', `${API}/prod/*/admin/*`],
      ],
      `${API}/prod/GET/admin/x`,
      'explicit-deny',
    ],
    [
      'that denies before it allows',
      [
        ['Deny', `${API}/prod/*/admin/*`],
        ['Allow', `${API}/prod/*`],
      ],
      `${API}/prod/GET/admin/x`,
      'explicit-deny',
    ],
    [
      'that denies something else',
      [
        ['Allow', `${API}/prod/*`],
        ['Deny', `${API}/prod/*/admin/*`],
      ],
      `${API}/prod/GET/orders`,
      'allow',
    ],
    ['that only denies something else', [['Deny', `${API}/dev/*`]], `${API}/prod/GET/x`, 'implicit-deny'],
    ['with $connect, whose $ begins no variable', [['Allow', `${API}/prod/$connect`]], `${API}/prod/$connect`, 'allow'],
    ['with an escaped star', [['Allow', `${API}/prod/GET/\${*}`]], `${API}/prod/GET/*`, 'allow'],
    ['with an escaped star, at a text', [['Allow', `${API}/prod/GET/\${*}`]], `${API}/prod/GET/x`, 'implicit-deny'],
    ['with a variable', [['Allow', `${API}/prod/GET/\${aws:username}`]], `${API}/prod/GET/x`, 'implicit-deny'],
  ])('%s', (_, statements, resource, expected) => {
    expect(evaluate(policy(...statements), resource)).toBe(expected)
  })

  test.each([
    ['execute-api:Invoke', 'allow'],
    ['execute-api:*', 'allow'],
    ['*', 'allow'],
    ['EXECUTE-API:invoke', 'allow'],
    ['execute-api:InvalidateCache', 'implicit-deny'],
    ['lambda:*', 'implicit-deny'],
  ])('is for the action %s: %s', (Action, expected) => {
    expect(evaluate({ Statement: { Effect: 'Allow', Action, Resource: '*' } }, `${API}/prod/GET/x`)).toBe(expected)
  })

  test('of the first version knows no variables', () => {
    const Statement = { Effect: 'Allow', Action: '*', Resource: `${API}/prod/GET/\${$}` }
    expect(evaluate({ Statement }, `${API}/prod/GET/\${$}`)).toBe('allow')
    expect(evaluate({ Version: '2012-10-17', Statement }, `${API}/prod/GET/$`)).toBe('allow')
  })

  const allow = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }
  test.each<[name: string, policy: unknown]>([
    ['nothing', undefined],
    ['a text', 'Allow'],
    ['a list', [allow]],
    ['no statement', { Version: '2012-10-17' }],
    ['an empty list of statements', { Statement: [] }],
    ['an unknown version', { Version: '2026-01-01', Statement: [allow] }],
    ['an unknown effect', { Statement: [{ ...allow, Effect: 'allow' }] }],
    ['no action', { Statement: [{ Effect: 'Allow', Resource: '*' }] }],
    ['no resource', { Statement: [{ Effect: 'Allow', Action: '*' }] }],
    ['an empty list of resources', { Statement: [{ ...allow, Resource: [] }] }],
    ['a resource that is no ARN', { Statement: [{ ...allow, Resource: '/orders' }] }],
    ['a condition, whose meaning for authorizers is not documented', { Statement: [{ ...allow, Condition: {} }] }],
    ['NotResource', { Statement: [{ ...allow, NotResource: '*' }] }],
    ['a principal', { Statement: [{ ...allow, Principal: '*' }] }],
    ['one bad statement of two', { Statement: [allow, { ...allow, Effect: 'Permit' }] }],
  ])('is malformed: %s', (_, malformed) => {
    expect(() => evaluate(malformed, `${API}/prod/GET/x`)).toThrow(MalformedPolicy)
  })
})

describe('matches', () => {
  /** The same as a regular expression. */
  const expression = (pattern: string) =>
    new RegExp(
      `^${pattern.replace(/[^*?]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)}$`.replace(
        /[*?]/g,
        (wildcard) => (wildcard === '*' ? '.*' : '.'),
      ),
      'su',
    )

  const letters = fc.constantFrom('a', 'b', '/', ':', '*', '?', '\n', 'λ', '😀')
  const text = fc.array(letters, { maxLength: 12 }).map((parts) => parts.join(''))

  test('agrees with a regular expression', () => {
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        expect(matches(pattern, given)).toBe(expression(pattern).test(given))
      }),
      { numRuns: 20_000 },
    )
  })

  test('finds every text that was made from the pattern', () => {
    const piece = fc.oneof(
      text.map((given) => ['*', given] as const),
      letters.map((given) => ['?', given] as const),
      fc.constantFrom('a', 'b', '/').map((given) => [given, given] as const),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const [pattern, given] = [0, 1].map((place) => pieces.map((each) => each[place]).join('')) as [string, string]
        expect(matches(pattern, given)).toBe(true)
      }),
      { numRuns: 10_000 },
    )
  })

  test('takes no longer than the lengths multiplied, however many stars there are', () => {
    expect(matches(`${'*a'.repeat(200)}b`, 'a'.repeat(5_000))).toBe(false)
  })
})
