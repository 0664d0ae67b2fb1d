import { differs, fieldOf, parsed } from './differ.ts'
import type { Observed } from './observed.ts'
import type { Vector } from './vector.ts'

/** What is not as expected of a refusal, whatever it says beside its status. */
export function refusalDiffers({ expect }: Vector, observed: Observed): string[] {
  const observable = reasonOf(observed)
  const reason = observable === undefined ? [] : differs('reason', expect.reason, observable)
  return [
    ...reason,
    ...differs('Cache-Control of a refusal', 'no-store', fieldOf(observed.headers, 'cache-control')),
    ...(fieldOf(observed.headers, 'grpc-status') === undefined
      ? problemDiffers(observed)
      : differs('body of a trailers-only reply', '', observed.body)),
  ]
}

/** RFC 9457: what a problem body must hold beside its reason. */
function problemDiffers({ status, headers, body }: Observed): string[] {
  if (body === '' || fieldOf(headers, 'content-type') !== 'application/problem+json') return []
  const problem = parsed(body) as Record<string, unknown>
  // On verify the status is worded for the proxy, so the body's is the refusal's own.
  const isTranslated = fieldOf(headers, 'x-latchkey-reason') !== undefined
  return [
    ...differs(
      'members',
      'reason requestId status title type',
      Object.keys(problem ?? {})
        .sort()
        .join(' '),
    ),
    ...differs('type', `urn:latchkey:reason:${problem?.['reason']}`, problem?.['type']),
    ...differs('requestId', fieldOf(headers, 'x-latchkey-request-id'), problem?.['requestId']),
    ...(isTranslated ? [] : differs('status in the body', status, problem?.['status'])),
  ]
}

/** The reason, wherever this reply tells it: gRPC's message, verify's field, the problem body, the decision event. */
export function reasonOf({ headers, body, events }: Observed): string | undefined {
  const told = fieldOf(headers, 'grpc-message') ?? fieldOf(headers, 'x-latchkey-reason')
  if (told !== undefined) return told
  if (fieldOf(headers, 'content-type') === 'application/problem+json' && body !== '') {
    return String((parsed(body) as Record<string, unknown>)?.['reason'])
  }
  return events?.flatMap((event) => (event.type === 'decision' ? [event.reason ?? undefined] : []))[0]
}
