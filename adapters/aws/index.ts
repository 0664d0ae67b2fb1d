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
import type { Answer, GraphqlAnswer, PolicyAnswer, SimpleAnswer } from './answer.ts'
import { answer, NoAnswer } from './answer.ts'
import type { LambdaKind } from './api-key.ts'
import type { AuthorizerEvent, GraphqlEvent } from './event.ts'
import type { AnswerToKeep } from './kept.ts'
import type { Deployment } from './request.ts'
import { tell } from './request.ts'
import { secretsOf } from './secrets.ts'
import { sinkOf } from './sink.ts'
import { milliseconds } from './stopwatch.ts'

export type { Answer, AnswerContext, GraphqlAnswer, PolicyAnswer, SimpleAnswer } from './answer.ts'
export type { LambdaKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { AuthorizerEvent, GatewayEvent } from './event.ts'
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
  /** Default: JSON lines on the console, which CloudWatch reads, as metrics too where `LATCHKEY_AWS_METRICS` says so. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** A Lambda handler that answers in the dialect of whatever asked it. */
export type AuthorizerHandler = <Event extends AuthorizerEvent>(event: Event) => Promise<AnswerTo<Event>>

/** AppSync is answered in a dialect of its own. */
export type AnswerTo<Event> = Event extends GraphqlEvent ? GraphqlAnswer : PolicyAnswer | SimpleAnswer

/** The Lambda authorizer of API Gateway's REST, HTTP and WebSocket APIs, and of AppSync. */
export function authorizer(options: AuthorizerOptions): AuthorizerHandler {
  const variables = process.env
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const secrets = options.secrets ?? secretsOf(variables, sink)
  const httpApiReply = options.httpApiReply ?? (variables['LATCHKEY_AWS_REPLY'] === 'iam' ? 'iam' : 'simple')
  const basePath = options.basePath ?? variables['LATCHKEY_AWS_BASE_PATH'] ?? ''
  const warned = new Set<string>()
  let loaded: Maybe<Latchkey> | undefined
  let answerKept: AnswerToKeep | undefined

  function latchkey(): Maybe<Latchkey> {
    return (loaded ??= after(secrets, (source) =>
      after(options.sink ?? sinkOf(variables), (events) => {
        if (variables['LATCHKEY_AUTH']) warn('LATCHKEY_AUTH is ignored here')
        const { document, verifiers = [] } = options
        const host = { now, elapsed: milliseconds, digests: nodeDigests(), secrets: source, sink: events }
        const text = variables['LATCHKEY_CONFIG'] || undefined
        return load({ text, document }, host, { transport: 'any' }, verifiers[0]?.together(verifiers, [], variables))
      }),
    ))
  }

  async function built(): Promise<Latchkey> {
    try {
      return await latchkey()
    } catch (error) {
      warn((await import('./objections.ts')).troubleOf(error))
      throw new NoAnswer('latchkey: not-configured')
    }
  }

  /** The operator is told each thing once: a client can repeat what it does as often as it likes. */
  function warn(message: string | undefined): void {
    if (message === undefined || warned.has(message)) return
    warned.add(message)
    notice({ sink }, 'warn', message)
  }

  // What lies elsewhere is read while the function is being made. A failure is told to the first event.
  if (isLater(secrets)) secrets.then(latchkey).then((made) => made.warm(), nothingRunsLater)

  return (event) => answerTo(event) as Promise<AnswerTo<typeof event>>

  async function answerTo(event: unknown): Promise<Answer> {
    const authority = await built()
    const { settings } = authority
    const deployment: Deployment = { settings, httpApiReply, basePath, at: now() }
    const told = tell(event, deployment) ?? (await import('./rarer.ts')).tellRarer(event, deployment, warn)
    const { access, arn, form, objection, api } = told
    if (objection) warn((await import('./objections.ts')).OBJECTIONS[objection.detail ?? 'stranger'])
    const question = { defer: nothingRunsLater }
    const judgement = await authority.judgeWhat(() => objection ?? access, access, question)
    const { decision } = judgement
    const status = decision.allow ? 200 : statusOf(decision.refusal.reason, settings.refusals)
    if (told.answer) return told.answer(judgement, status)
    if (!api?.resultTtlSeconds && !api?.usagePlans) return answer(judgement, status, arn, form)
    answerKept ??= (await import('./kept.ts')).answerToKeep(authority)
    return answerKept(judgement, status, told, warn)
  }
}

/** A refresh that nobody waits for is frozen with the function and goes on at its next call. */
function nothingRunsLater(): void {}
