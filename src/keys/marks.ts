import type { EpochSeconds } from '../model/access.ts'
import type { Page, Store } from '../model/ports.ts'

/** Remembers what was told, so that it is told once. */
export interface Marks {
  /** Whether nobody has told it before; from now on somebody has, until the time given at least. */
  isFirst(mark: string, until: EpochSeconds): Promise<boolean>
}

/** Where it is kept: `mark:<what>`. */
export const MARK_PREFIX = 'mark:'
const PAGE = 100

/**
 * Marks in a store, for all processes. Reads all that are there, as most of what is asked about was told before; of two
 * who set the same mark at once one is the first, but on Workers KV both may be. Rejects with a `StoreError`.
 */
export async function storedMarks(store: Store): Promise<Marks> {
  const known = new Set<string>()
  let from: string | undefined
  do {
    const page: Page = await store.list({ prefix: MARK_PREFIX, limit: PAGE, ...(from !== undefined && { from }) })
    for (const { id } of page.items) known.add(id)
    from = page.cursor
  } while (from !== undefined)
  return {
    async isFirst(mark, until) {
      const id = MARK_PREFIX + mark
      if (known.has(id)) return false
      known.add(id)
      return (await store.put(id, '1', { ifVersion: null, expiresAt: until })) !== 'conflict'
    },
  }
}

/**
 * The same without reading those that are there: for what is asked about seldom, and told at most once by each process.
 * Rejects with a `StoreError`.
 */
export function singleMarks(store: Pick<Store, 'put'>): Marks {
  return {
    async isFirst(mark, until) {
      return (await store.put(MARK_PREFIX + mark, '1', { ifVersion: null, expiresAt: until })) !== 'conflict'
    },
  }
}

/** Marks of this process alone, where there is no store. */
export function processMarks(): Marks {
  const known = new Set<string>()
  return {
    async isFirst(mark) {
      const isFirst = !known.has(mark)
      known.add(mark)
      return isFirst
    },
  }
}

const DAY_SECONDS = 86_400

/** The least of some thresholds in days that so many seconds are within; undefined: none. */
export function thresholdOf(seconds: number, withinDays: readonly number[]): number | undefined {
  const reached = withinDays.filter((days) => seconds <= days * DAY_SECONDS)
  return reached.length === 0 ? undefined : Math.min(...reached)
}
