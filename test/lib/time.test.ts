import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTimestamp, timestamps } from '../../src/lib/time.ts'

describe('parseTimestamp', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2027-01-01T00:00:00Z', 1_798_761_600],
    ['2027-01-01T00:00Z', 1_798_761_600],
    ['2027-01-01T01:00:00+01:00', 1_798_761_600],
    ['2026-12-31T23:59:59.500Z', 1_798_761_599.5],
    ['2028-02-29T00:00:00Z', 1_835_395_200],
  ])('reads %j as %j', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected)
  })

  it.each([
    '',
    'tomorrow',
    '2027-02-29T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-04-31T00:00:00Z',
    '2027-00-01T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-01-00T00:00:00Z',
    '2027-01-32T00:00:00Z',
    '2027-01-01T25:00:00Z',
    '2027-01-01T00:60:00Z',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  it('turns back what Date wrote', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime() / 1000)
      }),
    )
  })
})

describe('timestamps', () => {
  it('writes what Date would, in whatever order the times come', () => {
    const write = timestamps()
    const seconds = fc.oneof(
      fc.integer({ min: 0, max: 4_000_000_000_000 }).map((milliseconds) => milliseconds / 1000),
      fc.constantFrom(0, 1_780_272_000, 1_780_272_000.001, 1_780_272_000.999, 1_780_272_001, 1_780_271_999.5),
    )
    fc.assert(
      fc.property(seconds, (at) => {
        expect(write(at)).toBe(new Date(Math.trunc(at * 1000)).toISOString())
      }),
    )
  })
})
