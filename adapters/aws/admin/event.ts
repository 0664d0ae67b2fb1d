import type { WholeEvent, WholeRequest } from '../whole-event.ts'
import { isObject, wholeRequest } from '../whole-event.ts'

/** What the administration is called with. */
export type AdminEvent = WholeEvent | ScheduleEvent

/** A schedule's, of EventBridge. */
export interface ScheduleEvent {
  readonly 'detail-type': 'Scheduled Event'
}

/** An event, and which of the kinds it is. */
export type KnownEvent = WholeRequest | { readonly kind: 'schedule' }

/** Tells an event by its shape; undefined for one that neither a function URL, an API nor a schedule sends. */
export function knownEvent(event: unknown): KnownEvent | undefined {
  return isObject(event) && event['detail-type'] === 'Scheduled Event' ? { kind: 'schedule' } : wholeRequest(event)
}
