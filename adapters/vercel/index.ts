import { webDigests } from '../../src/crypto/web.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { bodyOf } from '../../src/http/asked.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { toResponse } from '../../src/http/to-response.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { accessOf } from './access.ts'
import type { MiddlewareKind } from './api-key.ts'
import type { Pass } from './pass.ts'
import { passer } from './pass.ts'
import { isOnVercel, variables } from './variables.ts'

export { gatewayKey } from '../../src/gateway-key.ts'
export { env } from '../../src/secrets/env.ts'
export type { MiddlewareKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export { jwt } from './jwt.ts'

export interface VercelOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: GivenDocument
  /** The kinds of credential beside static tokens: `[apiKey]`. A document that has another one is faulty. */
  readonly verifiers?: readonly MiddlewareKind[]
  /** Default: the project's environment variables. `env({ API_TOKEN: process.env.API_TOKEN })` names them one by one. */
  readonly secrets?: SecretSource
  /** Default: JSON lines on the console. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** What Vercel and Next hand to middleware beside the request. */
export interface MiddlewareContext {
  waitUntil?(work: Promise<unknown>): void
}

/** Middleware for Vercel's Routing Middleware (`middleware.ts`) and for Next 16 (`proxy.ts`, exported as `proxy`). */
export type Middleware = (request: Request, context?: MiddlewareContext) => Promise<Response>

interface Built {
  readonly gate: Gate
  readonly pass: Pass
}

/** The gate as middleware: what it allows goes on in the same deployment, all else is answered here. */
export function middleware(options: VercelOptions): Middleware {
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  let built: Promise<Built> | undefined
  let warned = false

  async function build(): Promise<Built> {
    const environment = variables()
    const secrets = options.secrets ?? env(environment)
    const host = { now, elapsed: () => performance.now(), digests: webDigests(), secrets, sink }
    const text = environment['LATCHKEY_CONFIG'] || undefined
    const { document, verifiers = [] } = options
    const equipment = equipmentOf(verifiers, [], environment)
    const latchkey = await load({ text, document }, host, { transport: 'https' }, equipment)
    const gate = gateOf(latchkey, verifiers.find((kind) => kind.management)?.management)
    return { gate, pass: passer(gate, isOnVercel(environment) ? () => undefined : warnOnce) }
  }

  function warnOnce(message: string): void {
    if (!warned) sink.write({ type: 'notice', level: 'warn', message })
    warned = true
  }

  /** What failed is tried again by the next request. */
  function failed(error: unknown): never {
    built = undefined
    throw error
  }

  async function answer(request: Request, context: MiddlewareContext | undefined): Promise<Response> {
    const { gate, pass } = await (built ??= build().catch(failed))
    const onVercel = isOnVercel(variables())
    const access = accessOf(request, { requestId: crypto.randomUUID(), at: now(), onVercel })
    const { reply, passed, asked } = await gate.enter(access, (work) => context?.waitUntil?.(work))
    if (passed) return pass(request, passed)
    return toResponse(reply ?? (await asked(await bodyOf(request))), request.method)
  }

  return async function latchkey(request, context) {
    try {
      return await answer(request, context)
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown error'
      sink.write({ type: 'notice', level: 'error', message: `a request failed closed: ${name}` })
      return new Response(null, { status: 503, headers: { 'Cache-Control': 'no-store' } })
    }
  }
}
