import type { Latchkey } from '../../src/build.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { after, isLater } from '../../src/lib/maybe.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { notice } from '../../src/notice.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { statusOf } from '../../src/status.ts'
import type { PolicyAnswer, SimpleAnswer } from './answer.ts'
import { answer, NoAnswer } from './answer.ts'
import type { LambdaKind } from './api-key.ts'
import type { AuthorizerEvent } from './event.ts'
import { known } from './event.ts'
import { tell } from './request.ts'
import { secretsOf } from './secrets.ts'

export type { AnswerContext, PolicyAnswer, SimpleAnswer } from './answer.ts'
export type { LambdaKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { AuthorizerEvent } from './event.ts'
export { gatewayKey } from './gateway-key.ts'
export { jwt } from './jwt.ts'

export interface AuthorizerOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument | undefined
  /** The kinds of credential beside static tokens: `[apiKey]`. A document that has another one is faulty. */
  readonly verifiers?: readonly LambdaKind[]
  /**
   * How an HTTP API is answered, as its event does not tell: `simple` where the authorizer has simple responses on, `iam`
   * where it has not. Default: the variable `LATCHKEY_AWS_REPLY`, else `simple`.
   */
  readonly httpApiReply?: 'simple' | 'iam'
  /**
   * The base path mapping of a custom domain, written `/v1`: with a slash before it and none behind. Default: the variable
   * `LATCHKEY_AWS_BASE_PATH`, else none.
   */
  readonly basePath?: string
  /** Default: the function's environment, and what lies where it says. */
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
  const secrets = options.secrets ?? secretsOf(variables, sink)
  const httpApiReply = options.httpApiReply ?? (variables['LATCHKEY_AWS_REPLY'] === 'iam' ? 'iam' : 'simple')
  const basePath = options.basePath ?? variables['LATCHKEY_AWS_BASE_PATH'] ?? ''
  const warned = new Set<string>()
  let loaded: Maybe<Latchkey> | undefined

  function latchkey(): Maybe<Latchkey> {
    const host = { now, elapsed: milliseconds, digests: nodeDigests(), sink }
    const text = variables['LATCHKEY_CONFIG'] || undefined
    const { document, verifiers = [] } = options
    const equipment = verifiers[0]?.together(verifiers, [], variables)
    return (loaded ??= after(secrets, (source) =>
      load({ text, document }, { ...host, secrets: source }, { transport: 'any' }, equipment),
    ))
  }

  /** The operator is told each thing once: a client can repeat what it does as often as it likes. */
  function warn(message: string | undefined): void {
    if (message === undefined || warned.has(message)) return
    warned.add(message)
    notice({ sink }, 'warn', message)
  }

  // What lies elsewhere is read while the function is being made. A failure is told to the first event.
  if (isLater(secrets)) secrets.then(latchkey).then((built) => built.warm(), nothingRunsLater)

  return async function handler(event) {
    const recognised = known(event)
    if (!recognised) {
      warn('refused an event that no REST or HTTP API sends')
      throw new NoAnswer('latchkey: not-configured')
    }
    if (variables['LATCHKEY_AUTH']) warn('LATCHKEY_AUTH is ignored here')
    const authority = await latchkey()
    const { settings } = authority
    const { access, arn, form, objection } = tell(recognised, { settings, httpApiReply, basePath, at: now() })
    warn(objection?.detail)
    const question = { defer: nothingRunsLater }
    const judgement = await authority.judgeWhat(() => objection ?? access, access, question)
    const { decision } = judgement
    const status = decision.allow ? 200 : statusOf(decision.refusal.reason, settings.refusals)
    return answer(judgement, status, arn, form)
  }
}

/** A refresh that nobody waits for is frozen with the function and goes on at its next call. */
function nothingRunsLater(): void {}

/** Node loads `performance`, and streams and sockets with it, at its first touch; this clock is always there. */
function milliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
