import { base62 } from '../lib/base62.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Grant } from '../model/principal.ts'
import type { KeptSecret, KeyRecord } from './record.ts'
import { isWithin } from './token-grant.ts'

/** `typ` of an access token (RFC 9068 2.1). */
export const TOKEN_TYPE = 'at+jwt'

/** The longest that a token of a key may count. */
export const MOST_TOKEN_SECONDS = 900

/** What a token says of the key that it was issued for, beside what RFC 9068 (2.2) has every token say. */
export interface TokenClaims {
  readonly iss: string
  readonly aud: string
  /** The key's id, as in `client_id` and `latchkey_key`. */
  readonly sub: string
  readonly client_id: string
  readonly iat: EpochSeconds
  readonly exp: EpochSeconds
  readonly jti: string
  /** Of a custom grant its permissions, as patterns; absent otherwise. */
  readonly scope?: string
  readonly latchkey_key: string
  readonly latchkey_type: Grant['type']
  /** Which secret of the key it was issued for, as `secretMark` gives it: a token ends with its secret. */
  readonly latchkey_secret: string
  readonly latchkey_owner?: string
}

const MARK_CHARACTERS = 22

/** Tells the secrets of a key apart for whoever has the record, and tells nobody else anything of them. */
export async function secretMark({ digest }: KeptSecret): Promise<string> {
  const data = new TextEncoder().encode(`latchkey token 1\0${digest}`)
  return base62(new Uint8Array(await crypto.subtle.digest('SHA-256', data))).slice(0, MARK_CHARACTERS)
}

/** What a token was issued for. */
export interface IssuedFor {
  readonly grant: Grant
  readonly owner: string | undefined
  readonly mark: string
}

/** Why a record gives no tokens, in words for its holder; undefined where it may. What only a look-up can hold is escaped by none. */
export function unfit({
  surface,
  addresses,
  limits,
}: Pick<KeyRecord, 'surface' | 'addresses' | 'limits'>): string | undefined {
  if (surface !== 'api') return `a key of surface ${surface} gets no tokens`
  if (addresses) return 'a key that is bound to addresses gets no tokens'
  return limits && limits.length > 0 ? 'a key that has limits gets no tokens' : undefined
}

/** A record with the marks of its secrets, as tokens are compared with it. */
export interface MarkedRecord {
  readonly record: KeyRecord
  readonly mark: string
  readonly previousMark: string | undefined
}

/** Puts the marks of its secrets beside a record. */
export async function marked(record: KeyRecord): Promise<MarkedRecord> {
  const { secret, previous } = record
  return { record, mark: await secretMark(secret), previousMark: previous && (await secretMark(previous)) }
}

/** Why a genuine token counts no more, by the key that it was issued for; undefined where it does. */
export function endedBy(
  { grant, owner, mark }: IssuedFor,
  { record, mark: current, previousMark }: MarkedRecord,
  at: EpochSeconds,
): string | undefined {
  const { state, expiresAt, previous } = record
  if (state !== 'active') return `its key is ${state}`
  if (expiresAt !== undefined && at >= expiresAt) return 'its key has ended'
  const isPrevious = mark === previousMark && previous !== undefined && at < previous.until
  if (mark !== current && !isPrevious) return 'the secret that it was issued for has ended'
  const { type, permissions } = record
  if (record.owner !== owner || !isWithin(grant, { type, permissions })) return 'its key may do less by now'
  return unfit(record)
}
