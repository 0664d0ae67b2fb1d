import type { Field } from '../../src/http/hop-by-hop.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Vector } from './vector.ts'

/** What a gate host answered, and what its origin saw of it. */
export interface Observed {
  readonly status: number
  /** A host that joins repeated fields with ", " may hand them over joined. */
  readonly headers: readonly Field[]
  readonly body: string
  /** Absent where nothing arrived. The origin answers 200 with no body and no fields of its own. */
  readonly origin?: Received | undefined
  /** What the host's sink got, where a runner can reach it: tells the reason in dialects whose body does not. */
  readonly events?: readonly LatchkeyEvent[] | undefined
}

/** What arrived at an origin. */
export interface Received {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
}

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

/** A field's value, repeated ones joined; undefined where it is absent. */
export function fieldOf(fields: readonly Field[], name: string): string | undefined {
  const values = fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

function originDiffers(vector: Vector, received: Received | undefined): string[] {
  if (!received) return ['nothing arrived at the origin']
  const { request, expect } = vector
  return [
    ...differs('method at the origin', request.method, received.method),
    ...differs('target at the origin', expect.origin?.target ?? request.target, received.target),
    ...fieldsDiffer('origin', expect.origin?.headers, received.headers),
    ...identityDiffers(vector, received.headers),
    ...strayCredentials(vector, received),
  ]
}

const IDENTITY = ['Subject', 'Kind', 'Type', 'Name', 'Owner', 'Permissions', 'Expires', 'Request-Id']

/** Every identity field is there exactly once, whatever the row says of its value. */
function identityDiffers({ expect, request }: Vector, fields: readonly Field[]): string[] {
  const isVerify = expect.outcome === 'latchkey' && request.target.split('?')[0]?.includes('/verify')
  if (expect.outcome === 'latchkey' && !isVerify) return []
  const counts = IDENTITY.flatMap((name) => {
    const count = fields.filter(([each]) => each.toLowerCase() === `x-latchkey-${name.toLowerCase()}`).length
    return differs(`how often X-Latchkey-${name} is there`, 1, count)
  })
  const values = Object.entries(expect.identity ?? {}).flatMap(([name, value]) =>
    differs(`X-Latchkey-${name}`, value, fieldOf(fields, `x-latchkey-${name}`)),
  )
  return [...counts, ...values]
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
  ]
}

/** No secret arrives but where the row says so: in a field that it names, with a value that holds it. */
function strayCredentials({ secrets, expect }: Vector, { target, headers }: Received): string[] {
  const texts = Object.values(secrets)
    .map((text) => text.trim())
    .filter((text) => text.length >= 8)
  const expected = new Set(Object.keys(expect.origin?.headers ?? {}).map((name) => name.toLowerCase()))
  const places: Field[] = [['the target', target], ...headers.filter(([name]) => !expected.has(name.toLowerCase()))]
  const isExpected = (name: string) => name === 'the target' && expect.origin?.target === target
  return places
    .filter(([name, value]) => !isExpected(name) && texts.some((text) => value.includes(text)))
    .map(([name]) => `a credential arrived at the origin in ${name}`)
}

function refusalDiffers({ expect }: Vector, observed: Observed): string[] {
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
function reasonOf({ headers, body, events }: Observed): string | undefined {
  const told = fieldOf(headers, 'grpc-message') ?? fieldOf(headers, 'x-latchkey-reason')
  if (told !== undefined) return told
  if (fieldOf(headers, 'content-type') === 'application/problem+json' && body !== '') {
    return String((parsed(body) as Record<string, unknown>)?.['reason'])
  }
  return events?.flatMap((event) => (event.type === 'decision' ? [event.reason ?? undefined] : []))[0]
}

function fieldsDiffer(
  where: string,
  expected: Readonly<Record<string, string | null>> | undefined,
  fields: readonly Field[],
): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) =>
    differs(`${where}'s ${name}`, value ?? undefined, fieldOf(fields, name)),
  )
}

/** Members that are given must be equal; an object may have more of them. */
function jsonDiffers(expected: unknown, given: unknown, where: string): string[] {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
    return differs(where, JSON.stringify(expected), JSON.stringify(given))
  }
  if (typeof given !== 'object' || given === null) return [`${where}: expected an object`]
  return Object.entries(expected).flatMap(([key, value]) =>
    jsonDiffers(value, (given as Record<string, unknown>)[key], `${where}.${key}`),
  )
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function differs(what: string, expected: unknown, given: unknown): string[] {
  return expected === given ? [] : [`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(given)}`]
}
