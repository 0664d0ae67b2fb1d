import { describe, expect, test } from 'vitest'
import { entityTag, isMatch, isNamed, parseTagCondition } from '../../src/lib/etag.ts'

describe('entity tags', () => {
  test.each([
    ['*', { isAny: true, tags: [] }],
    [' * ', { isAny: true, tags: [] }],
    ['"a"', { isAny: false, tags: [{ version: 'a', isWeak: false }] }],
    ['""', { isAny: false, tags: [{ version: '', isWeak: false }] }],
    ['W/"a"', { isAny: false, tags: [{ version: 'a', isWeak: true }] }],
    [
      '"a,b" ,\t"c"',
      {
        isAny: false,
        tags: [
          { version: 'a,b', isWeak: false },
          { version: 'c', isWeak: false },
        ],
      },
    ],
  ])('%j is read', (field, expected) => {
    expect(parseTagCondition(field)).toEqual(expected)
  })

  test.each(['', 'a', '"a', 'a"', '"a" "b"', '"a",', '*, "a"', "'a'", 'w/"a"', '"a b"', '"a\u0000"'])(
    '%j is none',
    (field) => {
      expect(parseTagCondition(field)).toBeUndefined()
    },
  )

  test('of a version names that version', () => {
    const condition = parseTagCondition(entityTag('0aZ'))
    expect(condition && isMatch(condition, '0aZ')).toBe(true)
    expect(condition && isMatch(condition, '0az')).toBe(false)
  })

  test('that are weak are named, and never matched', () => {
    const weak = { isAny: false, tags: [{ version: 'a', isWeak: true }] }
    expect([isNamed(weak, 'a'), isMatch(weak, 'a')]).toEqual([true, false])
  })
})
