import type { EpochSeconds } from '../model/access.ts'
import type { Tally } from './tally.ts'
import { count, dayOf, requestsOf, tallyOf } from './tally.ts'

/** One proved request of a key. */
export interface Counted {
  readonly key: string
  readonly owner: string | null
  /** Why it was refused; undefined: it was not. */
  readonly reason: string | undefined
  /** The matched route's path as configured. */
  readonly pattern: string | undefined
  readonly at: EpochSeconds
}

/** What was counted of a key since it was handed over last. */
export interface Held {
  readonly tally: Tally
  /** When the key was accepted last; 0: not at all. */
  usedAt: EpochSeconds
  /** When it was by the secret before the last rotation. */
  previousSecretUsedAt?: EpochSeconds
}

/** Counts requests in memory, for every request: two look-ups in maps. */
export interface Counter {
  /** Requests since the last handing over. */
  readonly requests: number
  /** Requests that were let go of to make room; 0 after it was asked. */
  takeLost(): number
  count(request: Counted): Held
  /** Hands all over and begins anew. */
  take(): Held[]
}

/** So many keys and days are held between two flushes, 5 to 25 MB; the oldest are let go of. */
const MOST_HELD = 10_000

export function counter(): Counter {
  let current = new Map<string, Held>()
  /** It stays where it is: from the beginning it would step over all that is gone, each time. */
  let oldestFirst = current.values()
  /** Of another day or owner: what is counted of a key now is counted apart. */
  let closed: Held[] = []
  let requests = 0
  let lost = 0

  function opened({ key, owner, at }: Counted): Held {
    makeRoom()
    const held = { tally: tallyOf(key, owner, at), usedAt: 0 }
    current.set(key, held)
    return held
  }

  function makeRoom(): void {
    if (current.size + closed.length < MOST_HELD) return
    const oldest = closed.shift() ?? takeOldest()
    lost += requestsOf(oldest.tally)
  }

  function takeOldest(): Held {
    const oldest = oldestFirst.next().value as Held
    current.delete(oldest.tally.key)
    return oldest
  }

  return {
    get requests() {
      return requests
    },
    takeLost() {
      const before = lost
      lost = 0
      return before
    },
    count(request) {
      const { key, owner, reason, pattern, at } = request
      let held = current.get(key)
      if (held && (held.tally.owner !== owner || held.tally.day !== dayOf(at))) {
        current.delete(key)
        closed.push(held)
        held = undefined
      }
      held ??= opened(request)
      count(held.tally, reason, pattern, at)
      requests++
      return held
    },
    take() {
      const all = [...closed, ...current.values()]
      current = new Map()
      oldestFirst = current.values()
      closed = []
      requests = 0
      return all
    },
  }
}
