import { describe, expect, it } from 'vitest'
import { durationGiven, durationOf, endGiven, limitGiven, pastGiven } from '../../../src/cli/keys/durations.ts'
import { UsageError } from '../../../src/cli/usage.ts'

const NOW = 1_780_000_000

describe('a duration', () => {
  it.each([
    ['45s', 45],
    ['30m', 1800],
    ['12h', 43_200],
    ['90d', 7_776_000],
    ['2w', 1_209_600],
  ])('%s is %i seconds', (text, seconds) => {
    expect(durationOf(text)).toBe(seconds)
  })

  it.each(['', '90', 'd', '1.5h', '-1d', '1D', '1 d', '90 days', '1d2h', '٩d', '9999999999d'])('%j is none', (text) => {
    expect(durationOf(text)).toBeUndefined()
    expect(() => durationGiven('overlap', text)).toThrow(UsageError)
  })

  it('of 0 needs no unit where a flag takes one', () => {
    expect(durationGiven('overlap', '0')).toBe(0)
  })
})

describe('an end', () => {
  it.each([
    ['90d', NOW + 7_776_000],
    ['never', 'never'],
    ['2027-01-31', 1_801_353_600],
    ['2027-01-31T10:00:00Z', 1_801_389_600],
    ['2027-01-31T10:00:00.5+01:00', 1_801_386_000.5],
  ])('%s', (text, end) => {
    expect(endGiven('expires', text, NOW)).toBe(end)
  })

  it.each(['90', '2027-02-30', '2027-1-1', '2027-01-31T10:00:00', '2027-01-31 10:00', 'tomorrow', 'Never', ''])(
    '%j is none',
    (text) => {
      expect(() => endGiven('expires', text, NOW)).toThrow(UsageError)
    },
  )
})

describe('a time that is over', () => {
  it.each([
    ['30d', NOW - 2_592_000],
    ['2026-05-01', 1_777_593_600],
  ])('%s', (text, time) => {
    expect(pastGiven('since', text, NOW)).toBe(time)
  })

  it.each(['30', 'never', 'yesterday'])('%j is none', (text) => {
    expect(() => pastGiven('since', text, NOW)).toThrow(UsageError)
  })
})

describe('a limit', () => {
  it.each([
    ['100/60s', { requests: 100, windowSeconds: 60 }],
    ['5/1h', { requests: 5, windowSeconds: 3600 }],
    ['10000/month', { requests: 10_000, per: 'month' }],
    ['7/day', { requests: 7, per: 'day' }],
    ['1/hour', { requests: 1, per: 'hour' }],
  ])('%s', (text, limit) => {
    expect(limitGiven(text)).toEqual(limit)
  })

  it.each(['100', '100/60', '100/', '/60s', '1.5/60s', '100/minute', '100 / 60s', '-1/60s'])('%j is none', (text) => {
    expect(() => limitGiven(text)).toThrow(UsageError)
  })
})
