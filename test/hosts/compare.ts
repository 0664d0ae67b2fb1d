import type { LatchkeyEvent } from '../../src/model/event.ts'
import { identityDiffers, originDiffers } from './compare-origin.ts'
import { reasonOf, refusalDiffers } from './compare-refusal.ts'
import { differs, fieldOf, fieldsDiffer, jsonDiffers, parsed } from './differ.ts'
import type { Observed } from './observed.ts'
import type { Vector } from './vector.ts'

export { fieldOf } from './differ.ts'
export type { Observed, Received } from './observed.ts'

/** Everything in which an answer is not what a row expects, in words; empty where the row holds. */
export function differences(vector: Vector, observed: Observed): string[] {
  const { expect, request } = vector
  return [
    ...differs('status', expect.status, observed.status),
    ...outcomeDiffers(vector, observed),
    ...requestIdDiffers(vector, observed),
    ...(observed.events === undefined ? [] : eventDiffers(vector, observed, observed.events)),
    ...(request.method === 'HEAD' ? differs('body of HEAD', '', observed.body) : []),
    ...(expect.challenge === undefined
      ? []
      : differs('WWW-Authenticate', expect.challenge?.join(', '), fieldOf(observed.headers, 'www-authenticate'))),
    ...fieldsDiffer('reply', expect.headers, observed.headers),
    ...(expect.json === undefined ? [] : jsonDiffers(expect.json, parsed(observed.body), 'body')),
    ...(expect.reads === undefined || observed.reads === undefined
      ? []
      : differs('entries that the store was asked for', expect.reads, observed.reads)),
  ]
}

function outcomeDiffers(vector: Vector, observed: Observed): string[] {
  switch (vector.expect.outcome) {
    case 'origin':
      return [...originDiffers(vector, observed.origin), ...differs('reason', undefined, reasonOf(observed))]
    case 'latchkey':
      return [...identityDiffers(vector, observed.headers), ...nothingArrived(observed)]
    case 'refused':
      return [...refusalDiffers(vector, observed), ...nothingArrived(observed)]
  }
}

function nothingArrived({ origin }: Observed): string[] {
  return origin === undefined ? [] : ['something arrived at the origin']
}

/** Every reply has a request id, which the origin gets as well, and which no client has chosen. */
function requestIdDiffers({ request }: Vector, { headers, origin }: Observed): string[] {
  const id = fieldOf(headers, 'x-latchkey-request-id')
  if (id === undefined || !/^[\w-]{8,}$/.test(id)) return ['the reply has no request id']
  return [
    ...(request.headers.some(([, value]) => value === id) ? ['the request id is one of the client'] : []),
    ...(origin === undefined
      ? []
      : differs('request id at the origin', id, fieldOf(origin.headers, 'x-latchkey-request-id'))),
  ]
}

/** One event a request, which says what was decided, under the request's own id, and nothing of the query. */
function eventDiffers({ expect, request }: Vector, { headers }: Observed, events: readonly LatchkeyEvent[]): string[] {
  const [event, ...more] = events.filter((each) => each.type === 'decision')
  if (event === undefined || more.length > 0) return ['there is not exactly one decision event']
  const isDescribed = request.target.includes('/verify')
  // A request may be refused after it was allowed: where a header of the origin has no value.
  const isAllowed = expect.outcome !== 'refused' || (event.decision === 'allow' && expect.reason === 'not-configured')
  return [
    ...differs('decision of the event', isAllowed ? 'allow' : 'deny', event.decision),
    ...differs('reason of the event', isAllowed ? null : (expect.reason ?? null), event.reason),
    ...differs('request id of the event', fieldOf(headers, 'x-latchkey-request-id'), event.requestId),
    ...differs('query in the event', false, event.path.includes('?')),
    ...(isDescribed ? [] : differs('method of the event', request.method, event.method)),
    ...(expect.identity?.['Name'] === undefined
      ? []
      : differs('name of the event', expect.identity['Name'], event.name ?? '')),
    ...(expect.event === undefined ? [] : jsonDiffers(expect.event, event, 'event')),
  ]
}
