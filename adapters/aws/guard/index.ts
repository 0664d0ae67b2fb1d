import type { Latchkey } from '../../../src/build.ts'
import type { Identity } from '../../../src/caller.ts'
import type { Admission } from '../../../src/http/guard.ts'
import { guardOf } from '../../../src/http/guard.ts'
import { isVerify } from '../../../src/http/verify-path.ts'
import type { HostedOptions } from '../hosted.ts'
import { hosted } from '../hosted.ts'
import { lieElsewhere } from '../secrets.ts'
import type { WholeRequest } from '../whole-event.ts'
import { wholeRequest } from '../whole-event.ts'
import type { GuardReply } from './answer.ts'
import { replyTo, toldIn } from './answer.ts'

export type { Identity } from '../../../src/caller.ts'
export type { LambdaKind } from '../api-key.ts'
export { apiKey } from '../api-key.ts'
export { gatewayKey } from '../gateway-key.ts'
export { jwt } from '../jwt.ts'
export type { GuardReply } from './answer.ts'

/** What a guard is made of. */
export type GuardOptions = HostedOptions

/** What every event of a function URL and of an API has; the types of `@types/aws-lambda` say more. */
export interface GuardEvent {
  readonly requestContext: object
  readonly rawPath?: string | undefined
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined
  readonly body?: string | null | undefined
  readonly isBase64Encoded?: boolean | undefined
}

/**
 * Puts the guard before a handler: `export const handler = guarded((event, caller, context) => ...)`. The event is the one
 * that came; who called is the second argument.
 */
export type Guarded = <Answer, Event extends GuardEvent = GuardEvent, More extends readonly unknown[] = unknown[]>(
  handler: (event: Event, caller: Identity, ...more: More) => Answer | Promise<Answer>,
) => (event: Event, ...more: More) => Promise<Answer | GuardReply>

/**
 * The same decision inside a Lambda function, behind a function URL, an HTTP API or a REST API: what a gate would refuse is
 * answered here, and all else reaches the handler. The functions of one module share one guard.
 */
export function guard(options: GuardOptions): Guarded {
  const { made, access, failed } = hosted(options, (latchkey) => ({ latchkey, gate: guardOf(withoutVerify(latchkey)) }))

  // What lies elsewhere is read while the function is being made. A failure is told to the first event.
  if (!options.secrets && lieElsewhere(process.env)) {
    made()
      .then(({ latchkey }) => latchkey.warm())
      .catch(nothingRunsLater)
  }

  /** What fails is refused as well. */
  async function admission(request: WholeRequest): Promise<Admission> {
    try {
      const { latchkey, gate } = await made()
      return await gate.admit(access(request, latchkey.settings), nothingRunsLater)
    } catch (error) {
      failed(error)
      return { reply: { status: 503, headers: { 'Cache-Control': 'no-store' }, body: '' } }
    }
  }

  return (handler) =>
    async function guarded(event, ...more) {
      const request = wholeRequest(event)
      if (!request) throw new TypeError(STRANGER)
      const admitted = await admission(request)
      if (admitted.reply) return replyTo(request, admitted.reply)
      const answer = await handler(event, admitted.caller, ...more)
      return toldIn(answer, admitted, request) as typeof answer
    }
}

/**
 * Describing another request is refused: payload 2.0 joins repeated fields by commas, which a path may hold, so two
 * descriptions would be one.
 */
function withoutVerify(latchkey: Latchkey): Latchkey {
  const { base } = latchkey.settings
  return {
    ...latchkey,
    judgeWhat: (read, access, question) =>
      latchkey.judgeWhat(isVerify(access.target, base) ? () => UNKNOWN : read, access, question),
  }
}

const UNKNOWN = { reason: 'route-unknown' } as const

/** Thrown, as whatever else calls a function, a queue or a schedule, would take an answer for success. */
const STRANGER = 'a guarded handler takes the events of function URLs, HTTP APIs and REST APIs only'

/** A refresh that nobody waits for goes on while the handler runs, and with the function's next call. */
function nothingRunsLater(): void {}
