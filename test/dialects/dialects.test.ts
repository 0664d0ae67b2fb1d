import { describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import type { Wording } from '../../src/model/dialect.ts'
import type { Reason } from '../../src/model/reason.ts'
import { REASONS } from '../../src/model/reason.ts'

const requestId = '00000000-0000-4000-8000-000000000000'
const reasons = Object.keys(REASONS) as Reason[]
const wordingOf = (reason: Reason, status = REASONS[reason].status): Wording => ({
  reason,
  status,
  title: REASONS[reason].title,
  requestId,
})

describe('problem', () => {
  it.each(reasons)('words %s by RFC 9457', (reason) => {
    expect(dialects.problem.contentType).toBe('application/problem+json')
    expect(JSON.parse(dialects.problem.body(wordingOf(reason)))).toEqual({
      type: `urn:latchkey:reason:${reason}`,
      title: REASONS[reason].title,
      status: REASONS[reason].status,
      reason,
      requestId,
    })
  })
})

describe('strapi', () => {
  it.each<[Reason, number, string, string]>([
    ['credential-missing', 401, 'UnauthorizedError', 'Missing or invalid credentials'],
    ['token-unknown', 401, 'UnauthorizedError', 'Missing or invalid credentials'],
    ['token-expired', 401, 'UnauthorizedError', 'Token expired'],
    ['permission-missing', 403, 'ForbiddenError', 'Forbidden'],
    ['credential-missing', 403, 'ForbiddenError', 'Forbidden'],
    ['request-ambiguous', 400, 'BadRequestError', REASONS['request-ambiguous'].title],
    ['limit-exceeded', 429, 'RateLimitError', REASONS['limit-exceeded'].title],
    ['not-configured', 503, 'ApplicationError', REASONS['not-configured'].title],
  ])('words %s as %i %s', (reason, status, name, message) => {
    expect(dialects.strapi.contentType).toBe('application/json; charset=utf-8')
    expect(JSON.parse(dialects.strapi.body(wordingOf(reason, status)))).toEqual({
      data: null,
      error: { status, name, message, details: {} },
    })
  })
})

describe('praisonai', () => {
  it.each<[Reason, string]>([
    ['request-ambiguous', 'Bad Request'],
    ['credential-missing', 'Unauthorized'],
    ['permission-missing', 'Forbidden'],
    ['limit-exceeded', 'Too Many Requests'],
    ['origin-unreachable', 'Bad Gateway'],
    ['not-configured', 'Service Unavailable'],
    ['origin-timeout', 'Gateway Timeout'],
  ])('words %s as %j', (reason, phrase) => {
    expect(dialects.praisonai.contentType).toBe('application/json')
    expect(dialects.praisonai.body(wordingOf(reason))).toBe(`{"error":"${phrase}"}`)
  })
})

describe('every dialect', () => {
  it.each(Object.entries(dialects))('%s says something of every reason, in JSON', (_, dialect) => {
    for (const reason of reasons) {
      expect(Object.keys(JSON.parse(dialect.body(wordingOf(reason))) as object).length).toBeGreaterThan(0)
    }
  })
})
