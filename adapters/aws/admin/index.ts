import { handle } from 'hono/aws-lambda'
import type { Latchkey } from '../../../src/build.ts'
import { nodeDigests } from '../../../src/crypto/node.ts'
import type { Parts } from '../../../src/equipment.ts'
import { equipmentOf } from '../../../src/equipment.ts'
import { app, replyWith } from '../../../src/http/app.ts'
import type { Gate } from '../../../src/http/gate.ts'
import { gate as gateOf } from '../../../src/http/gate.ts'
import { management } from '../../../src/http/management.ts'
import { withoutOrigin } from '../../../src/http/without-origin.ts'
import { recorderOf } from '../../../src/key-recorder.ts'
import type { GivenDocument } from '../../../src/load.ts'
import { load } from '../../../src/load.ts'
import type { Access, EpochSeconds } from '../../../src/model/access.ts'
import type { LatchkeyEvent } from '../../../src/model/event.ts'
import type { Defer, Host, SecretSource, Sink } from '../../../src/model/ports.ts'
import { nameOfError } from '../../../src/model/store-error.ts'
import { notice } from '../../../src/notice.ts'
import { resourceMetadata } from '../../../src/resource-metadata.ts'
import { consoleSink } from '../../../src/sinks/console.ts'
import type { Variables } from '../../../src/stores/opening.ts'
import { webhooks } from '../../../src/webhooks.ts'
import type { LambdaKind } from '../api-key.ts'
import { secretsOf } from '../secrets.ts'
import { sinkOf } from '../sink.ts'
import { accessOfProxy, accessOfUrl, basePathIn, bodyOf } from './access.ts'
import type { Carried, Carrier } from './carrier.ts'
import { carrierOf } from './carrier.ts'
import type { AdminEvent, KnownEvent } from './event.ts'
import { knownEvent } from './event.ts'
import { waited } from './waited.ts'

export type { LambdaKind } from '../api-key.ts'
export { apiKey } from '../api-key.ts'
export { gatewayKey } from '../gateway-key.ts'
export { jwt } from '../jwt.ts'
export type { AdminEvent } from './event.ts'

export interface AdminOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument | undefined
  /** The kinds of credential beside static tokens: `[apiKey]`. A document that has another one is faulty. */
  readonly verifiers?: readonly LambdaKind[]
  /** As of `authorizer`. Default: the variable `LATCHKEY_AWS_BASE_PATH`, else none. */
  readonly basePath?: string
  /** Default: the function's environment, and what lies where it says. */
  readonly secrets?: SecretSource
  /** Default: JSON lines on the console, which CloudWatch reads, as metrics too where `LATCHKEY_AWS_METRICS` says so. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

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
  const variables = process.env
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const defaultBasePath = options.basePath ?? variables['LATCHKEY_AWS_BASE_PATH'] ?? ''
  const serve = handle(
    app<{ Bindings: { readonly event: Carrier } }>({
      gate: (c) => c.env.event.carried.gate,
      access: (c) => c.env.event.carried.access,
      defer: (c) => c.env.event.carried.defer,
      body: async (c) => c.env.event.carried.body,
      forward: (c, { judgement }, gate) => replyWith(c, gate.refuse({ reason: 'route-unknown' }, judgement.access)),
    }),
  )
  const warned = new Set<string>()
  let built: Promise<Gate> | undefined

  async function build(): Promise<Gate> {
    const sink = options.sink ?? (await sinkOf(variables))
    const { document, verifiers = [], secrets = await secretsOf(variables, sink) } = options
    const host = { now, elapsed: () => performance.now(), digests: nodeDigests(), secrets, sink }
    const text = variables['LATCHKEY_CONFIG'] || undefined
    const equipment = equipmentOf(verifiers.map(speaking), [parts], variables)
    const latchkey = await load({ text, document }, host, { transport: 'any' }, equipment)
    if (variables['LATCHKEY_AUTH']) warnOnce('LATCHKEY_AUTH is ignored here')
    return gateOf(withoutOrigin(latchkey), management)
  }

  /** What failed is tried again by the next request. */
  function failed(error: unknown): never {
    built = undefined
    throw error
  }

  /** The operator is told each thing once: a client can repeat what it does as often as it likes. */
  function warnOnce(message: string): void {
    if (warned.has(message)) return
    warned.add(message)
    notice({ sink }, 'warn', message)
  }

  function accessOf(known: Exclude<KnownEvent, { kind: 'schedule' }>, { settings }: Latchkey): Access {
    const basePath = basePathIn(settings, known.event) ?? defaultBasePath
    return known.kind === 'url'
      ? accessOfUrl(known.event, basePath, now())
      : accessOfProxy(known.event, basePath, now())
  }

  async function answer(event: AdminEvent, defer: Defer): Promise<AdminReply | undefined> {
    const known = knownEvent(event)
    if (!known) {
      warnOnce('refused an event that neither a function URL nor an API sends')
      return bare(400)
    }
    const gate = await (built ??= build().catch(failed))
    if (known.kind === 'schedule') return tellNearExpiry(gate, defer)
    const carried: Carried = { gate, access: accessOf(known, gate.latchkey), body: bodyOf(known.event), defer }
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
      notice({ sink }, 'error', `a request failed closed: ${nameOfError(error)}`)
      return bare(503)
    } finally {
      await waited(works, context?.getRemainingTimeInMillis?.())
    }
  }
}

/** A kind as it is where clients are spoken to, which an authorizer does not do. */
function speaking(kind: LambdaKind): LambdaKind {
  return { ...kind, metadata: resourceMetadata }
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
