import type { Judgement, Latchkey } from '../../src/build.ts'
import type { CheckedDocument } from '../../src/checked.ts'
import type { Document } from '../../src/config.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { load } from '../../src/load.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { statusOf } from '../../src/status.ts'
import { httpAccess, restAccess, tokenAccess } from './access.ts'
import type { PolicyAnswer, SimpleAnswer } from './answer.ts'
import { policyAnswer, simpleAnswer } from './answer.ts'
import type { AuthorizerEvent, HttpRequestEvent, RestRequestEvent, TokenEvent } from './event.ts'
import { shapeOf } from './event.ts'

export type { PolicyAnswer, SimpleAnswer } from './answer.ts'
export type { AuthorizerEvent } from './event.ts'

export interface AuthorizerOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: Document | CheckedDocument | undefined
  /**
   * How an HTTP API is answered, as its event does not tell: `simple` where the authorizer has simple responses on, `iam`
   * where it has not. Default: the variable `LATCHKEY_AWS_REPLY`, else `simple`.
   */
  readonly httpApiReply?: 'simple' | 'iam'
  /** The base path mapping of a custom domain, such as `/v1`. Default: the variable `LATCHKEY_AWS_BASE_PATH`, else none. */
  readonly basePath?: string
  /** Default: the function's environment. */
  readonly secrets?: SecretSource
  /** Default: JSON lines on the console, which CloudWatch reads. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** A Lambda handler that answers in the dialect of whatever asked it. */
export type AuthorizerHandler = (event: AuthorizerEvent) => Promise<PolicyAnswer | SimpleAnswer>

/** The Lambda authorizer of API Gateway's REST and HTTP APIs. */
export function authorizer(options: AuthorizerOptions): AuthorizerHandler {
  const variables = process.env
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const secrets = options.secrets ?? env(variables)
  const reply = options.httpApiReply ?? (variables['LATCHKEY_AWS_REPLY'] === 'iam' ? 'iam' : 'simple')
  const basePath = options.basePath ?? variables['LATCHKEY_AWS_BASE_PATH'] ?? ''
  let loaded: Maybe<Latchkey> | undefined

  function latchkey(): Maybe<Latchkey> {
    const host = { now, elapsed: () => performance.now(), digests: nodeDigests(), secrets, sink }
    const text = variables['LATCHKEY_CONFIG'] || undefined
    return (loaded ??= load({ text, document: options.document }, host, { transport: 'any' }))
  }

  function judge(authority: Latchkey, access: Access): Maybe<Judgement> {
    // Nothing runs after the reply: a refresh that is not waited for goes on at the next call.
    return authority.judge(access, { defer: () => undefined, endpoints: false })
  }

  function tokenJudgement(authority: Latchkey, event: TokenEvent): Maybe<Judgement> {
    const { credentials, addresses } = authority.settings
    const places = new Set(credentials.flatMap((credential) => credential.places))
    const [place, ...more] = places
    const access = tokenAccess(event, place?.kind === 'header' ? place.name : 'authorization', now())
    if (place?.kind === 'header' && more.length === 0 && !addresses) return judge(authority, access)
    const message = 'a TOKEN authorizer sees one header and no address: use a REQUEST authorizer for this document'
    sink.write({ type: 'notice', level: 'error', message })
    const refusal = { reason: 'not-configured' as const }
    return { access, decision: { allow: false, refusal, principal: undefined, match: undefined }, snapshot: undefined }
  }

  return async function handler(event) {
    const shape = shapeOf(event)
    const authority = await latchkey()
    switch (shape) {
      case 'rest-token':
        return answer(
          authority,
          await tokenJudgement(authority, event as TokenEvent),
          (event as TokenEvent).methodArn,
          'rest',
        )
      case 'rest-request': {
        const request = event as RestRequestEvent
        return answer(
          authority,
          await judge(authority, restAccess(request, basePath, now())),
          request.methodArn,
          'rest',
        )
      }
      case 'http': {
        const request = event as HttpRequestEvent
        return answer(authority, await judge(authority, httpAccess(request, basePath, now())), request.routeArn, reply)
      }
      case undefined:
        sink.write({ type: 'notice', level: 'error', message: 'this event is no authorizer event of API Gateway' })
        throw new Error('latchkey: not-configured')
    }
  }
}

function answer(
  { settings }: Latchkey,
  judgement: Judgement,
  arn: string,
  form: 'rest' | 'simple' | 'iam',
): PolicyAnswer | SimpleAnswer {
  const { decision } = judgement
  const status = decision.allow ? 200 : statusOf(decision.refusal.reason, settings.refusals)
  return form === 'simple' ? simpleAnswer(judgement, status) : policyAnswer(judgement, status, arn, form === 'rest')
}
