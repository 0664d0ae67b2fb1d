import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Span } from '../../src/lib/quota.ts'
import { countedIn, quotaId, windowAt } from '../../src/lib/quota.ts'

const at = (text: string): number => Date.parse(text) / 1000

/** From 1970 to 2200, with fractions of a second. */
const TIME = fc.double({ min: 0, max: at('2200-01-01T00:00:00Z'), noNaN: true })
const SPAN: fc.Arbitrary<Span> = fc.oneof(
  fc.integer({ min: 1, max: 31_536_000 }).map((windowSeconds) => ({ windowSeconds })),
  fc.constantFrom('hour' as const, 'day' as const, 'month' as const).map((per) => ({ per })),
)

describe('windowAt', () => {
  it.each<[string, Span, string, string, string]>([
    ['a minute', { windowSeconds: 60 }, '2026-06-01T12:34:56Z', '2026-06-01T12:34:00Z', '2026-06-01T12:35:00Z'],
    ['its first moment', { windowSeconds: 60 }, '2026-06-01T12:34:00Z', '2026-06-01T12:34:00Z', '2026-06-01T12:35:00Z'],
    ['its last one', { windowSeconds: 60 }, '2026-06-01T12:34:59.999Z', '2026-06-01T12:34:00Z', '2026-06-01T12:35:00Z'],
    ['seven seconds', { windowSeconds: 7 }, '1970-01-01T00:00:13Z', '1970-01-01T00:00:07Z', '1970-01-01T00:00:14Z'],
    ['an hour', { per: 'hour' }, '2026-06-01T12:34:56Z', '2026-06-01T12:00:00Z', '2026-06-01T13:00:00Z'],
    ['a day', { per: 'day' }, '2026-06-01T12:34:56Z', '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'],
    [
      'a day that ends a year',
      { per: 'day' },
      '2026-12-31T23:59:59.5Z',
      '2026-12-31T00:00:00Z',
      '2027-01-01T00:00:00Z',
    ],
    ['a month of 30 days', { per: 'month' }, '2026-06-30T23:59:59Z', '2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['its first moment', { per: 'month' }, '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z', '2026-08-01T00:00:00Z'],
    ['December', { per: 'month' }, '2026-12-15T00:00:00Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['February', { per: 'month' }, '2026-02-28T12:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    [
      'February of a leap year',
      { per: 'month' },
      '2028-02-29T12:00:00Z',
      '2028-02-01T00:00:00Z',
      '2028-03-01T00:00:00Z',
    ],
    ['February of 2000', { per: 'month' }, '2000-02-29T00:00:00Z', '2000-02-01T00:00:00Z', '2000-03-01T00:00:00Z'],
    ['February of 2100', { per: 'month' }, '2100-02-28T00:00:00Z', '2100-02-01T00:00:00Z', '2100-03-01T00:00:00Z'],
    ['the first one', { per: 'month' }, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1970-02-01T00:00:00Z'],
  ])('finds %s', (_, span, time, startsAt, endsAt) => {
    expect(windowAt(span, at(time))).toEqual({ startsAt: at(startsAt), endsAt: at(endsAt) })
  })

  it('finds whole seconds around the time, whatever the span', () => {
    fc.assert(
      fc.property(SPAN, TIME, (span, time) => {
        const { startsAt, endsAt } = windowAt(span, time)
        expect([Number.isInteger(startsAt), Number.isInteger(endsAt)]).toEqual([true, true])
        expect(startsAt <= time && time < endsAt).toBe(true)
      }),
    )
  })

  it('finds one window from its first second to its last, and then the next one', () => {
    fc.assert(
      fc.property(SPAN, TIME, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (span, time, part) => {
        const window = windowAt(span, time)
        const length = window.endsAt - window.startsAt
        for (const inside of [window.startsAt, window.startsAt + Math.floor(part * length), window.endsAt - 1]) {
          expect(windowAt(span, inside)).toEqual(window)
        }
        expect(windowAt(span, window.endsAt).startsAt).toBe(window.endsAt)
        if (window.startsAt > 0) expect(windowAt(span, window.startsAt - 1).endsAt).toBe(window.startsAt)
      }),
    )
  })

  it('finds windows of the length that was asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31_536_000 }), TIME, (windowSeconds, time) => {
        const { startsAt, endsAt } = windowAt({ windowSeconds }, time)
        expect([startsAt % windowSeconds, endsAt - startsAt]).toEqual([0, windowSeconds])
      }),
    )
  })

  it('finds months that begin on the first day, at midnight in UTC, and have as many days as the calendar says', () => {
    fc.assert(
      fc.property(TIME, (time) => {
        const { startsAt, endsAt } = windowAt({ per: 'month' }, time)
        const [first, last] = [new Date(startsAt * 1000), new Date((endsAt - 1) * 1000)]
        expect(first.toISOString()).toMatch(/-01T00:00:00\.000Z$/)
        expect(last.toISOString().slice(0, 7)).toBe(first.toISOString().slice(0, 7))
        const [year, month] = [first.getUTCFullYear(), first.getUTCMonth()]
        const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
        const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] as number
        expect(endsAt - startsAt).toBe(days * 86_400)
      }),
    )
  })
})

describe('quotaId', () => {
  it('tells what is counted, and over which span', () => {
    expect(quotaId('key:a', { windowSeconds: 60 })).toBe('key:a/60s')
    expect(quotaId('owner:a/b', { per: 'month' })).toBe('owner:a/b/month')
  })

  it('gives back what is counted', () => {
    fc.assert(
      fc.property(fc.string(), SPAN, (counted, span) => {
        expect(countedIn(quotaId(counted, span))).toBe(counted)
      }),
    )
  })
})
