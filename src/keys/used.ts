import type { EpochSeconds } from '../model/access.ts'
import type { Reader, Store } from '../model/ports.ts'
import type { Write } from './flusher.ts'

/** When a key was used last, to the hour: a request that its verifier accepted, whatever the policies said then. */
export interface LastUse {
  readonly usedAt: EpochSeconds
  /** When the secret before the last rotation was used, in its overlap; of an earlier rotation where it is older than that. */
  readonly previousSecretUsedAt?: EpochSeconds
}

/** Where the last use of a key lies: `used:<id>`. */
export const USED_PREFIX = 'used:'
const VERSION = 1
const HOUR_SECONDS = 3600
/** A key that was not used for so long has no last use any more. */
const LIFE_SECONDS = 400 * 86_400
/** Of so many keys this process knows what is stored. */
const MOST_KNOWN = 10_000

/** When a key was used last. Rejects with a `StoreError`. */
export async function lastUsed(reader: Reader, keyId: string): Promise<LastUse | undefined> {
  const entry = await reader.get(USED_PREFIX + keyId)
  return entry && decode(entry.value)
}

/** What still has to be written of last uses. */
export interface LastUses {
  readonly areWaiting: boolean
  note(keyId: string, use: LastUse): void
  /** Takes out the next one that may have to be written. */
  take(): Write | undefined
}

/**
 * Writes the last use of a key at most once an hour, whichever process it was that wrote: what is stored is read before,
 * which is cheaper than a write and keeps what another process knows.
 */
export function lastUses(store: Store): LastUses {
  const waiting = new Map<string, LastUse>()
  const known = new Map<string, LastUse>()

  function remember(keyId: string, use: LastUse): void {
    known.delete(keyId)
    known.set(keyId, use)
    const [oldest] = known.keys()
    if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest)
  }

  async function write(keyId: string, use: LastUse): Promise<void> {
    const stored = await lastUsed(store, keyId)
    if (!isNews(use, stored)) return remember(keyId, stored as LastUse)
    const latest = laterOf(use, stored)
    const options = { expiresAt: latest.usedAt + LIFE_SECONDS }
    await store.put(USED_PREFIX + keyId, JSON.stringify({ v: VERSION, ...latest }), options)
    remember(keyId, latest)
  }

  return {
    get areWaiting() {
      return waiting.size > 0
    },
    note(keyId, use) {
      if (isNews(use, known.get(keyId))) waiting.set(keyId, laterOf(use, waiting.get(keyId)))
    },
    take() {
      const [first] = waiting
      if (!first) return undefined
      const [keyId, use] = first
      waiting.delete(keyId)
      return { write: () => write(keyId, use) }
    },
  }
}

function isNews(use: LastUse, known: LastUse | undefined): boolean {
  if (!known || use.usedAt >= known.usedAt + HOUR_SECONDS) return true
  const { previousSecretUsedAt: previous } = use
  return previous !== undefined && previous >= (known.previousSecretUsedAt ?? Number.NEGATIVE_INFINITY) + HOUR_SECONDS
}

function laterOf(use: LastUse, other: LastUse | undefined): LastUse {
  const previous = Math.max(use.previousSecretUsedAt ?? 0, other?.previousSecretUsedAt ?? 0)
  const usedAt = Math.max(use.usedAt, other?.usedAt ?? 0)
  return previous > 0 ? { usedAt, previousSecretUsedAt: previous } : { usedAt }
}

/** What cannot be read counts as never used: it is written anew with the next use. */
function decode(text: string): LastUse | undefined {
  try {
    const { v, usedAt, previousSecretUsedAt: previous } = Object(JSON.parse(text))
    if (v !== VERSION || typeof usedAt !== 'number') return undefined
    return typeof previous === 'number' ? { usedAt, previousSecretUsedAt: previous } : { usedAt }
  } catch {
    return undefined
  }
}
