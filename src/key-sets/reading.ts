import type { EpochSeconds } from '../model/access.ts'
import type { VerifyingKey } from './keys.ts'
import type { Publication } from './published.ts'
import type { RemoteOptions } from './remote.ts'

/** Reads the keys in a text. Rejects with `KeySetRefused` where it has none that are usable. */
export type ReadKeys = (
  text: string,
  algorithms: readonly string[],
  until?: EpochSeconds,
) => Promise<readonly VerifyingKey[]>

/** What reads keys and fetches them, in a host's own way. */
export interface Reading {
  readonly keySetOf: ReadKeys
  readonly secretKeys: ReadKeys
  published(publication: Publication, algorithms: readonly string[]): RemoteOptions['ask']
}

/** Loads it: only keys need it, once at the start and every few minutes. A Worker's build makes it a file of its own. */
export type LoadReading = () => Promise<Reading>
