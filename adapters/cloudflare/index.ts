import type { Context, ExecutionContext } from 'hono'
import { webDigests } from '../../src/crypto/web.ts'
import { app } from '../../src/http/app.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { accessOfRequest } from '../../src/http/request-access.ts'
import { after } from '../../src/lib/maybe.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { Sink } from '../../src/model/ports.ts'
import { cloudflare } from '../../src/secrets/cloudflare.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import type { Forward } from './forward.ts'
import { forwarder } from './forward.ts'

export interface WorkerOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument
  /** Where events go. Default: JSON lines on the console, which Workers Logs reads. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

type Bindings = Readonly<Record<string, unknown>>

/** A Worker's module: `export default worker({ document })`. */
export interface WorkerModule {
  fetch(request: Request, env: Bindings, context: ExecutionContext): Response | Promise<Response>
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
  let built: Promise<Built> | undefined

  async function build(bindings: Bindings): Promise<Built> {
    const { LATCHKEY_CONFIG: text } = bindings
    const source = { document: options.document, text: typeof text === 'string' && text !== '' ? text : undefined }
    const secrets = cloudflare(bindings)
    const host = { now, elapsed: () => performance.now(), digests: webDigests(), secrets, sink }
    const gate = gateOf(await load(source, host, { transport: 'https' }))
    const forward = forwarder(gate, bindings, (requestId, reason) => {
      sink.write({ type: 'origin-failed', time: new Date(now() * 1000).toISOString(), requestId, reason })
    })
    return { gate, forward }
  }

  const builtOn = (c: Context<{ Bindings: Bindings }>) => (built ??= build(c.env))

  const hono = app<{ Bindings: Bindings }>({
    gate: (c) => after(builtOn(c), ({ gate }) => gate),
    access: (c) =>
      accessOfRequest(c.req.raw, {
        requestId: crypto.randomUUID(),
        at: now(),
        // Cloudflare's edge sets this field itself and lets no client's copy through.
        clientAddress: c.req.raw.headers.get('cf-connecting-ip') ?? undefined,
      }),
    defer: (c) => (work) => c.executionCtx.waitUntil(work),
    forward: (c, passed) => after(builtOn(c), ({ forward }) => forward(c.req.raw, passed)),
  })
  return { fetch: (request, env, context) => hono.fetch(request, env, context) }
}
