import { base62 } from '../lib/base62.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Store } from '../model/ports.ts'
import { batches } from './batches.ts'
import type { Held } from './counter.ts'
import type { Write } from './flusher.ts'
import type { KeyLog, KeyRefusals } from './log.ts'
import { dayOf } from './tally.ts'
import { lastUses } from './used.ts'

/** What was counted and noted since the last time, to be handed over. */
export interface Gathered {
  takeHeld(): readonly Held[]
  takeRefusals(): readonly KeyRefusals[]
}

/** What usage is written with. */
export interface WritesParts {
  readonly store: Store
  readonly now: () => EpochSeconds
  readonly random: (bytes: number) => Uint8Array
  readonly writer?: string
  readonly log?: KeyLog
}

/** The writes of a flush, one after the other. */
export interface Writes {
  /** Whether some are left of an earlier flush. */
  readonly areLeft: boolean
  /** The next one. A flush takes over what was gathered once, so that it comes to an end. */
  next(isFirst: boolean): Write | undefined
}

/** For how long usage is kept. */
const LIFE_DAYS = 400
const DAY_SECONDS = 86_400
const WRITER_BYTES = 8

/** Usage goes first: counts must not wait until a thousand keys have told when they were used. */
export function usageWrites({ store, now, random, writer, log }: WritesParts, gathered: Gathered): Writes {
  // Drawn at the first write: some hosts have no randomness before a request.
  let usage: ReturnType<typeof batches> | undefined
  const uses = lastUses(store)
  let refusals: KeyRefusals[] = []
  let isTaken = false

  function takeOver(): void {
    usage ??= batches(writer ?? base62(random(WRITER_BYTES)))
    for (const { tally, ...times } of gathered.takeHeld()) {
      if (times.usedAt > 0) uses.note(tally.key, times)
      usage.add(tally)
    }
    if (refusals.length === 0) refusals = [...gathered.takeRefusals()]
  }

  function usageWrite(): Write | undefined {
    const batch = usage?.take()
    if (!batch) return undefined
    const { id, value, day } = batch
    const options = { expiresAt: (day + 1 + LIFE_DAYS) * DAY_SECONDS }
    // Only then: an attempt that still arrives would undo what is added now.
    return { write: () => store.put(id, value, options), settled: () => batch.reopen(dayOf(now())) }
  }

  function refusalWrite(): Write | undefined {
    const next = refusals.shift()
    return next && log && { write: () => log.refused(next) }
  }

  return {
    get areLeft() {
      return usage?.isDirty === true || refusals.length > 0 || uses.areWaiting
    },
    next(isFirst) {
      if (isFirst) isTaken = false
      const left = usageWrite()
      if (left) return left
      if (!isTaken) {
        isTaken = true
        takeOver()
      }
      return usageWrite() ?? refusalWrite() ?? uses.take()
    },
  }
}
