import type { EpochSeconds } from '../model/access.ts'
import type { LatchkeyEvent } from '../model/event.ts'
import type { GatewayTokenCloudEvent } from './gateway-token.ts'
import { azureShape } from './gateway-token.ts'

/** The media type of one event as JSON (CloudEvents JSON format 3). */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json'

/** An event in the envelope of CloudEvents 1.0. */
export interface CloudEvent {
  readonly specversion: '1.0'
  /** Unique with `source`: one event has the same id wherever it is sent, and however often. */
  readonly id: string
  readonly source: string
  readonly type: string
  /** RFC 3339, UTC: when it happened; of a notice, when it was told. */
  readonly time: string
  /** A key's id, the name of a static token, or `/gateways/` and a gateway's id. */
  readonly subject?: string
  readonly datacontenttype: 'application/json'
  /** The event as docs/events.md has it; of a gateway's token, as Azure API Management has it. */
  readonly data: LatchkeyEvent | GatewayTokenCloudEvent['data']
}

const ids = new WeakMap<LatchkeyEvent, string>()

/** Puts an event of a realm, which is told at `at`, into its envelope. */
export function cloudEvent(event: LatchkeyEvent, realm: string, at: EpochSeconds): CloudEvent {
  const { type, subject, data } = shapeOf(event)
  return {
    specversion: '1.0',
    id: idOf(event),
    source: `urn:latchkey:${encodeURIComponent(realm)}`,
    type,
    time: 'time' in event ? event.time : new Date(at * 1000).toISOString(),
    ...(subject !== undefined && { subject }),
    datacontenttype: 'application/json',
    data,
  }
}

/** By the object: two events may say the same. No id has a full stop, which separates what is signed. */
function idOf(event: LatchkeyEvent): string {
  const id = ids.get(event) ?? crypto.randomUUID()
  ids.set(event, id)
  return id
}

/** Of a gateway's token, what its operators' systems know already. */
function shapeOf(event: LatchkeyEvent): Pick<CloudEvent, 'type' | 'data'> & { readonly subject?: string | undefined } {
  if (event.type === 'gateway-token-near-expiry' || event.type === 'gateway-token-expired') return azureShape(event)
  return { type: `dev.latchkey.${event.type}`, subject: subjectOf(event), data: event }
}

function subjectOf(event: LatchkeyEvent): string | undefined {
  if ('keyId' in event) return event.keyId ?? undefined
  return event.type === 'static-slot-near-deadline' ? event.name : undefined
}
