import type { EpochSeconds } from '../model/access.ts'
import type { Limiter, Quota, Taken } from '../model/ports.ts'
import { StoreError } from '../model/store-error.ts'
import { counterId, goneAt, takenOf } from './counter.ts'

export interface MemoryOptions {
  /** Default 100,000, which is some 20 MB. */
  readonly mostCounters?: number
}

/** A limiter that nobody has to wait for. */
export interface MemoryLimiter extends Limiter {
  take(quotas: readonly Quota[], at: EpochSeconds): Taken
}

interface Counter {
  used: number
  readonly goneAt: EpochSeconds
}

/** How often counters whose window is over are looked for. */
const SWEEP_SECONDS = 60

/**
 * Counts in this process.
 *
 * Exactness: exact in one process. Others count for themselves, so that N of them allow up to N times as many; and every
 * start begins at 0.
 * Limits: `mostCounters` windows at once; a request that needs one more fails as `full`.
 * Cost: a look-up in a `Map` for each quota, with no waiting.
 */
export function memory({ mostCounters = 100_000 }: MemoryOptions = {}): MemoryLimiter {
  const counters = new Map<string, Counter>()
  // The same quotas come again and again: an id that is put together anew costs more than the counting.
  const known = new WeakMap<Quota, string>()
  let sweptAt = Number.NEGATIVE_INFINITY

  function sweep(at: EpochSeconds, everySeconds: number): void {
    if (at < sweptAt + everySeconds) return
    sweptAt = at
    for (const [id, counter] of counters) if (counter.goneAt <= at) counters.delete(id)
  }

  function makeRoom(added: number, at: EpochSeconds): void {
    sweep(at, counters.size + added > mostCounters ? 1 : SWEEP_SECONDS)
    if (counters.size + added <= mostCounters) return
    throw new StoreError('memory', 'full', `all of ${mostCounters} counters are in use`)
  }

  function idOf(quota: Quota): string {
    let id = known.get(quota)
    if (id === undefined) {
      id = counterId(quota)
      known.set(quota, id)
    }
    return id
  }

  return {
    take(quotas, at) {
      const ids = quotas.map(idOf)
      const found = ids.map((id) => counters.get(id))
      const used = found.map((counter) => counter?.used ?? 0)
      const isAllowed = quotas.every(({ requests }, place) => (used[place] as number) < requests)
      if (!isAllowed) return takenOf(quotas, false, used)
      const added = found.filter((counter) => !counter).length
      if (added > 0) makeRoom(added, at)
      for (let place = 0; place < ids.length; place++) {
        const counter = found[place]
        if (counter) counter.used++
        else counters.set(ids[place] as string, { used: 1, goneAt: goneAt(quotas[place] as Quota) })
      }
      return takenOf(
        quotas,
        true,
        used.map((count) => count + 1),
      )
    },
  }
}
