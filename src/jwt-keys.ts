import type { Slot } from './config.ts'
import { slotsOf } from './config.ts'
import type { ForeignJwtDocument } from './document.ts'
import type { KeySet, VerifyingKey } from './key-sets/keys.ts'
import { sameObjects } from './key-sets/keys.ts'
import type { LoadReading } from './key-sets/reading.ts'
import type { RemoteOptions } from './key-sets/remote.ts'
import { remote } from './key-sets/remote.ts'
import type { KeySource } from './key-sets/source.ts'
import { fixed } from './key-sets/source.ts'
import type { KindParts, ValuesOf } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import type { Sink } from './model/ports.ts'
import { nameOfError } from './model/store-error.ts'

/** The keys of a credential under the secrets that count now; undefined where none is set. */
export type KeysNow = (valuesOf: ValuesOf) => Maybe<KeySource | undefined>

/** What a host does in its own way. */
export interface KeysHost {
  /** How keys are read and fetched. */
  readonly reading: LoadReading
  /** Whether work goes on after the reply. */
  readonly runsLater: boolean
}

/** Reads the keys in a value of a secret. Rejects with `KeySetRefused` where it has none that are usable. */
type Read = (text: string, until: Slot['until']) => Promise<readonly VerifyingKey[]>

/** Where a credential's document says that its keys are. */
export function keysOf(
  { keys, issuer, algorithms }: ForeignJwtDocument,
  name: string,
  { host, settings: { staleSeconds } }: KindParts,
  { reading, runsLater }: KeysHost,
): KeysNow {
  const failed = tellsRefusal(name, host.sink)
  if ('jwksUrl' in keys || 'discover' in keys) {
    const publication = 'jwksUrl' in keys ? { url: keys.jwksUrl } : { issuer: issuer as string }
    let asking: RemoteOptions['ask'] | undefined
    const ask: RemoteOptions['ask'] = async (known, at) => {
      asking ??= (await reading()).published(publication, algorithms)
      return asking(known, at)
    }
    const source = remote({ ask, staleSeconds, runsLater, failed })
    return () => source
  }
  const isSet = 'jwks' in keys
  const read: Read = async (text, until) =>
    (await reading())[isSet ? 'keySetOf' : 'secretKeys'](text, algorithms, until)
  return inSecrets(slotsOf(isSet ? keys.jwks : keys), read, failed)
}

/** Tells an operator why the keys of a credential could not be read. */
export function tellsRefusal(name: string, sink: Sink): (error: unknown) => void {
  return (error) => {
    // The reader may be a bundle of its own, with an error class of its own.
    const why = error instanceof Error && error.name === 'KeySetRefused' ? error.message : nameOfError(error)
    sink.write({ type: 'notice', level: 'error', message: `credential ${name}: no key set: ${why}` })
  }
}

/** A value that cannot be read is told, and what its slot held before stays. */
export function inSecrets(slots: readonly Slot[], read: Read, failed: (error: unknown) => void): KeysNow {
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
