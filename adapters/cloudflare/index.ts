import { webDigests } from '../../src/crypto/web.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { bodyOf } from '../../src/http/asked.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { toResponse } from '../../src/http/to-response.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { after, isLater } from '../../src/lib/maybe.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Defer, Sink } from '../../src/model/ports.ts'
import { originSettings } from '../../src/origin.ts'
import { cloudflare } from '../../src/secrets/cloudflare.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { accessOf } from './access.ts'
import type { Forward } from './forward.ts'
import { forwarder } from './forward.ts'
import type { Bindings } from './origin.ts'
import { originOf } from './origin.ts'
import type { WorkerKind, WorkerPart } from './parts.ts'

export { gatewayKey } from '../../src/gateway-key.ts'
export { jwt } from '../../src/jwt-by-fetch.ts'
export { LatchkeyCounters } from '../../src/limiters/cloudflare-durable-object.ts'
export { apiKey } from './api-key.ts'
export { limits } from './limits.ts'
export type { WorkerKind, WorkerPart } from './parts.ts'
export { webhooks } from './webhooks.ts'

export interface WorkerOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument
  /** The kinds of credential beside static tokens: `[apiKey]`. A document that has another one is faulty. */
  readonly verifiers?: readonly WorkerKind[]
  /** What else the document needs: `[limits]` for limits of static tokens or counted elsewhere than in D1, `[webhooks]`. */
  readonly parts?: readonly WorkerPart[]
  /** Where events go. Default: JSON lines on the console, which Workers Logs reads. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** A Worker's module: `export default worker({ document })`. */
export interface WorkerModule {
  fetch(request: Request, env: unknown, context: WorkerContext): Promise<Response>
  /** For a cron trigger: tells keys that end soon. Does nothing in a bundle that holds no issued keys. */
  scheduled(controller: unknown, env: unknown, context: WorkerContext): Promise<void>
}

/** What is used of a Worker's execution context. */
export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void
}

/** What an isolate builds at its first request, as bindings are there only then. */
interface Built {
  readonly gate: Gate
  readonly forward: Forward
}

/** The gate as a Cloudflare Worker in front of its origin. */
export function worker(options: WorkerOptions): WorkerModule {
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  let built: Maybe<Built> | undefined

  function build(bindings: Bindings): Maybe<Built> {
    const { LATCHKEY_CONFIG: text } = bindings
    const source = { document: options.document, text: typeof text === 'string' && text !== '' ? text : undefined }
    const secrets = cloudflare(bindings)
    const host = { now, elapsed: () => performance.now(), digests: webDigests(), secrets, sink }
    const kinds = options.verifiers ?? []
    const equipment = equipmentOf(kinds, options.parts ?? [], bindings)
    return after(load(source, host, { transport: 'https' }, equipment), (latchkey) => {
      const { routes } = latchkey.settings
      const origin = originOf(originSettings(latchkey.settings), bindings)
      // Of a faulty document enough was said.
      if (isRefusal(origin) && routes.length > 0) {
        sink.write({ type: 'notice', level: 'error', message: origin.detail ?? origin.reason })
      }
      const gate = gateOf(latchkey, kinds.find((kind) => kind.management)?.management)
      const forward = forwarder(gate, origin, (requestId, reason) => {
        sink.write({ type: 'origin-failed', time: new Date(now() * 1000).toISOString(), requestId, reason })
      })
      return { gate, forward }
    })
  }

  async function builtOn(bindings: Bindings, defer: Defer): Promise<Built> {
    built ??= build(bindings)
    if (!isLater(built)) return built
    // Many requests may wait for it, and it must outlive the one that began it.
    defer(built)
    try {
      built = await built
      return built
    } catch (error) {
      built = undefined
      throw error
    }
  }

  /** What is thrown is a bug, or a bundle that lacks a module: whatever it was, the caller gets nothing by it. */
  function failClosed(error: unknown): Response {
    const name = error instanceof Error ? error.name : 'unknown error'
    sink.write({ type: 'notice', level: 'error', message: `a request failed closed: ${name}` })
    return new Response(null, { status: 503, headers: { 'Cache-Control': 'no-store' } })
  }

  return {
    async fetch(request, env, context) {
      try {
        const defer: Defer = (work) => context.waitUntil(work)
        const { gate, forward } = await builtOn(env as Bindings, defer)
        const { reply, passed, asked } = await gate.enter(accessOf(request, now()), defer)
        if (passed) return await forward(request, passed)
        return toResponse(reply ?? (await asked(await bodyOf(request))), request.method)
      } catch (error) {
        return failClosed(error)
      }
    },
    async scheduled(_controller, env, context) {
      const defer: Defer = (work) => context.waitUntil(work)
      const { gate } = await builtOn(env as Bindings, defer)
      // No request may have come before, and what is told is signed by a secret.
      await gate.latchkey.warm()
      const told = { write: (event: LatchkeyEvent) => gate.latchkey.sink.write(event, defer) }
      await gate.management?.tellNearExpiry(gate.latchkey, now(), told)
    },
  }
}
