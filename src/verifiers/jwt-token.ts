import { decode } from 'jose/base64url'
import type { Claims } from './jwt-claims.ts'

/** A JWT that has the form of one; nobody has looked at its signature. */
export interface ParsedToken {
  readonly algorithm: string
  readonly keyId: string | undefined
  /** `typ` in lower case, without `application/` (RFC 7515 4.1.9). */
  readonly type: string | undefined
  readonly claims: Claims
}

/** Longer than what servers take in a header. */
const MOST_CHARACTERS = 16_384

/** Base64url without padding, of which no other text gives the same bytes. */
const SEGMENT = '(?:[\\w-]{4})*(?:[\\w-]{4}|[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])'
const COMPACT = new RegExp(`^${SEGMENT}\\.${SEGMENT}\\.${SEGMENT}$`)

/** Takes a token apart; a text says why it is none, for the operator. Nothing that it says of keys is followed. */
export function parseToken(token: string): ParsedToken | string {
  if (token.length > MOST_CHARACTERS) return 'too long'
  if (!COMPACT.test(token)) return token.split('.', 6).length === 5 ? 'an encrypted token' : 'no JWT: an opaque token?'
  const [header, claims] = token.split('.', 2).map(objectIn)
  if (!header || !claims) return 'no JWT: header and claims are no JSON objects'
  const { alg: algorithm, kid: keyId, typ: type, crit } = header
  if (crit !== undefined) return 'a critical header'
  if (typeof algorithm !== 'string' || !isTextOrNone(keyId) || !isTextOrNone(type))
    return 'no JWT: alg, kid or typ is no text'
  return { algorithm, keyId, type: type && normalType(type), claims }
}

/** Media types compare without case, and may leave `application/` out. */
export function normalType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '')
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function objectIn(segment: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decode(segment)))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}
