import { base62 } from '../lib/base62.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { KeyEvent } from '../model/event.ts'
import type { PutOptions, Store } from '../model/ports.ts'
import type { Reason } from '../model/reason.ts'

/** Why one request of a genuine key was refused. Holds no token and no query. */
export interface KeyRefusal {
  /** RFC 3339, UTC. */
  readonly time: string
  readonly requestId: string
  readonly reason: Reason
  readonly method: string
  /** The matched route's path as configured. */
  readonly route: string | null
  /** As sent, without the query. */
  readonly path: string
  /** As the document lets addresses be written. */
  readonly address: string | null
}

/** What was refused to a key since the last time that this was written: the first ones in full, the others counted. */
export interface KeyRefusals {
  readonly type: 'key-refused'
  /** When the last of them was refused; RFC 3339, UTC. */
  readonly time: string
  readonly keyId: string
  readonly owner: string | null
  /** In the order in which they came. */
  readonly refusals: readonly KeyRefusal[]
  /** How many came after these. */
  readonly more: number
}

/** What stands in a key's own log. */
export type LogItem = KeyEvent | KeyRefusals

/** A page of a key's log, the newest first. */
export interface LogPage {
  readonly items: readonly LogItem[]
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string
}

/**
 * What happened to each key, kept with the keys for 30 days: every change, and the last 1,000 refusals of each process.
 * Every call rejects with a `StoreError` where the store cannot be asked.
 */
export interface KeyLog {
  /** Writes a change at once. */
  append(event: KeyEvent): Promise<void>
  /** Writes refusals in one entry. Writing the same again, after a failure, changes nothing. */
  refused(refusals: KeyRefusals): Promise<void>
  /** At most `limit` entries, 100 at most; `from` is the cursor of an earlier page. */
  read(keyId: string, page: { readonly limit: number; readonly from?: string | undefined }): Promise<LogPage>
}

/** What a log is made of. */
export interface LogParts {
  readonly store: Store
  /** Fills so many bytes from the runtime's own cryptographic generator. */
  readonly random: (bytes: number) => Uint8Array
}

export const LOG_PREFIX = 'log:'
const LIFE_SECONDS = 30 * 86_400
/** How many refusals of one key this process leaves in the store. */
const MOST_REFUSALS = 1000
/** How many entries one writing takes away: a Worker may ask its store only so often in a request. */
const MOST_DELETED = 4
/** How many entries of refusals this process remembers in all, to take them away later. */
const MOST_REMEMBERED = 20_000
const DISTINCT_BYTES = 4
/** Ids count down from here, so that a listing by id begins with the newest. */
const LAST_MILLISECOND = 999_999_999_999_999

interface Remembered {
  readonly id: string
  readonly refusals: number
}

export function keyLog({ store, random }: LogParts): KeyLog {
  /** Tells this process's entries of refusals from those of others. */
  let writer: string | undefined
  const written = new Map<string, Remembered[]>()
  let remembered = 0

  function put(item: LogItem, distinct: string): Promise<string> {
    const at = Date.parse(item.time)
    const id = `${LOG_PREFIX}${item.keyId}:${String(LAST_MILLISECOND - at).padStart(15, '0')}:${distinct}`
    const options: PutOptions = { expiresAt: endOf(at / 1000) }
    return store.put(id, JSON.stringify(item), options).then(() => id)
  }

  /** The entries of a key that hold more than its last refusals; they are forgotten here. */
  function surplusOf(keyId: string, entry: Remembered): Remembered[] {
    const entries = written.get(keyId) ?? []
    // Said again after a failure: it is remembered already.
    if (entries.at(-1)?.id === entry.id) return []
    entries.push(entry)
    remembered++
    // Puts the key behind those that were not refused for longer.
    written.delete(keyId)
    written.set(keyId, entries)
    let total = entries.reduce((sum, { refusals }) => sum + refusals, 0)
    const surplus: Remembered[] = []
    while (total > MOST_REFUSALS && entries.length > 1 && surplus.length < MOST_DELETED) {
      const oldest = entries.shift() as Remembered
      total -= oldest.refusals
      surplus.push(oldest)
    }
    remembered -= surplus.length
    forgetOldest()
    return surplus
  }

  /** What is forgotten stays in the store until its time is over. */
  function forgetOldest(): void {
    for (const [keyId, entries] of written) {
      if (remembered <= MOST_REMEMBERED) return
      written.delete(keyId)
      remembered -= entries.length
    }
  }

  return {
    async append(event) {
      await put(event, `c${base62(random(DISTINCT_BYTES))}`)
    },

    async refused(refusals) {
      writer ??= base62(random(DISTINCT_BYTES))
      const id = await put(refusals, `r${writer}`)
      const surplus = surplusOf(refusals.keyId, { id, refusals: Math.max(refusals.refusals.length, 1) })
      for (const { id } of surplus) await store.delete(id)
    },

    async read(keyId, { limit, from }) {
      const prefix = `${LOG_PREFIX}${keyId}:`
      const page = await store.list({ prefix, limit, ...(from !== undefined && { from }) })
      const items = page.items.flatMap(({ value }) => itemOf(value))
      return page.cursor === undefined ? { items } : { items, cursor: page.cursor }
    },
  }
}

function endOf(at: EpochSeconds): EpochSeconds {
  return Math.ceil(at) + LIFE_SECONDS
}

/** What is damaged must not hide the rest. */
function itemOf(value: string): LogItem[] {
  try {
    return [JSON.parse(value) as LogItem]
  } catch {
    return []
  }
}
