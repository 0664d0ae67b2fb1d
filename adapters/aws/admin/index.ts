import { handle } from 'hono/aws-lambda'
import type { Parts } from '../../../src/equipment.ts'
import { app, replyWith } from '../../../src/http/app.ts'
import type { Gate } from '../../../src/http/gate.ts'
import { gate as gateOf } from '../../../src/http/gate.ts'
import { management } from '../../../src/http/management.ts'
import { withoutOrigin } from '../../../src/http/without-origin.ts'
import { recorderOf } from '../../../src/key-recorder.ts'
import type { LatchkeyEvent } from '../../../src/model/event.ts'
import type { Defer, Host } from '../../../src/model/ports.ts'
import type { Variables } from '../../../src/stores/opening.ts'
import { webhooks } from '../../../src/webhooks.ts'
import type { HostedOptions } from '../hosted.ts'
import { hosted } from '../hosted.ts'
import { bodyOf } from './body.ts'
import type { Carried, Carrier } from './carrier.ts'
import { carrierOf } from './carrier.ts'
import type { AdminEvent } from './event.ts'
import { knownEvent } from './event.ts'
import { waited } from './waited.ts'

export type { LambdaKind } from '../api-key.ts'
export { apiKey } from '../api-key.ts'
export { gatewayKey } from '../gateway-key.ts'
export { jwt } from '../jwt.ts'
export type { AdminEvent } from './event.ts'

/** What the administration is made of. */
export type AdminOptions = HostedOptions

/** What a function URL or an API sends back. */
export interface AdminReply {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** In the place of `headers` for a REST API. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | undefined
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** What is used of a Lambda function's context. */
export interface LambdaContext {
  getRemainingTimeInMillis?(): number
}

/** A Lambda handler; to a schedule it gives nothing back. */
export type AdminHandler = (event: AdminEvent, context?: LambdaContext) => Promise<AdminReply | undefined>

/**
 * Latchkey's own endpoints as a Lambda function of their own, behind a function URL, an HTTP API or a REST API: the keys
 * API and usage, `whoami`, `health`, what is issued. There is no origin: everything else is an unknown route.
 */
export function admin(options: AdminOptions): AdminHandler {
  const { made, access, now, warn, failed } = hosted(
    options,
    (latchkey) => gateOf(withoutOrigin(latchkey), management),
    [parts],
  )
  const serve = handle(
    app<{ Bindings: { readonly event: Carrier } }>({
      gate: (c) => c.env.event.carried.gate,
      access: (c) => c.env.event.carried.access,
      defer: (c) => c.env.event.carried.defer,
      body: async (c) => c.env.event.carried.body,
      forward: (c, { judgement }, gate) => replyWith(c, gate.refuse({ reason: 'route-unknown' }, judgement.access)),
    }),
  )

  async function answer(event: AdminEvent, defer: Defer): Promise<AdminReply | undefined> {
    const known = knownEvent(event)
    if (!known) {
      warn('refused an event that neither a function URL nor an API sends')
      return bare(400)
    }
    const gate = await made()
    if (known.kind === 'schedule') return tellNearExpiry(gate, defer)
    const carried: Carried = { gate, access: access(known, gate.latchkey.settings), body: bodyOf(known.event), defer }
    return serve(carrierOf(known.event, carried))
  }

  async function tellNearExpiry({ latchkey, management }: Gate, defer: Defer): Promise<undefined> {
    // No request may have come before, and what is told is signed by a secret.
    await latchkey.warm()
    const told = { write: (event: LatchkeyEvent) => latchkey.sink.write(event, defer) }
    await management?.tellNearExpiry(latchkey, now(), told)
  }

  return async function handler(event, context) {
    const works: Promise<unknown>[] = []
    try {
      return await answer(event, (work) => works.push(work))
    } catch (error) {
      failed(error)
      return bare(503)
    } finally {
      await waited(works, context?.getRemainingTimeInMillis?.())
    }
  }
}

/** What an authorizer cannot have, as it cannot wait. */
function parts(_: Variables, { now }: Host): Parts {
  return {
    // Requests are rare here, and each may be the last one of its instance.
    recorder: (settings, store, sink) => recorderOf(settings, { store, sink, now, flushSeconds: 0 }),
    sink: (settings, own, valuesOf) => webhooks(settings, own, valuesOf, { lasting: false, now }),
  }
}

function bare(statusCode: number): AdminReply {
  return { statusCode, headers: { 'Cache-Control': 'no-store' }, body: '', isBase64Encoded: false }
}
