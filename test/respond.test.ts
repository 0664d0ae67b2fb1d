import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { Document } from '../src/document.ts'
import type { Place } from '../src/model/credential.ts'
import type { Match, Refusal } from '../src/model/decision.ts'
import type { Reason } from '../src/model/reason.ts'
import { REASONS } from '../src/model/reason.ts'
import { responder } from '../src/respond.ts'
import type { Field } from './given/access.ts'
import { accessOf } from './given/access.ts'
import { DOCUMENT } from './given/authority.ts'

const BEARER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }
const BASIC: Place = { kind: 'header', name: 'authorization', scheme: 'basic' }
const API_KEY: Place = { kind: 'header', name: 'x-api-key' }

/** A document with three credentials: bearer, basic and a header of its own. */
const THREE: Partial<Document> = {
  realm: 'orders',
  credentials: [
    { kind: 'static-token', name: 'a', tokens: { secret: 'A' } },
    { kind: 'static-token', name: 'b', tokens: { secret: 'B' }, from: [{ header: 'authorization', scheme: 'Basic' }] },
    { kind: 'static-token', name: 'c', tokens: { secret: 'C' }, from: [{ header: 'x-api-key' }] },
  ],
}

function reply(refusal: Refusal, more: Partial<Document> = {}, headers: readonly Field[] = [], match?: Match) {
  const settings = settingsOf({ ...DOCUMENT, ...more }, { transport: 'any' })
  return responder(settings).refuse({ refusal, match }, accessOf({ headers }))
}

const taking = (...names: readonly string[]) => ({ credentials: new Set(names) }) as unknown as Match

describe('a refusal', () => {
  it.each(Object.keys(REASONS) as Reason[])('%s has its status, its body and no cache', (reason) => {
    const { status, headers, body } = reply({ reason })
    expect(status).toBe(REASONS[reason].status)
    expect(headers).toMatchObject({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Latchkey-Request-Id': accessOf().requestId,
    })
    expect(JSON.parse(body)).toEqual({
      type: `urn:latchkey:reason:${reason}`,
      title: REASONS[reason].title,
      status: REASONS[reason].status,
      reason,
      requestId: accessOf().requestId,
    })
  })

  it('has the statuses of the contract', () => {
    const reasons = Object.keys(REASONS) as Reason[]
    const statuses = [...new Set(reasons.map((reason) => REASONS[reason].status))]
    const byStatus = Object.fromEntries(
      statuses.map((status) => [status, reasons.filter((reason) => REASONS[reason].status === status)]),
    )
    expect(byStatus).toEqual({
      400: ['request-ambiguous'],
      401: [
        'credential-missing',
        'credential-malformed',
        'token-unknown',
        'token-expired',
        'token-revoked',
        'token-not-yet-valid',
      ],
      403: [
        'permission-missing',
        'surface-mismatch',
        'credential-not-accepted',
        'address-refused',
        'request-cross-site',
        'transport-insecure',
        'proxy-untrusted',
        'route-unknown',
      ],
      429: ['limit-exceeded'],
      502: ['origin-unreachable'],
      503: ['not-configured', 'dependency-unavailable'],
      504: ['origin-timeout'],
    })
  })

  it('is worded anew for each request', () => {
    const settings = settingsOf(DOCUMENT, { transport: 'any' })
    const { refuse } = responder(settings)
    const ids = ['1', '2'].map((requestId) => {
      const { body } = refuse({ refusal: { reason: 'token-unknown' }, match: undefined }, accessOf({ requestId }))
      return (JSON.parse(body) as { requestId: string }).requestId
    })
    expect(ids).toEqual(['1', '2'])
  })

  it('tells nobody its detail', () => {
    const { headers, body } = reply({ reason: 'token-expired', detail: 'slot 1 of partners' })
    expect(JSON.stringify([headers, body])).not.toContain('partners')
  })

  it.each([
    [0.2, '1'],
    [30, '30'],
  ])('says when to come again: %s s', (retryAfterSeconds, expected) => {
    expect(reply({ reason: 'limit-exceeded', retryAfterSeconds }).headers['Retry-After']).toBe(expected)
  })

  it.each([
    ['strapi', 'application/json; charset=utf-8', /^\{"data":null,"error":/],
    ['praisonai', 'application/json', /^\{"error":"Unauthorized"\}$/],
  ] as const)('speaks %s', (refusals, type, body) => {
    const worded = reply({ reason: 'token-unknown' }, { refusals })
    expect(worded.headers['Content-Type']).toBe(type)
    expect(worded.body).toMatch(body)
  })

  it.each<[Reason, Document['refusals'], number]>([
    ['credential-missing', { dialect: 'strapi', missing: 403 }, 403],
    ['credential-malformed', { dialect: 'strapi', missing: 403 }, 401],
    ['token-unknown', { dialect: 'strapi', missing: 403 }, 401],
    ['surface-mismatch', { dialect: 'problem', surface: 401 }, 401],
    ['permission-missing', { dialect: 'problem', surface: 401 }, 403],
  ])('%s under %j is %i, in the body too', (reason, refusals, expected) => {
    const { status, body } = reply({ reason }, { refusals: refusals as NonNullable<Document['refusals']> })
    expect(status).toBe(expected)
    const told = JSON.parse(body) as { status?: number; error?: { status: number } }
    expect(told.status ?? told.error?.status).toBe(expected)
  })
})

describe('the challenge', () => {
  it.each<[Refusal, readonly string[] | undefined]>([
    [{ reason: 'credential-missing' }, ['Bearer realm="api"']],
    [{ reason: 'credential-malformed', place: BEARER }, ['Bearer realm="api", error="invalid_request"']],
    [{ reason: 'token-unknown', place: BEARER }, ['Bearer realm="api", error="invalid_token"']],
    [{ reason: 'token-expired', place: BEARER }, ['Bearer realm="api", error="invalid_token"']],
    [
      { reason: 'permission-missing', place: BEARER, permissions: ['a.read', 'a.write'] },
      ['Bearer realm="api", error="insufficient_scope", scope="a.read a.write"'],
    ],
    [
      { reason: 'permission-missing', place: BEARER, permissions: [] },
      ['Bearer realm="api", error="insufficient_scope"'],
    ],
    [
      { reason: 'permission-missing', place: BEARER, permissions: ['a.caf\u00e9'] },
      ['Bearer realm="api", error="insufficient_scope"'],
    ],
    [
      { reason: 'permission-missing', place: BEARER, permissions: ['a."b', 'c'] },
      ['Bearer realm="api", error="insufficient_scope"'],
    ],
    [{ reason: 'surface-mismatch', place: BEARER }, undefined],
    [{ reason: 'route-unknown' }, undefined],
    [{ reason: 'not-configured', place: BEARER }, undefined],
    [{ reason: 'request-ambiguous' }, undefined],
  ])('of %j', (refusal, expected) => {
    expect(reply(refusal).headers['WWW-Authenticate']).toEqual(expected)
  })

  it('is one for each scheme, with the error in that of the scheme that was presented', () => {
    const { headers } = reply({ reason: 'token-unknown', place: BASIC }, THREE)
    expect(headers['WWW-Authenticate']).toEqual([
      'Bearer realm="orders"',
      'Basic realm="orders", error="invalid_token"',
    ])
  })

  it('is bare where the credential stood elsewhere', () => {
    const { headers } = reply({ reason: 'token-unknown', place: API_KEY }, THREE)
    expect(headers['WWW-Authenticate']).toEqual(['Bearer realm="orders"', 'Basic realm="orders"'])
  })

  it.each([
    [['b'], ['Basic realm="orders"']],
    [['a', 'c'], ['Bearer realm="orders"']],
    [['c'], ['Bearer realm="orders"']],
  ])('is of the schemes that the route takes: %j', (names, expected) => {
    expect(reply({ reason: 'credential-missing' }, THREE, [], taking(...names)).headers['WWW-Authenticate']).toEqual(
      expected,
    )
  })

  it('goes with a 401, whatever a system calls one', () => {
    const missing = { dialect: 'problem', missing: 403 } as const
    expect(reply({ reason: 'credential-missing' }, { refusals: missing }).headers['WWW-Authenticate']).toBeUndefined()
    const surface = { dialect: 'problem', surface: 401 } as const
    expect(reply({ reason: 'surface-mismatch' }, { refusals: surface }).headers['WWW-Authenticate']).toEqual([
      'Bearer realm="api"',
    ])
  })
})

describe('a page of another origin', () => {
  const cors = { origins: ['https://app.example'] }
  const from = (...origins: readonly string[]): Field[] => origins.map((origin) => ['Origin', origin])
  const allowed = (more: Partial<Document>, headers: readonly Field[]) =>
    reply({ reason: 'token-unknown' }, more, headers).headers['Access-Control-Allow-Origin']

  it.each<[string, Partial<Document>, readonly Field[], string | undefined]>([
    ['that is listed reads a refusal', { cors }, from('https://app.example'), 'https://app.example'],
    ['that is not listed does not', { cors }, from('https://evil.example'), undefined],
    ['that is listed over http does not', { cors }, from('http://app.example'), undefined],
    ['that says two does not', { cors }, from('https://app.example', 'https://evil.example'), undefined],
    ['reads it where everybody may', { cors: { origins: ['*'] } }, from('https://evil.example'), '*'],
    ['does not where nobody may', {}, from('https://app.example'), undefined],
  ])('%s', (_, more, headers, expected) => {
    expect(allowed(more, headers)).toBe(expected)
  })

  it('is told what it may read, and caches are told that it depends', () => {
    const { headers } = reply({ reason: 'token-unknown' }, { cors }, from('https://app.example'))
    expect(headers['Access-Control-Expose-Headers']).toContain('WWW-Authenticate')
    expect(headers['Vary']).toBe('Origin')
    expect(reply({ reason: 'token-unknown' }, { cors }).headers['Vary']).toBe('Origin')
    expect(reply({ reason: 'token-unknown' }).headers['Vary']).toBeUndefined()
  })

  it('may send cookies only where it is listed and a cookie is a credential', () => {
    const credentials = [{ kind: 'static-token' as const, tokens: { secret: 'A' }, from: [{ cookie: 'session' }] }]
    const withCookies = (origins: readonly string[]) =>
      reply({ reason: 'token-unknown' }, { cors: { origins }, credentials }, from('https://app.example')).headers[
        'Access-Control-Allow-Credentials'
      ]
    expect(withCookies(['https://app.example'])).toBe('true')
    expect(withCookies(['*'])).toBeUndefined()
    expect(
      reply({ reason: 'token-unknown' }, { cors }, from('https://app.example')).headers[
        'Access-Control-Allow-Credentials'
      ],
    ).toBeUndefined()
  })
})
