import { encodeVisible } from '../lib/percent.ts'
import { timestamps } from '../lib/time.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Sink } from '../model/ports.ts'
import type { Marks } from './marks.ts'
import { thresholdOf } from './marks.ts'

/** A configured slot of a shared secret. */
export interface ConfiguredSlot {
  /** The credential's configured name. */
  readonly credential: string
  /** Its place in the list, 0 the newest. */
  readonly slot: number
  /** Until when it counts; absent: for good. */
  readonly until?: EpochSeconds | undefined
}

/** A slot that ends soon, or has ended. */
export interface EndingSlot extends ConfiguredSlot {
  readonly until: EpochSeconds
  /** The least threshold, in days, that its end is within; 0 where it has ended. */
  readonly withinDays: number
}

/** For so long it is remembered that a slot which is still configured has ended. */
const LIFE_SECONDS = 400 * 86_400

/** The slots that end within the longest threshold, or have ended. */
export function slotsNearDeadline(
  slots: readonly ConfiguredSlot[],
  withinDays: readonly number[],
  at: EpochSeconds,
): EndingSlot[] {
  return slots.flatMap(({ credential, slot, until }) => {
    const threshold = until === undefined ? undefined : thresholdOf(until - at, [0, ...withinDays])
    return until === undefined || threshold === undefined ? [] : [{ credential, slot, until, withinDays: threshold }]
  })
}

/** Tells of each such slot once for each threshold and end. Rejects where the marks do. */
export async function tellSlots(
  slots: readonly EndingSlot[],
  { at, sink, marks }: { readonly at: EpochSeconds; readonly sink: Sink; readonly marks: Marks },
): Promise<void> {
  const timeOf = timestamps()
  for (const { credential, slot, until, withinDays } of slots) {
    const mark = `slot:${encodeVisible(credential)}:${slot}:${withinDays}:${Math.ceil(until)}`
    if (!(await marks.isFirst(mark, Math.max(at, until) + LIFE_SECONDS))) continue
    sink.write({ type: 'static-slot-near-deadline', time: timeOf(at), name: credential, slot, until: timeOf(until) })
  }
}
