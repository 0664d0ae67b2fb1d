import type { Slot } from '../config.ts'
import { slotCounts } from '../issuing.ts'
import type { Secret } from '../lib/secret.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Sink } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import type { Snapshot } from '../snapshot.ts'

/** The keys in slots that count at a time, first the one that signs; each says in which slot it is. */
export type KeysIn<Key> = (
  slots: readonly Slot[],
  snapshot: Snapshot,
  at: EpochSeconds,
) => Promise<readonly (Key & { readonly slot: Slot })[]>

/**
 * Reads the keys that a deployment signs by, once for each value of a secret. One that cannot be read is told, with what it
 * does not sign, and passed over.
 */
export function ownKeys<Key extends object>(
  read: (text: string) => Promise<Key>,
  signed: string,
  sink: Sink,
): KeysIn<Key> {
  const known = new WeakMap<Secret, Promise<Key>>()
  const told = new WeakSet<Secret>()

  function keyIn(secret: Secret): Promise<Key> {
    let key = known.get(secret)
    if (!key) {
      key = read(secret.reveal())
      known.set(secret, key)
    }
    return key
  }

  async function keyOf(slot: Slot, secret: Secret): Promise<(Key & { readonly slot: Slot }) | undefined> {
    try {
      return { ...(await keyIn(secret)), slot }
    } catch (error) {
      const why = error instanceof Error && error.name === 'KeySetRefused' ? error.message : nameOfError(error)
      const message = `secret ${slot.name} signs no ${signed}: ${why}`
      if (!told.has(secret)) sink.write({ type: 'notice', level: 'error', message })
      told.add(secret)
      return undefined
    }
  }

  return async (slots, snapshot, at) => {
    const keys = slots
      .filter((slot) => slotCounts(slot, at))
      .flatMap((slot) => snapshot.valuesOf([slot], at).map((secret) => keyOf(slot, secret)))
    return (await Promise.all(keys)).filter((key) => key !== undefined)
  }
}

/** Public keys, each once. */
export function eachOnce<Key extends { readonly kid: string }>(keys: readonly Key[]): Key[] {
  return Array.from(new Map(keys.map((key) => [key.kid, key])).values())
}
