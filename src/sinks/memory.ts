import type { LatchkeyEvent } from '../model/event.ts'
import type { Sink } from '../model/ports.ts'

/** Keeps the newest events in a list, at most so many (default: all), for tests and for `explain`. */
export function memorySink(most: number = Number.POSITIVE_INFINITY): Sink & { readonly events: LatchkeyEvent[] } {
  const events: LatchkeyEvent[] = []
  return {
    events,
    write(event) {
      events.push(event)
      if (events.length > most) events.shift()
    },
  }
}
