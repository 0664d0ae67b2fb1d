import { isGone, pageOf } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { rowOf } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Store } from '../model/ports.ts'

export interface MemoryOptions {
  readonly now?: () => EpochSeconds
}

/** How often entries whose time is over are looked for. */
const SWEEP_SECONDS = 60

/**
 * Entries in this process: for tests, and for trying Latchkey out.
 *
 * Consistency: every read sees the last write; of two writers one gets a conflict. Nothing outlives the process, and no
 * other process sees it.
 * Limits: the process's memory; a listing sorts the whole store.
 * Cost: a look-up in a `Map`.
 */
export function memory({ now = () => Date.now() / 1000 }: MemoryOptions = {}): Store {
  const rows = new Map<string, Row>()
  let sweepAt = Number.NEGATIVE_INFINITY

  function current(id: string): Row | undefined {
    const row = rows.get(id)
    return row && !isGone(row, now()) ? row : undefined
  }

  function sweep(at: EpochSeconds): void {
    if (at < sweepAt) return
    sweepAt = at + SWEEP_SECONDS
    for (const row of rows.values()) if (isGone(row, at)) rows.delete(row.id)
  }

  return {
    get(id) {
      const row = current(id)
      return row && entryOf(row)
    },
    async put(id, value, options = {}) {
      const row = rowOf(id, value, options)
      const { ifVersion } = options
      if (ifVersion !== undefined && (current(id)?.version ?? null) !== ifVersion) return 'conflict'
      rows.set(id, row)
      sweep(now())
      return { version: row.version }
    },
    async delete(id, { ifVersion } = {}) {
      if (ifVersion !== undefined && current(id)?.version !== ifVersion) return 'conflict'
      rows.delete(id)
      return 'deleted'
    },
    async list(query) {
      const { items, ...rest } = pageOf(rows.values(), query, now())
      return { items: items.map(entryOf), ...rest }
    },
  }
}

function entryOf({ id, value, version }: Row): Entry {
  return { id, value, version }
}
