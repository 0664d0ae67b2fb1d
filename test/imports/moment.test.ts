import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOf, lossOfZone, momentOf } from '../../src/imports/moment.ts'

describe('a time', () => {
  test.each([
    ['2030-01-02T03:04:05Z', 1_893_553_445],
    ['2030-01-02T03:04:05.250Z', 1_893_553_445.25],
    ['2030-01-02T03:04Z', 1_893_553_440],
    ['2030-01-02 03:04:05', 1_893_553_445],
    ['2030-01-02 03:04:05.000000+00', 1_893_553_445],
    ['2030-01-02T05:04:05+02:00', 1_893_553_445],
    ['2030-01-01T22:34:05-0430', 1_893_553_445],
    ['2030-01-02 03:04:05 UTC', 1_893_553_445],
    ['2030-01-02', 1_893_542_400],
    ['1893553445', 1_893_553_445],
    ['1893553445000', 1_893_553_445],
    [1_893_553_445, 1_893_553_445],
    [1_893_553_445_250, 1_893_553_445.25],
    [1_893_553_445_000n, 1_893_553_445],
    [new Date(1_893_553_445_250), 1_893_553_445.25],
  ])('is read from %s', (value, expected) => {
    expect(momentOf(value, 'either')).toBe(expected)
  })

  test.each([
    'soon',
    '',
    '2030-02-30',
    '2030-13-01',
    '2030-01-02T25:00Z',
    '2030-01-02T03:60Z',
    '02/01/2030',
    '-5',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    true,
    {},
    1e300,
  ])('is none: %s', (value) => {
    expect(momentOf(value, 'either')).toBeUndefined()
  })

  test('in milliseconds is never taken for one in seconds', () => {
    expect(momentOf(1000, 'milliseconds')).toBe(1)
    expect(momentOf(1000, 'either')).toBe(1000)
  })
})

describe('an end', () => {
  test.each([[null], [undefined], ['']])('that is not there is never: %s', (value) => {
    expect(endOf(value, 'either')).toBe('never')
  })

  test('that cannot be read is not taken for one that is not there', () => {
    for (const value of ['none', 'infinity', '0000-00-00 00:00:00', false])
      expect(endOf(value, 'either')).toBeUndefined()
  })

  test('of any millisecond is kept until the whole second at or after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (milliseconds) => {
        const end = Math.ceil(endOf(milliseconds, 'milliseconds') as number)
        expect(end * 1000).toBeGreaterThanOrEqual(milliseconds)
        expect(end * 1000 - milliseconds).toBeLessThan(1000)
        expect(Math.ceil(endOf(new Date(milliseconds).toISOString(), 'either') as number)).toBe(end)
      }),
    )
  })
})

test.each([
  ['2030-01-02 03:04:05.000000', 1],
  ['2030-01-02', 1],
  ['2030-01-02T03:04:05Z', 0],
  ['2030-01-02T03:04:05+09:00', 0],
  ['1893553445000', 0],
  [1_893_553_445_000, 0],
  [null, 0],
])('a zone is missed where a text should have one: %s', (value, count) => {
  expect(lossOfZone(value)).toHaveLength(count)
})
