import { next, rewrite } from '@vercel/functions/middleware'
import type { CheckedDocument } from '../../src/checked.ts'
import type { Document } from '../../src/config.ts'
import { webDigests } from '../../src/crypto/web.ts'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import type { Clean } from '../../src/http/outgoing.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { accessOfRequest } from '../../src/http/request-access.ts'
import { toResponse } from '../../src/http/to-response.ts'
import { REQUEST_ID_HEADER } from '../../src/identity.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'

export interface VercelOptions {
  /** The document, or what `latchkey check --emit` made of it. A variable `LATCHKEY_CONFIG` goes before it. */
  readonly document?: Document | CheckedDocument
  /** Default: the project's environment variables. */
  readonly secrets?: SecretSource
  /** Default: JSON lines on the console. */
  readonly sink?: Sink
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** What Vercel and Next hand to middleware beside the request. */
interface MiddlewareContext {
  waitUntil?(work: Promise<unknown>): void
}

/** Middleware for Vercel's Routing Middleware (`middleware.ts`) and for Next 16 (`proxy.ts`, exported as `proxy`). */
export type Middleware = (request: Request, context?: MiddlewareContext) => Promise<Response>

/** The gate as middleware: what it allows goes on in the same deployment, with the whole cleaned header list. */
export function middleware(options: VercelOptions): Middleware {
  const now = options.now ?? (() => Date.now() / 1000)
  const variables = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {}
  const secrets = options.secrets ?? env(variables)
  const sink = options.sink ?? consoleSink()
  let built: Promise<{ gate: Gate; clean: Clean }> | undefined

  async function build(): Promise<{ gate: Gate; clean: Clean }> {
    const host = { now, elapsed: () => performance.now(), digests: webDigests(), secrets, sink }
    const text = variables['LATCHKEY_CONFIG'] || undefined
    const gate = gateOf(await load({ text, document: options.document }, host, { transport: 'https' }))
    return { gate, clean: cleaner(gate.latchkey.settings) }
  }

  return async function latchkey(request, context) {
    const { gate, clean } = await (built ??= build())
    const access = accessOfRequest(request, {
      requestId: crypto.randomUUID(),
      at: now(),
      // Vercel's edge sets this field itself, and only there can it be believed.
      clientAddress: variables['VERCEL'] === '1' ? (request.headers.get('x-real-ip') ?? undefined) : undefined,
    })
    const { reply, passed } = await gate.enter(access, (work) => context?.waitUntil?.(work))
    return reply ? toResponse(reply, request.method) : pass(request, passed, gate, clean)
  }
}

/** What is not in the list is dropped, which is how a client's own copy of a field dies. */
function pass(
  request: Request,
  { judgement, allowed }: NonNullable<Outcome['passed']>,
  gate: Gate,
  clean: Clean,
): Response {
  const { access } = judgement
  const outgoing = clean(request.headers, judgement, allowed)
  if (isRefusal(outgoing)) return toResponse(gate.refuse(outgoing, access), request.method)
  const host = request.headers.get('host')
  const headers = new Headers(host === null ? [] : [['host', host]])
  for (const [name, value] of outgoing.fields) headers.append(name, value)
  const init = {
    request: { headers },
    headers: {
      [REQUEST_ID_HEADER]: access.requestId,
      ...(allowed.principal !== 'anonymous' && { 'Cache-Control': 'private' }),
    },
  }
  // A credential in the query is taken out of the URL, which only a rewrite can do here.
  return outgoing.target === access.target ? next(init) : rewrite(new URL(outgoing.target, request.url), init)
}
