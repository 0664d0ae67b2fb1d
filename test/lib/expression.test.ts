import { describe, expect, test } from 'vitest'
import { isExpression, isQuick } from '../../src/lib/expression.ts'

test('a regular expression is read as `u` does', () => {
  expect(['^a+$', '^\\-$', '(', '[b-a]'].map(isExpression)).toEqual([true, false, false, false])
})

test('what is no expression is looked at all the same', () => {
  expect(['a))', '(a', '[', '\\'].map(isQuick)).toEqual([true, true, true, true])
})

describe('an expression that is asked of strangers', () => {
  test.each([
    '^unkey_[A-Za-z0-9]{22,}$',
    '^sk_live_[1-9A-HJ-NP-Za-km-z]{20,}$',
    '^(?:[A-Za-z0-9-]{1,20}_){0,2}[!-+\\--~]{16,64}$',
    '^(?:sk|pk)_(?:live|test)_[0-9a-f]+$',
    '^(?:acme_)?[a-z]+$',
    '^(?:[0-9a-f]{4}-){7}[0-9a-f]{4}$',
    '^[()|*+{]+\\(\\)*\\+$',
    '^(?<kind>sk)_[a-z]+?$',
    '^(?=sk_)(?<!a)[a-z_]+$',
    '^[\\]+*(]{3,}$',
  ])('ends soon: %s', (expression) => {
    expect([isExpression(expression), isQuick(expression)]).toEqual([true, true])
  })

  test.each([
    '^(a+)+$',
    '^(?:[a-z]*)*$',
    '^(?:a|a)*$',
    '^(?:a|ab)+$',
    '^(?:a?b?)*$',
    '^(?:a{1,3}){4}$',
    '^(?:a{2,}){2}$',
    '^(?:(?:a+)b?)+$',
    '^(?:x(?:y|z))*$',
    '^(?:[)]+\\))+$',
    '^(?<all>[a-z]+)+$',
    '^(a*)\\1$',
    '^(?<all>a)\\k<all>$',
    '^(?:a+){2,}?$',
  ])('may not end: %s', (expression) => {
    expect([isExpression(expression), isQuick(expression)]).toEqual([true, false])
  })
})
