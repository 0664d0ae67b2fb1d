import type { Identity } from '../../../src/caller.ts'
import type { Notice } from '../../../src/model/decision.ts'
import type { Reply } from '../../../src/respond.ts'
import type { WholeRequest } from '../whole-event.ts'
import { isObject } from '../whole-event.ts'

/** What a function URL or an API takes for an answer. */
export interface GuardReply {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  /** In the place of `headers` where the event has them too. */
  readonly multiValueHeaders?: Readonly<Record<string, string[]>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** Writes a reply in the dialect of the event that asks for it. HEAD has no body (RFC 9110 9.3.2). */
export function replyTo({ kind, event }: WholeRequest, { status, headers, body }: Reply): GuardReply {
  const method = kind === 'url' ? event.requestContext.http.method : event.httpMethod
  const common = { statusCode: status, body: method === 'HEAD' ? '' : body, isBase64Encoded: false }
  const fields = Object.entries(headers)
  if (kind === 'proxy' && event.multiValueHeaders) {
    return { ...common, multiValueHeaders: Object.fromEntries(fields.map(([name, value]) => [name, [value].flat()])) }
  }
  return { ...common, headers: Object.fromEntries(fields.map(([name, value]) => [name, [value].flat().join(', ')])) }
}

/** What a request that has passed is told beside what its handler says. */
export interface Told {
  readonly caller: Identity
  readonly fields: readonly Notice[]
}

/**
 * A handler's answer with what the gate tells, as a gate's origin would be heard: the gate's own fields are the gate's, and
 * what a credential was needed for enters no shared cache unless the handler has said so itself. What is no answer of the
 * event's format is left as it is.
 */
export function toldIn(answer: unknown, { caller, fields }: Told, { kind }: WholeRequest): unknown {
  const structured = structuredIn(answer, kind)
  if (!structured) return answer
  const { headers, multiValueHeaders } = structured
  const saysCaching = [headers, multiValueHeaders].some((each) => namesIn(each).includes('cache-control'))
  const caching = caller.kind === 'anonymous' || saysCaching ? [] : [['Cache-Control', 'private'] as const]
  const told = [...fields, ...caching]
  if (told.length === 0) return answer
  const own = new Set(told.map(([name]) => name.toLowerCase()))
  return {
    ...structured,
    headers: { ...without(headers, own), ...Object.fromEntries(told) },
    ...(isObject(multiValueHeaders) && { multiValueHeaders: without(multiValueHeaders, own) }),
  }
}

/**
 * What a handler answers as the platform would read it: under payload 2.0 what has no status code is the body of a 200, as
 * JSON. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
function structuredIn(answer: unknown, kind: WholeRequest['kind']): Readonly<Record<string, unknown>> | undefined {
  if (isObject(answer) && answer['statusCode'] !== undefined) return answer
  if (kind === 'proxy' || !(isObject(answer) || typeof answer === 'string')) return undefined
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: typeof answer === 'string' ? answer : JSON.stringify(answer),
    isBase64Encoded: false,
  }
}

function namesIn(fields: unknown): string[] {
  return Object.keys(Object(fields)).map((name) => name.toLowerCase())
}

function without(fields: unknown, names: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(Object(fields)).filter(([name]) => !names.has(name.toLowerCase())))
}
