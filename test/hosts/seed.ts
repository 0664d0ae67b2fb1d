import type { Limiter, Store } from '../../src/model/ports.ts'
import type { Vector } from './vector.ts'

/**
 * Puts what rows begin with into a store: their entries, and what is used of their quotas. Rows may share a store, as every
 * entry is one row's or the same for all that have it.
 */
export async function seed(
  rows: readonly Pick<Vector, 'name' | 'store'>[],
  store: Store,
  limiter: Limiter,
): Promise<void> {
  const known = new Map<string, string>()
  for (const { name, store: kept } of rows) {
    for (const { id, value, index } of kept?.entries ?? []) {
      if ((known.get(id) ?? value) !== value) throw new Error(`${name}: ${id} is there with another value`)
      if (known.has(id)) continue
      known.set(id, value)
      await store.put(id, value, index && { index })
    }
    for (const { quota, times } of kept?.used ?? []) {
      for (let time = 0; time < times; time++) await limiter.take([quota], quota.startsAt)
    }
  }
}
