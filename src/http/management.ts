import type { Judgement, Latchkey } from '../build.ts'
import type { Target } from '../lib/path.ts'
import type { Allowed, Match } from '../model/decision.ts'
import type { Reply } from '../respond.ts'

/** The most that a request to key management may send. One byte more is read, so that too much is told from just enough. */
export const MOST_BODY_BYTES = 65_536

/**
 * Key management as a gate knows it. Which requests ask for it is in every bundle that verifies issued keys; what answers
 * them is loaded when the first one does.
 */
export interface Management {
  /** What a request under `base` is matched with; undefined: it asks for something else. */
  match(target: Target, method: string, isPreflight: boolean): Match | undefined
  load(latchkey: Latchkey): Promise<Manage>
}

/** Answers a request that was allowed to ask. */
export type Manage = (judgement: Judgement, allowed: Allowed, body: Uint8Array) => Promise<Reply>

/** Reads what a request sends, and no more than is taken. */
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
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const whole = new Uint8Array(length)
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole.subarray(0, MOST_BODY_BYTES + 1)
}
