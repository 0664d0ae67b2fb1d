import type { EpochSeconds } from '../model/access.ts'
import type { Message } from './attempt.ts'

/** What waits to be delivered. */
export interface Queue {
  /** Whether there is no room for one more. */
  isFull(at: EpochSeconds): boolean
  /** `work` is its delivery, which takes until then at most. */
  add(message: Message, until: EpochSeconds, work: Promise<void>): void
  remove(message: Message): void
  works(): readonly Promise<void>[]
  size(): number
}

export function queueOf(most: number): Queue {
  // In the order in which they end, as each may take as long as any other.
  const held = new Map<Message, { readonly until: EpochSeconds; readonly work: Promise<void> }>()
  return {
    isFull(at) {
      // A Worker's request may end with its work: then nobody removes what it held.
      for (const [message, { until }] of held) {
        if (until >= at) break
        held.delete(message)
      }
      return held.size >= most
    },
    add: (message, until, work) => void held.set(message, { until, work }),
    remove: (message) => void held.delete(message),
    works: () => Array.from(held.values(), ({ work }) => work),
    size: () => held.size,
  }
}
