import type { Maybe } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'

/** A key that may have signed a token, for one algorithm. */
export interface VerifyingKey {
  /** Equal for equal keys of equal use: algorithm, id, end, and what an RFC 7638 thumbprint is made of. */
  readonly identity: string
  readonly id: string | undefined
  readonly algorithm: string
  readonly key: CryptoKey
  /** When the slot of the secret that it came from ends. */
  readonly until?: EpochSeconds | undefined
}

/** The keys that count, in the order in which they are tried. One key is one object for as long as it is published. */
export type KeySet = ReadonlySet<VerifyingKey>

/** Whether a key has signed a token, which has the form of one (RFC 7515 7.1) and the key's algorithm. Does not throw. */
export type VerifySignature = (key: VerifyingKey, token: string) => Maybe<boolean>

/** Of the keys that were just read those objects that stand for the same ones already. */
export function sameObjects(keys: Iterable<VerifyingKey>, known: KeySet): KeySet {
  const before = new Map(Array.from(known, (key) => [key.identity, key]))
  return new Set(Array.from(keys, (key) => before.get(key.identity) ?? key))
}
