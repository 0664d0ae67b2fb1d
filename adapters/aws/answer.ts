import type { Judgement } from '../../src/build.ts'
import { identityHeaders } from '../../src/identity.ts'
import type { Refusal } from '../../src/model/decision.ts'

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

/** `$context.authorizer.*`: flat texts, as REST APIs take nothing else. Each is always there, empty where there is nothing. */
export type AnswerContext = Readonly<
  Record<'subject' | 'owner' | 'kind' | 'type' | 'name' | 'permissions' | 'expires' | 'requestId' | 'reason', string>
>

/** How an API is answered: `rest` by policies and a thrown 401, `iam` by policies, `simple` by yes or no. */
export type Form = 'rest' | 'simple' | 'iam'

/** What API Gateway must not take for an answer, and so must not cache. Its message is all that the gateway reads. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** Translates a judgement; throws where API Gateway has no other word for it. `status` is what a gate would answer. */
export function answer(judgement: Judgement, status: number, arn: string, form: Form): PolicyAnswer | SimpleAnswer {
  const { decision } = judgement
  const refusal = decision.allow ? undefined : decision.refusal
  if (refusal) throwWhereNeeded(refusal, status, form)
  const context = contextOf(judgement, refusal)
  if (form === 'simple') return { isAuthorized: decision.allow, context }
  const Effect = decision.allow ? 'Allow' : 'Deny'
  return {
    principalId: context.owner || context.subject || 'anonymous',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: arn }],
    },
    context,
  }
}

/** 401 on REST is exactly this word, thrown; a limit or an outage is thrown so that it is never cached. */
function throwWhereNeeded({ reason }: Refusal, status: number, form: Form): void {
  if (status === 401 && form === 'rest') throw new NoAnswer('Unauthorized')
  if (status === 429 || status >= 500) throw new NoAnswer(`latchkey: ${reason}`)
}

/** The identity headers by their short names: `X-Latchkey-Request-Id` is `requestId`. A refused caller has no identity. */
function contextOf({ access, decision }: Judgement, refusal: Refusal | undefined): AnswerContext {
  const headers = identityHeaders(decision.allow ? decision.principal : 'anonymous', access.requestId)
  const identity = Object.fromEntries(headers.map(([name, value]) => [shortName(name), value]))
  return { ...identity, reason: refusal?.reason ?? '' } as AnswerContext
}

function shortName(header: string): string {
  const name = header.slice('X-Latchkey-'.length).replaceAll('-', '')
  return name.charAt(0).toLowerCase() + name.slice(1)
}
