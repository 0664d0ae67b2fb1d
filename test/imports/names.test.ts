import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alternateName, nameOf, uniqueNames } from '../../src/imports/names.ts'
import { DEFAULT_LIFETIMES, draftFaults } from '../../src/keys/draft.ts'

describe('a name', () => {
  test.each([
    ['  ci  ', 'ci'],
    ['a\tb\r\nc', 'a b c'],
    ['a\u0000\u200bb', 'a b'],
    ['\ud800', ''],
    ['\u00e4'.repeat(100), '\u00e4'.repeat(40)],
    ['x'.repeat(101), 'x'.repeat(100)],
    ['\u{1f511}'.repeat(30), '\u{1f511}'.repeat(20)],
  ])('is repaired: %j', (text, expected) => {
    expect(nameOf(text)).toBe(expected)
  })

  test('is one that the registry takes, whatever it was, and so is its alternate', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 2, max: 1_000_000 }),
        (text, number) => {
          const name = nameOf(text)
          fc.pre(name !== '')
          for (const each of [name, alternateName(name, number)]) {
            expect(draftFaults({ name: each }, DEFAULT_LIFETIMES, 0)).toEqual([])
          }
        },
      ),
    )
  })
})

test('names are unique, and near to what they were', () => {
  const unique = uniqueNames()
  expect(['ci', 'ci', 'ci (2)', 'ci', 'other', 'ci'].map(unique)).toEqual([
    'ci',
    'ci (2)',
    'ci (2) (2)',
    'ci (3)',
    'other',
    'ci (4)',
  ])
})

test('as many keys of one name as there may be get as many names', () => {
  const unique = uniqueNames()
  const names = Array.from({ length: 5000 }, () => unique('x'.repeat(100)))
  expect(new Set(names).size).toBe(5000)
})
