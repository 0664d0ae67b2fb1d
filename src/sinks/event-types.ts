import type { LatchkeyEvent } from '../model/event.ts'
import { EVENT_TYPES } from '../model/event.ts'

type EventType = LatchkeyEvent['type']

/** What may come once a request: an origin that is down would crowd out what happened to keys. */
const ONCE_A_REQUEST: readonly EventType[] = ['decision', 'origin-failed', 'token-issued']

/** What a webhook is sent where it names no types: all but what may come with every request. */
export const USUAL_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => !ONCE_A_REQUEST.includes(type))

/** Tells events that are wanted: patterns are types, or what types begin with and a `*`. */
export function eventFilter(patterns: readonly string[]): (event: LatchkeyEvent) => boolean {
  const wanted: ReadonlySet<string> = new Set(EVENT_TYPES.filter((type) => patterns.some((each) => fits(each, type))))
  return ({ type }) => wanted.has(type)
}

/** Whether there is a type that a pattern stands for. */
export function isEventPattern(pattern: string): boolean {
  return EVENT_TYPES.some((type) => fits(pattern, type))
}

function fits(pattern: string, type: EventType): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}
