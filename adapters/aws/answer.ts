import type { Judgement } from '../../src/build.ts'
import { identityHeaders } from '../../src/identity.ts'
import type { Decision, Refusal } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'

/** A REST authorizer's answer, and an HTTP API's where simple responses are off. */
export interface PolicyAnswer {
  readonly principalId: string
  readonly policyDocument: {
    readonly Version: '2012-10-17'
    readonly Statement: readonly [
      { readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string },
    ]
  }
  readonly context: AnswerContext
}

/** An HTTP API's answer where simple responses are on. */
export interface SimpleAnswer {
  readonly isAuthorized: boolean
  readonly context: AnswerContext
}

/** `$context.authorizer.*`: flat texts, as REST APIs take nothing else. */
export type AnswerContext = Readonly<Record<string, string>>

/** Thrown where API Gateway must answer 401 (the message has to be exactly this) or must not cache (any other). */
export class Thrown extends Error {
  override name = 'Thrown'
}

/** Answers with a policy that names exactly what was judged. */
export function policyAnswer(judgement: Judgement, status: number, arn: string, isRest: boolean): PolicyAnswer {
  const { decision } = judgement
  const refusal = decision.allow ? wildcardIn(arn) : decision.refusal
  if (refusal) throwWhereNeeded(refusal, status, isRest)
  return {
    principalId: principalId(decision),
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: refusal ? 'Deny' : 'Allow', Resource: arn }],
    },
    context: contextOf(judgement, refusal),
  }
}

/** Answers yes or no. HTTP APIs make a 403 of every no; the reason is in the context. */
export function simpleAnswer(judgement: Judgement, status: number): SimpleAnswer {
  const { decision } = judgement
  const refusal = decision.allow ? undefined : decision.refusal
  if (refusal) throwWhereNeeded(refusal, status, false)
  return { isAuthorized: decision.allow, context: contextOf(judgement, refusal) }
}

/** A path may hold what IAM reads as a wildcard: such a policy would allow more than was judged. */
function wildcardIn(arn: string): Refusal | undefined {
  const [, , , ...path] = arn.split('/')
  return /[*?$]/.test(path.join('/')) ? { reason: 'request-ambiguous' } : undefined
}

/** 401 on REST is this word, thrown; an outage or a limit is thrown so that its answer is never cached. */
function throwWhereNeeded({ reason }: Refusal, status: number, isRest: boolean): void {
  if (status === 401 && isRest) throw new Thrown('Unauthorized')
  if (status === 429 || status >= 500) throw new Thrown(`latchkey: ${reason}`)
}

function principalId(decision: Decision): string {
  const principal = knownOf(decision)
  return principal ? (principal.owner ?? principal.subject) : 'anonymous'
}

function knownOf({ principal }: Decision): Principal | undefined {
  return principal === 'anonymous' ? undefined : principal
}

/** The identity headers by their short names: `X-Latchkey-Request-Id` is `requestId`. */
function contextOf({ access, decision }: Judgement, refusal: Refusal | undefined): AnswerContext {
  const identity = identityHeaders(refusal ? 'anonymous' : (knownOf(decision) ?? 'anonymous'), access.requestId)
  const named = identity.map(([name, value]) => [shortName(name), value] as const)
  return { ...Object.fromEntries(named), reason: refusal?.reason ?? '' }
}

function shortName(header: string): string {
  const name = header.slice('X-Latchkey-'.length).replaceAll('-', '')
  return name.charAt(0).toLowerCase() + name.slice(1)
}
