import type { Judgement } from '../../src/build.ts'
import type { Identity } from '../../src/identity.ts'
import { identityOf } from '../../src/identity.ts'
import type { Refusal } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Statements } from './policy/statements.ts'
import { MOST_IN_A_RESOURCE } from './policy/statements.ts'

/** The answer to REST and WebSocket APIs, and to HTTP APIs where simple responses are off. */
export interface PolicyAnswer {
  readonly principalId: string
  readonly policyDocument: { readonly Version: '2012-10-17'; readonly Statement: Statements }
  readonly context: AnswerContext
  /** The key of a usage plan, where API Gateway is to count by it. */
  readonly usageIdentifierKey?: string
}

/** An HTTP API's answer where simple responses are on. */
export interface SimpleAnswer {
  readonly isAuthorized: boolean
  readonly context: AnswerContext
}

/** An answer to AppSync. */
export interface GraphqlAnswer {
  readonly isAuthorized: boolean
  readonly resolverContext: AnswerContext
  /** As `Type.field`. */
  readonly deniedFields: readonly string[]
  /** For how many seconds AppSync keeps it. */
  readonly ttlOverride: number
}

export type Answer = PolicyAnswer | SimpleAnswer | GraphqlAnswer

/** `$context.authorizer.*`: flat texts, as REST APIs take nothing else. Each is always there, empty where there is nothing. */
export type AnswerContext = Identity & { readonly reason: string }

/** How an API is answered: `rest` by policies and a thrown 401, `iam` by policies, `simple` by yes or no. */
export type Form = 'rest' | 'simple' | 'iam'

/** Translates a judgement; `status` is what a gate would answer. */
export type Answerer = (judgement: Judgement, status: number) => Answer

/** What API Gateway must not take for an answer, and so must not cache. Its message is all that the gateway reads. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** Of what an authorizer's answer may hold at most, 8 KB; all of it is ASCII. */
export const MOST_CHARACTERS = 8192
/** What permissions may take of it, beside an ARN and the other fields. */
const MOST_PERMISSIONS = 5000

/** Translates a judgement; throws where API Gateway has no other word for it. `status` is what a gate would answer. */
export function answer(judgement: Judgement, status: number, arn: string, form: Form): PolicyAnswer | SimpleAnswer {
  const { access, decision } = judgement
  const refusal = decision.allow ? undefined : decision.refusal
  if (refusal) throwWhereNeeded(refusal, status, form)
  const identity = contextOf(decision.allow ? decision.principal : 'anonymous', access.requestId, refusal?.reason)
  const isTooMuch = identity.permissions.length > MOST_PERMISSIONS
  const isAuthorized = decision.allow && !isTooMuch
  const context = isTooMuch ? contextOf('anonymous', access.requestId, 'not-configured') : identity
  if (form === 'simple') return { isAuthorized, context }
  const Effect = isAuthorized ? 'Allow' : 'Deny'
  // What is too long for a policy is denied with all else.
  const Resource = isAuthorized || arn.length <= MOST_IN_A_RESOURCE ? arn : '*'
  return policyAnswer(context, [{ Action: 'execute-api:Invoke', Effect, Resource }])
}

export function policyAnswer(context: AnswerContext, Statement: Statements): PolicyAnswer {
  const principalId = context.owner || context.subject || 'anonymous'
  return { principalId, policyDocument: { Version: '2012-10-17', Statement }, context }
}

/** 401 on REST is exactly this word, thrown; a limit or an outage is thrown so that it is never cached. */
export function throwWhereNeeded({ reason }: Refusal, status: number, form: Form): void {
  if (status === 401 && form === 'rest') throw new NoAnswer('Unauthorized')
  if (status === 429 || status >= 500) throw new NoAnswer(`latchkey: ${reason}`)
}

/** Who called, and why nobody may pass. */
export function contextOf(principal: Principal | 'anonymous', requestId: string, reason = ''): AnswerContext {
  return { ...identityOf(principal, requestId), reason }
}
