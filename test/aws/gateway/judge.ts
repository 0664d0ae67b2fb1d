import type { Answer } from './answers.ts'
import { evaluated, MalformedAnswer, readAnswer } from './answers.ts'
import type { Placed } from './api.ts'
import { ACCOUNT, valuesOf } from './api.ts'
import { eventOf, tokenHeader } from './event.ts'
import type { Reply } from './refusals.ts'
import { plain, worded } from './refusals.ts'
import { identityOf } from './sources.ts'

/** A call of the authorizer's function, and what came of it. */
export interface Call {
  readonly event: unknown
  readonly answer?: unknown
  /** `errorMessage` of what was thrown, which is all that API Gateway reads of it. */
  readonly errorMessage?: string
}

/** What the gateway keeps from call to call. */
export interface Kept {
  /** The clock, in epoch seconds. */
  readonly now: () => number
  /** Every call so far. */
  readonly calls: Call[]
  readonly results: Map<string, { readonly answer: Answer; readonly until: number }>
}

/** Asks the authorizer of a request's API, or what is kept of its answers: whom it let pass, or what the client gets. */
export async function judge(placed: Placed, kept: Kept): Promise<Answer | Reply> {
  const { id, stage } = placed
  if (Buffer.byteLength(resourceOf(placed)) > MOST_ARN_BYTES) return plain(414, 'Request URI too long')
  const identity = shownIdentity(placed)
  if (!identity) return refused(placed, 'UNAUTHORIZED')
  const key = JSON.stringify([id, stage, ...identity])
  const known = kept.results.get(key)
  let answer = known && kept.now() < known.until ? known.answer : undefined
  if (!answer) {
    const called = await call(placed, identity, kept)
    if ('status' in called) return called
    answer = called
    const seconds = ttlOf(placed, answer)
    if (seconds > 0) kept.results.set(key, { answer, until: kept.now() + seconds })
  }
  return passes(placed, answer)
}

/** "ARN length of a method with authorization": 1,600 bytes. */
const MOST_ARN_BYTES = 1600

/**
 * Calls the function as Lambda does: event and answer are JSON, and of an error there is only its message. What was thrown
 * or is malformed is kept by nobody; AWS does not say that it is.
 */
async function call(placed: Placed, identity: readonly string[], { calls }: Kept): Promise<Answer | Reply> {
  const { api } = placed
  const event = JSON.parse(JSON.stringify(eventOf(placed, identity))) as never
  try {
    const answer: unknown = JSON.parse(JSON.stringify((await api.authorizer.handler(event)) ?? null))
    calls.push({ event, answer })
    return readAnswer(api, answer)
  } catch (error) {
    if (error instanceof MalformedAnswer) return refused(placed, 'AUTHORIZER_CONFIGURATION_ERROR')
    const { message } = error as Error
    calls.push({ event, errorMessage: message })
    // Documented of REST and WebSocket APIs; an HTTP API has no such word.
    const isWord = message === 'Unauthorized' && api.kind !== 'http'
    return refused(placed, isWord ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE')
  }
}

/** The answer's own words where it lets the request pass, else the refusal. */
function passes(placed: Placed, answer: Answer): Answer | Reply {
  const { api } = placed
  if (answer.form !== 'policy') return answer.isAuthorized ? answer : refused(placed, 'ACCESS_DENIED', answer.context)
  const evaluation = evaluated(answer.policy, resourceOf(placed))
  if (evaluation !== 'allow') return refused(placed, 'ACCESS_DENIED', answer.context)
  const { usagePlanKeys } = api
  const isKnown = usagePlanKeys?.includes(answer.usageIdentifierKey ?? '') ?? true
  return isKnown ? answer : refused(placed, 'INVALID_API_KEY', answer.context)
}

/** The resource that a policy is evaluated for: the ARN of the event. */
function resourceOf(placed: Placed): string {
  if (placed.api.kind === 'appsync') return `arn:aws:appsync:eu-central-1:${ACCOUNT}:apis/${placed.id}`
  const { methodArn, routeArn } = eventOf(placed, []) as { readonly methodArn?: string; readonly routeArn?: string }
  return methodArn ?? (routeArn as string)
}

/** Also where a token must match an expression before anybody is called, and AppSync, whose token is its identity. */
function shownIdentity(placed: Placed): readonly string[] | undefined {
  const { kind, authorizer } = placed.api
  const isToken = kind === 'rest' && authorizer.type === 'TOKEN'
  if (!isToken && kind !== 'appsync') return identityOf(placed)
  const token = valuesOf(placed.fields, isToken ? tokenHeader(placed) : 'authorization').at(-1)
  if (token === undefined || token === '') return undefined
  const isValid = authorizer.validation === undefined || new RegExp(authorizer.validation).test(token)
  return isValid ? [token] : undefined
}

/**
 * How long an answer is kept. A REST and an HTTP API keep one only where there is an identity source; AppSync asks the
 * answer itself; a WebSocket API keeps none ("Supported only for HTTP API Lambda authorizers").
 */
function ttlOf({ api: { kind, authorizer } }: Placed, answer: Answer): number {
  const { ttlSeconds = 0, identitySources = [], type } = authorizer
  if (kind === 'websocket') return 0
  if (answer.form === 'appsync') return Math.min(MOST_TTL_SECONDS, answer.ttlOverride ?? ttlSeconds)
  return identitySources.length > 0 || type === 'TOKEN' ? ttlSeconds : 0
}

const MOST_TTL_SECONDS = 3600

const STATUSES = {
  UNAUTHORIZED: [401, 'Unauthorized'],
  ACCESS_DENIED: [403, 'Forbidden'],
  INVALID_API_KEY: [403, 'Forbidden'],
  AUTHORIZER_FAILURE: [500, 'Internal Server Error'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'Internal Server Error'],
} as const

/** What each kind of API answers. Only a REST API's words can be chosen; AppSync has one answer to every refusal. */
function refused(placed: Placed, type: keyof typeof STATUSES, context: object = {}): Reply {
  const { api } = placed
  if (api.kind === 'rest') return worded(type, api, placed, context)
  if (api.kind === 'appsync') {
    const error = { errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' }
    return { ...plain(401, null, error.errorType), body: JSON.stringify({ errors: [error] }) }
  }
  const [status, message] = STATUSES[type]
  return plain(status, message)
}
