import type { Context, Env, MiddlewareHandler } from 'hono'
import { env as bindingsOf } from 'hono/adapter'
import { equipmentOf } from '../equipment.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after, isLater } from '../lib/maybe.ts'
import type { GivenDocument } from '../load.ts'
import { load } from '../load.ts'
import type { Access, EpochSeconds } from '../model/access.ts'
import type { Digests, Limiter, SecretSource, Sink, Store } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import { env } from '../secrets/env.ts'
import { consoleSink } from '../sinks/console.ts'
import type { MiddlewareKind } from './api-key.ts'
import { replyWith } from './app.ts'
import { bodyOf } from './asked.ts'
import type { Gate } from './gate.ts'
import { gate as gateOf } from './gate.ts'
import { accessOfRequest } from './request-access.ts'

/** What the middleware puts on Hono's context: `c.var.principal` and `c.var.requestId`. */
export interface LatchkeyVariables {
  /** Who called; `anonymous` on public routes and preflights. */
  principal: Principal | 'anonymous'
  /** The id of the request in Latchkey's events. What the app answers is its own: nothing is added to it. */
  requestId: string
  /** What an origin behind the app is to be sent in `X-Latchkey-Identity`, where the document has `identity`. */
  signedIdentity?: string | undefined
}

export interface MiddlewareOptions {
  /** The configuration document, or what `latchkey check --emit` made of it. */
  readonly document: GivenDocument
  /** The kinds of credential beside static tokens: `[apiKey]`, with `store`. A document that has another one is faulty. */
  readonly verifiers?: readonly MiddlewareKind[]
  /** Where issued keys are kept. */
  readonly store?: Store
  /** What counts requests, where the document or a key has limits. */
  readonly limiter?: Limiter
  /** Where secrets come from. Default: the runtime's own environment or bindings. */
  readonly secrets?: SecretSource
  /** Where events go. Default: JSON lines on the console. */
  readonly sink?: Sink
  /** The peer's address, from Hono's `getConnInfo` of the runtime. Default: unknown, which `addresses` refuses. */
  readonly clientAddress?: (c: Context) => string | undefined
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** What a runtime knows better than Fetch does. */
export interface MiddlewareRuntime {
  readonly digests: () => Digests
  /** Reads the access where the runtime still has the request's own bytes; undefined: read the `Request`. */
  readonly access?: (c: Context, at: EpochSeconds) => Access | undefined
}

/** Makes the middleware of a runtime: the same decision as every host's, with the principal put on the context. */
export function middlewareOn(
  runtime: MiddlewareRuntime,
  options: MiddlewareOptions,
): MiddlewareHandler<{ Variables: LatchkeyVariables }> {
  const now = options.now ?? (() => Date.now() / 1000)
  let made: Maybe<Gate> | undefined

  function gate(c: Context): Maybe<Gate> {
    if (made) return made
    const secrets = options.secrets ?? env(bindingsOf<Record<string, string | undefined>>(c))
    const sink = options.sink ?? consoleSink()
    const host = { now, elapsed: () => performance.now(), digests: runtime.digests(), secrets, sink }
    const { document, verifiers = [], store, limiter } = options
    const equipment = equipmentOf(verifiers, [], { store, limiter })
    const management = verifiers.find((kind) => kind.management)?.management
    made = after(load({ document }, host, { transport: 'any' }, equipment), (latchkey) => gateOf(latchkey, management))
    if (isLater(made)) made = made.then((ready) => (made = ready))
    return made
  }

  function access(c: Context): Access {
    const at = now()
    const own = runtime.access?.(c, at)
    if (own) return own
    const requestId = crypto.randomUUID()
    return accessOfRequest(c.req.raw, { requestId, at, clientAddress: options.clientAddress?.(c) })
  }

  return async function latchkey(c, next) {
    const entered = after(gate(c), (ready) => ready.enter(access(c), deferOf(c)))
    const { reply, passed, asked } = isLater(entered) ? await entered : entered
    if (reply) return replyWith(c, reply)
    if (asked) return replyWith(c, await asked(await bodyOf(c.req.raw)))
    c.set('principal', passed.allowed.principal)
    c.set('requestId', passed.judgement.access.requestId)
    c.set('signedIdentity', passed.allowed.identity)
    return next()
  }
}

/** Keeps background work alive where the runtime ends with the reply; elsewhere it simply goes on. */
function deferOf<E extends Env>(c: Context<E>): (work: Promise<unknown>) => void {
  return (work) => {
    try {
      c.executionCtx.waitUntil(work)
    } catch {
      // No execution context on this runtime, which therefore outlives the reply.
    }
  }
}
