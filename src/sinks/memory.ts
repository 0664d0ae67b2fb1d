import type { LatchkeyEvent } from '../model/event.ts'
import type { Sink } from '../model/ports.ts'

/** Keeps events in a list, for tests and for `explain`. */
export function memorySink(): Sink & { readonly events: LatchkeyEvent[] } {
  const events: LatchkeyEvent[] = []
  return { events, write: (event) => void events.push(event) }
}
