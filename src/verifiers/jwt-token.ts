import { decode } from 'jose/base64url'
import type { Claims } from './jwt-claims.ts'

/** A JWT that has the form of one; nobody has looked at its signature. */
export interface ParsedToken {
  readonly algorithm: string
  readonly keyId: string | undefined
  /** `typ` as `normalType` writes it. */
  readonly type: string | undefined
  readonly claims: Claims
}

/** Longer than what servers take in a header. */
const MOST_CHARACTERS = 16_384

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/
const ASCII = /^[\0-\x7f]*$/

/** Takes a token apart; a text says why it is none, for the operator. Nothing that it says of keys is followed. */
export function parseToken(token: string): ParsedToken | string {
  if (token.length > MOST_CHARACTERS) return 'too long'
  const segments = token.split('.', 6)
  if (!COMPACT.test(token) || !segments.every(isCanonical)) {
    return segments.length === 5 ? 'an encrypted token' : 'no JWT: an opaque token?'
  }
  const [header, claims] = [objectIn(segments[0] as string), objectIn(segments[1] as string)]
  if (!header || !claims) return 'no JWT: header and claims are no JSON objects'
  const { alg: algorithm, kid: keyId, typ: type, crit } = header
  if (crit !== undefined) return 'a critical header'
  if (typeof algorithm !== 'string' || !isTextOrNone(keyId) || !isTextOrNone(type)) {
    return 'no JWT: alg, kid or typ is no text'
  }
  return { algorithm, keyId, type: type === undefined ? undefined : normalType(type), claims }
}

/** Media types compare without case, and may leave `application/` out (RFC 7515 4.1.9). */
export function normalType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '')
}

/** Base64url without padding, of which no other text gives the same bytes: the bits to spare are 0. */
function isCanonical(segment: string): boolean {
  const last = segment.at(-1) as string
  switch (segment.length % 4) {
    case 0:
      return true
    case 2:
      return 'AQgw'.includes(last)
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last)
    default:
      return false
  }
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function objectIn(segment: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(textIn(segment))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}

/** Most tokens are ASCII, which needs no bytes: they take three times as long. Throws where it is no UTF-8. */
function textIn(segment: string): string {
  const text = atob(segment.replaceAll('-', '+').replaceAll('_', '/'))
  return ASCII.test(text) ? text : new TextDecoder('utf-8', { fatal: true }).decode(decode(segment))
}
