import type { Maybe } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import type { KeySet } from './keys.ts'

/** Where the keys of an issuer come from. A refusal says that they cannot be had: `dependency-unavailable`, `not-configured`. */
export interface KeySource {
  /** The keys that count at a time. */
  current(at: EpochSeconds, defer: Defer): Maybe<KeySet | Refusal>
  /** Newer keys than those of which none fits; undefined where there are none now. */
  newer(last: KeySet, at: EpochSeconds, defer: Defer): Maybe<KeySet | Refusal | undefined>
  /** Whether they could not be had when they were last asked for. */
  isFailing(): boolean
}

/** Keys that only a new secret changes. */
export function fixed(keys: KeySet | Refusal): KeySource {
  return { current: () => keys, newer: () => undefined, isFailing: () => isRefusal(keys) }
}
