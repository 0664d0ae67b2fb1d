import { describe, expect, test } from 'vitest'
import { isExact } from '../../adapters/aws/arn.ts'
import type { GatewayEvent } from '../../adapters/aws/event.ts'
import type { AnswerContext, PolicyAnswer, SimpleAnswer } from '../../adapters/aws/index.ts'
import { apiKey, authorizer, gatewayKey, jwt } from '../../adapters/aws/index.ts'
import type { CredentialDocument } from '../../src/document.ts'
import { isHost } from '../../src/lib/host.ts'
import { upperEscapes } from '../../src/lib/path.ts'
import { encodePath } from '../../src/lib/percent.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Reason } from '../../src/model/reason.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { statusOf } from '../../src/status.ts'
import type { Sent } from '../aws/events.ts'
import { http1Event, httpApiPath, httpEvent, restEvent, tokenEvent } from '../aws/events.ts'
import { awsStores } from './aws-stores.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { judgesAddress, skipReason, vectors } from './vector.ts'

type Shape = 'rest-token' | 'rest-request' | 'http-1.0' | 'http-simple' | 'http-iam'
type Verdict = 'allow' | 'deny' | 'unauthorized' | 'thrown'

interface Outcome {
  readonly verdict: Verdict
  readonly reason: string | undefined
  readonly context: AnswerContext | undefined
  readonly resource: string | readonly string[] | undefined
  readonly events: readonly LatchkeyEvent[]
}

const table = vectors()
const SHAPES: readonly Shape[] = ['rest-token', 'rest-request', 'http-1.0', 'http-simple', 'http-iam']
const stubStore = awsStores(table, SHAPES)

describe.each(SHAPES)('%s', (shape) => {
  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, 'aws', (each) => cannotExpress(each, shape))
      if (reason !== undefined) return context.skip(reason)
      const event = eventOf(vector, shape) as GatewayEvent
      const outcome = await decide(vector, event, shape)
      const expected = expectation(vector, event, shape)
      expect({ verdict: outcome.verdict, reason: outcome.reason }).toEqual(expected)
      if (outcome.resource !== undefined) expect(outcome.resource).toBe(arnOf(event).length > 512 ? '*' : arnOf(event))
      if (outcome.context) expect(outcome.context).toMatchObject(identityOf(vector, expected.verdict))
      const decisions = outcome.events.filter(({ type }) => type === 'decision')
      expect(decisions).toHaveLength(1)
      expect(decisions[0]).toMatchObject(vector.expect.event ?? {})
      noSecretIn(JSON.stringify(outcome), vector)
    })
  }
})

function eventOf(vector: Vector, shape: Shape): GatewayEvent | undefined {
  const sent = sentBy(vector)
  if (shape === 'rest-token') return tokenEvent(sent, onlyHeader(vector))
  if (shape === 'rest-request') return restEvent(sent)
  return shape === 'http-1.0' ? http1Event(sent) : httpEvent(sent)
}

/** A body is not in the event, but the field that announces it is. */
function sentBy({ request }: Vector): Sent {
  const { method, target, host, address, body } = request
  const isAnnounced = request.headers.some(([name]) => name.toLowerCase() === 'content-length')
  const length: Sent['headers'] = body !== undefined && !isAnnounced ? [['Content-Length', String(body.length)]] : []
  return { method, target, host, address, headers: [...request.headers, ...length] }
}

async function decide(vector: Vector, event: GatewayEvent, shape: Shape): Promise<Outcome> {
  const { document, secrets, now } = vector
  const sink = memorySink()
  stubStore(vector, shape)
  const handler = authorizer({
    document,
    verifiers: [apiKey, gatewayKey, jwt],
    secrets: env(secrets),
    sink,
    now: () => now,
    httpApiReply: shape === 'http-iam' ? 'iam' : 'simple',
  })
  const { events } = sink
  const told = () => events.flatMap((each) => (each.type === 'decision' ? [each.reason ?? undefined] : []))[0]
  try {
    const { context, ...answer } = await handler(event)
    const isAllowed = allows(answer as PolicyAnswer | SimpleAnswer)
    const resource = 'policyDocument' in answer ? answer.policyDocument.Statement[0].Resource : undefined
    return { verdict: isAllowed ? 'allow' : 'deny', reason: context.reason || undefined, context, resource, events }
  } catch (error) {
    const { message } = error as Error
    const verdict = message === 'Unauthorized' ? 'unauthorized' : 'thrown'
    const reason = verdict === 'thrown' ? message.replace('latchkey: ', '') : told()
    return { verdict, reason, context: undefined, resource: undefined, events }
  }
}

function allows(answer: PolicyAnswer | SimpleAnswer): boolean {
  if ('isAuthorized' in answer) return answer.isAuthorized
  return answer.policyDocument.Statement.every(({ Effect }) => Effect === 'Allow')
}

/** Whether a policy can name it. */
function isNamed(arn: string): boolean {
  return isExact(arn) && arn.length <= 512
}

function arnOf(event: GatewayEvent): string {
  return 'routeArn' in event ? event.routeArn : event.methodArn
}

/** By outcome and status, as a gate would answer; the row may have a word of its own for API Gateway. */
function expectation(vector: Vector, event: GatewayEvent, shape: Shape): Pick<Outcome, 'verdict' | 'reason'> {
  const { expect: expected, document } = vector
  const isRest = shape.startsWith('rest')
  const reason = expected.reason
  // A policy for such a resource would allow more than was judged; a document that is faulty is told before.
  if (shape !== 'http-simple' && !isNamed(arnOf(event)) && reason !== 'not-configured') {
    return { verdict: 'deny', reason: 'request-ambiguous' }
  }
  if (expected.aws !== undefined) {
    if (expected.aws === 'allow') return { verdict: 'allow', reason: undefined }
    return {
      verdict: expected.aws === 'unauthorized' && !isRest ? 'deny' : expected.aws,
      reason: expected.awsReason ?? reason,
    }
  }
  if (expected.outcome === 'origin') return { verdict: 'allow', reason: undefined }
  const status = reason === undefined ? expected.status : statusIn(document, reason)
  if (status === 401 && isRest) return { verdict: 'unauthorized', reason }
  return { verdict: status === 429 || status >= 500 ? 'thrown' : 'deny', reason }
}

/** gRPC clients and verify's callers get other statuses from a gate; an authorizer knows neither. */
function statusIn({ refusals }: Vector['document'], reason: Reason): number {
  const own = typeof refusals === 'object' ? refusals : { dialect: refusals ?? 'problem' }
  return statusOf(reason, own)
}

const NO_IDENTITY = { subject: '', owner: '', kind: '', type: '', name: '', permissions: '', expires: '' }

function identityOf({ expect: { identity } }: Vector, verdict: Verdict): Partial<AnswerContext> {
  if (verdict !== 'allow') return NO_IDENTITY
  const named = Object.entries(identity ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return Object.fromEntries(named.filter(([name]) => name !== 'request-id'))
}

const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: all field names and values together. */
const MOST_FIELD_BYTES = 10_240

/** Why API Gateway would never send such an event, or why the row is about what an authorizer does not do. */
function cannotExpress(vector: Vector, shape: Shape): string | undefined {
  const { request, document, expect: expected } = vector
  const { method, target, headers, host, scheme } = request
  if (expected.aws === undefined && isAboutGates(vector)) return 'about what a gate answers or passes on itself'
  if (document.proxies !== undefined) return '"proxies" does not count on AWS'
  if (scheme !== 'https') return 'API Gateway has no plain HTTP'
  if (!METHODS.has(method)) return 'API Gateway takes no such method'
  if (!target.startsWith('/') || target.includes('#')) return 'API Gateway takes the origin form only'
  if (!isHost(host) || headers.some(([name]) => name.toLowerCase() === 'host'))
    return 'API Gateway itself routes by Host'
  if (headers.some(([name, value]) => /[\0-\x08\x0a-\x1f\x7f]/.test(name + value))) return 'not HTTP'
  if (headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > MOST_FIELD_BYTES) {
    return 'API Gateway refuses more than 10,240 bytes of fields'
  }
  if (shape === 'rest-token') return cannotExpressAsToken(vector)
  if (shape === 'rest-request') return cannotExpressInRest(vector)
  return (shape === 'http-1.0' ? cannotExpressInRest(vector) : undefined) ?? cannotExpressDecoded(target)
}

/** A REST API, and an HTTP API with payload 1.0, hands the query over decoded, which matters where a credential is read in it. */
function cannotExpressInRest({ request, document }: Vector): string | undefined {
  const readsQuery = JSON.stringify(document.credentials ?? []).includes('"query"')
  const [, query] = /\?(.*)$/s.exec(request.target) ?? []
  if (!readsQuery || query === undefined) return undefined
  if (/%(?![0-9A-Fa-f]{2})/.test(query))
    return 'a REST API decodes the query, by nobody knows which rule for broken escapes'
  if (query.split('&').some((pair) => !pair.includes('='))) return 'a REST API gives an empty value for none'
  return undefined
}

/** Endpoints, verify, and what becomes of a request after the decision. */
function isAboutGates({ request, document, expect: expected }: Vector): boolean {
  if (expected.outcome === 'latchkey' || [502, 504].includes(expected.status)) return true
  const base = document.base ?? '/_latchkey'
  const isUnderBase = request.target.startsWith(`${base}/`)
  return isUnderBase && expected.reason !== 'route-unknown' && expected.reason !== 'request-ambiguous'
}

/** An HTTP API decodes a path, twice: what another path would give as well cannot be told from it. */
function cannotExpressDecoded(target: string): string | undefined {
  const [path = ''] = target.split('?')
  const decoded = httpApiPath(path)
  if (decoded === undefined) return 'an HTTP API refuses the path itself'
  return encodePath(decoded) === upperEscapes(path) ? undefined : 'an HTTP API decodes the path before it asks'
}

function cannotExpressAsToken(vector: Vector): string | undefined {
  const header = onlyHeader(vector)
  const { headers, method } = vector.request
  if (header === undefined) return 'a TOKEN authorizer is for one header place and no addresses'
  const values = headers.filter(([name]) => name.toLowerCase() === header).map(([, value]) => value)
  if (values.length > 1) return 'a TOKEN authorizer is given one value'
  if (values[0] === undefined || values[0].trim() === '') return 'API Gateway answers 401 itself without a token'
  const isPreflight = method === 'OPTIONS' && headers.some(([name]) => name.toLowerCase() === 'origin')
  return isPreflight ? 'a TOKEN authorizer sees no Origin' : undefined
}

/** The header that a TOKEN authorizer is set up with for the row's document. */
function onlyHeader(vector: Vector): string | undefined {
  const { document } = vector
  if (judgesAddress(vector) || !Array.isArray(document.credentials)) return undefined
  const bearer = [{ header: 'authorization', scheme: 'bearer' }]
  const places = document.credentials.flatMap(({ from }: CredentialDocument) => from ?? bearer)
  const different = new Set(places.map(({ header, scheme }) => JSON.stringify([header, scheme]).toLowerCase()))
  const [place] = places
  return different.size === 1 ? place?.header?.toLowerCase() : undefined
}
