import { describe, expect, it } from 'vitest'
import type { LimiterKind } from '../../src/limiters/kinds.ts'
import { isLimiterKind, LIMITER_KINDS } from '../../src/limiters/kinds.ts'
import type { Limit } from '../../src/model/principal.ts'

const MINUTE: Limit = { requests: 100, windowSeconds: 60 }
const DAY: Limit = { requests: 100, per: 'day' }
const MONTH: Limit = { requests: 10_000, per: 'month' }

describe('LIMITER_KINDS', () => {
  it.each<[LimiterKind, Limit, boolean]>([
    ['memory', MINUTE, true],
    ['memory', { requests: 1, per: 'hour' }, true],
    ['memory', { requests: 1, windowSeconds: 3600 }, true],
    ['memory', { requests: 1, windowSeconds: 3601 }, false],
    ['memory', DAY, false],
    ['memory', MONTH, false],
    ['sqlite', MONTH, true],
    ['cloudflare-d1', MONTH, true],
    ['cloudflare-durable-object', MONTH, true],
    ['dynamodb', MONTH, true],
    ['upstash', MONTH, true],
    ['cloudflare-rate-limit', MINUTE, true],
    ['cloudflare-rate-limit', { requests: 5, windowSeconds: 10 }, true],
    ['cloudflare-rate-limit', { requests: 5, windowSeconds: 30 }, false],
    ['cloudflare-rate-limit', { requests: 5, per: 'hour' }, false],
    ['cloudflare-rate-limit', MONTH, false],
  ])('%s keeps %j: %j', (kind, limit, isKept) => {
    expect(LIMITER_KINDS[kind].whyNot(limit) === undefined).toBe(isKept)
  })

  it.each<[object, string | undefined]>([
    [{ requests: 100, periodSeconds: 60 }, undefined],
    [{ periodSeconds: 60 }, undefined],
    [{ requests: 100, periodSeconds: 10 }, 'the rate limit binding keeps 100 requests in 10 seconds, and nothing else'],
    [{ requests: 50, periodSeconds: 60 }, 'the rate limit binding keeps 50 requests in 60 seconds, and nothing else'],
  ])('a rate limit binding of which %j is known says of 100 in 60 seconds: %j', (facts, expected) => {
    expect(LIMITER_KINDS['cloudflare-rate-limit'].whyNot(MINUTE, facts)).toBe(expected)
  })
})

describe('isLimiterKind', () => {
  it.each([
    ['sqlite', true],
    ['cloudflare-rate-limit', true],
    ['cloudflare-kv', false],
    ['global-config', false],
    ['constructor', false],
  ])('takes %s: %j', (kind, expected) => {
    expect(isLimiterKind(kind)).toBe(expected)
  })
})
