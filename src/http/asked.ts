import type { Judgement, Latchkey } from '../build.ts'
import type { Settings } from '../config.ts'
import type { MatchMore } from '../endpoints.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Allowed, Refusal } from '../model/decision.ts'
import type { Defer, Sink } from '../model/ports.ts'
import type { Reply } from '../respond.ts'
import { MOST_BODY_BYTES } from './keys/operations.ts'

/**
 * Key management as a gate knows it. Which requests ask for it is in every bundle that verifies issued keys; what answers
 * them is loaded when the first one does.
 */
export interface Management {
  match(settings: Settings): MatchMore
  load(latchkey: Latchkey): Promise<Manage>
  /** Tells keys and slots that end soon, each once; for whatever a host calls now and then. */
  tellNearExpiry(latchkey: Latchkey, at: EpochSeconds, sink: Sink): Promise<void>
}

/** Answers a request that was allowed to ask, or refuses what has changed since it was judged. */
export type Manage = (
  judgement: Judgement,
  allowed: Allowed,
  body: Uint8Array,
  defer: Defer,
) => Promise<Reply | Refusal>

/** Reads what a request sends, and no more than is taken and one byte, so that too much is told from just enough. */
export async function bodyOf({ body }: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  while (reader && length <= MOST_BODY_BYTES) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    length += value.length
  }
  // Whoever sends more is not listened to any longer.
  if (length > MOST_BODY_BYTES) await reader?.cancel()
  return joined(parts)
}

/** Parts of a body as one, cut one byte behind the most that is taken. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole.subarray(0, MOST_BODY_BYTES + 1)
}
