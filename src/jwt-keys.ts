import type { Slot } from './config.ts'
import { slotsOf } from './config.ts'
import type { JwtDocument } from './document.ts'
import type { KeySet, VerifyingKey } from './key-sets/key-set.ts'
import { KeySetRefused, keySetOf, sameObjects } from './key-sets/key-set.ts'
import { published } from './key-sets/published.ts'
import { remote } from './key-sets/remote.ts'
import { isLongEnough, secretKey } from './key-sets/secrets.ts'
import type { KeySource } from './key-sets/source.ts'
import { fixed } from './key-sets/source.ts'
import type { KindParts, ValuesOf } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import type { FetchDocument } from './model/ports.ts'
import { nameOfError } from './model/store-error.ts'

/** The keys of a credential under the secrets that count now; undefined where none is set. */
export type KeysNow = (valuesOf: ValuesOf) => Maybe<KeySource | undefined>

/** Where a credential's document says that its keys are. */
export function keysOf(
  { keys, issuer, algorithms }: JwtDocument,
  name: string,
  { host, settings: { staleSeconds } }: KindParts,
  fetchDocument: FetchDocument,
): KeysNow {
  const failed = (error: unknown) => {
    const why = error instanceof KeySetRefused ? error.message : nameOfError(error)
    host.sink.write({ type: 'notice', level: 'error', message: `credential ${name}: no key set: ${why}` })
  }
  if ('jwksUrl' in keys || 'discover' in keys) {
    const publication = 'jwksUrl' in keys ? { url: keys.jwksUrl } : { issuer: issuer as string }
    const source = remote({ ask: published(publication, algorithms, fetchDocument), staleSeconds, failed })
    return () => source
  }
  const isSet = 'jwks' in keys
  const read = isSet ? keySetOf : secretKeys
  return inSecrets(slotsOf(isSet ? keys.jwks : keys), (text, until) => read(text, algorithms, until), failed)
}

/** A value that cannot be read is told, and what its slot held before stays. */
function inSecrets(
  slots: readonly Slot[],
  read: (text: string, until: Slot['until']) => Promise<readonly VerifyingKey[]>,
  failed: (error: unknown) => void,
): KeysNow {
  const held = new Map<Slot, readonly VerifyingKey[]>()
  let known: KeySet = new Set()

  async function heldBy(slot: Slot, valuesOf: ValuesOf): Promise<readonly VerifyingKey[]> {
    try {
      const keys = await Promise.all(valuesOf(slot).map((value) => read(value.reveal(), slot.until)))
      held.set(slot, keys.flat())
    } catch (error) {
      failed(error)
    }
    return held.get(slot) ?? []
  }

  return async (valuesOf) => {
    if (slots.every((slot) => valuesOf(slot).length === 0)) return undefined
    const keys = await Promise.all(slots.map((slot) => heldBy(slot, valuesOf)))
    known = sameObjects(keys.flat(), known)
    return fixed(known.size > 0 ? known : { reason: 'not-configured', detail: 'no key can be read' })
  }
}

/** The keys of a shared secret. Rejects with `KeySetRefused` where it is too short for all of them. */
export async function secretKeys(
  secret: string,
  algorithms: readonly string[],
  until?: Slot['until'],
): Promise<readonly VerifyingKey[]> {
  const usable = algorithms.filter((algorithm) => isLongEnough(secret, algorithm))
  if (usable.length === 0) throw new KeySetRefused('the secret is shorter than the hash of its algorithm')
  return Promise.all(usable.map((algorithm) => secretKey(secret, algorithm, until)))
}
