import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'

/** A JWT Claims Set (RFC 7519 4), as it was parsed. */
export type Claims = Readonly<Record<string, unknown>>

/** What the claims of a credential's tokens must be. */
export interface ClaimRules {
  /** Null: any, or none. */
  readonly issuer: string | null
  /** One of these; null: any, or none. */
  readonly audiences: readonly string[] | null
  /** Claims by name or path, and the values of which each must equal one. */
  readonly required: readonly (readonly [name: string, values: readonly unknown[]])[]
  readonly requireExpiry: boolean
  readonly maxAgeSeconds: number | undefined
}

/** When a token counts, by its own word. */
export interface Times {
  /** `nbf` or `iat`, whichever is later: what is not issued yet does not count yet. */
  readonly notBefore: EpochSeconds
  /** `exp`, or the end by the maximum age, whichever is earlier. Undefined: it has none. */
  readonly expiresAt: EpochSeconds | undefined
}

/** What a claim holds. A name with dots is the name of a claim first, and a path into objects else. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Claims)[name]
  }
  return value
}

/** A text that a header can tell from every other one: not empty, without lone surrogates. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value)
}

/** Why a token is not one of the credential's, for the operator; undefined where it is. Its times are judged apart. */
export function misfit(claims: Claims, rules: ClaimRules): string | undefined {
  const { iss, aud, sub, exp, iat, nbf } = claims
  const { issuer, audiences, required } = rules
  if (issuer !== null && iss !== issuer) {
    return `another issuer${iss === `${issuer}/` || `${iss}/` === issuer ? ', by a slash at the end' : ''}`
  }
  if (audiences !== null && !namesOneOf(aud, audiences)) return `another audience${idTokenHint(claims)}`
  const other = required.find(([name, values]) => !values.includes(claimAt(claims, name)))
  if (other) return `another ${other[0]}${idTokenHint(claims)}`
  if (sub !== undefined && !isName(sub)) return 'sub is no text'
  if (![exp, iat, nbf].every((time) => time === undefined || isTime(time))) return 'exp, iat or nbf is no time'
  if (exp === undefined && rules.requireExpiry) return 'no exp'
  if (iat === undefined && rules.maxAgeSeconds !== undefined) return 'no iat'
  return undefined
}

/** When a token counts, of claims that fit. */
export function timesOf({ exp, iat, nbf }: Claims, { maxAgeSeconds }: ClaimRules): Times {
  const ends = [exp, maxAgeSeconds && (iat as number) + maxAgeSeconds].filter((end) => typeof end === 'number')
  return {
    notBefore: Math.max(...[iat, nbf].filter((time) => typeof time === 'number')),
    expiresAt: ends.length === 0 ? undefined : Math.min(...ends),
  }
}

/** Refuses a genuine token before and after its time; a clock may be off by the tolerance. */
export function untimely(
  { notBefore, expiresAt = Number.POSITIVE_INFINITY }: Times,
  at: EpochSeconds,
  toleranceSeconds: number,
): Refusal | undefined {
  if (at < notBefore - toleranceSeconds) return { reason: 'token-not-yet-valid' }
  return at < expiresAt + toleranceSeconds ? undefined : { reason: 'token-expired' }
}

function namesOneOf(audience: unknown, wanted: readonly string[]): boolean {
  const named = [audience].flat()
  return named.every((each) => typeof each === 'string') && named.some((each) => wanted.includes(each))
}

/** The last second that a date can hold: a text that is longer would be no number in a header. */
const LAST_SECOND = 8.64e12

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= LAST_SECOND
}

/** OpenID Connect Core 2: an id token tells the client who logged in, and is nothing to show to an API. */
function idTokenHint({ nonce, at_hash: accessTokenHash, token_use: use }: Claims): string {
  return nonce !== undefined || accessTokenHash !== undefined || use === 'id' ? ': an id token' : ''
}
