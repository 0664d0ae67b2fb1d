import type { Latchkey } from '../../src/build.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { equipmentOf } from '../../src/equipment.ts'
import type { Management } from '../../src/http/asked.ts'
import { madeOnce } from '../../src/lib/made-once.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { Defer, Host, SecretSource, Sink } from '../../src/model/ports.ts'
import { nameOfError } from '../../src/model/store-error.ts'
import { notice, onceWarned } from '../../src/notice.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import type { Fault } from '../../src/validate.ts'
import { accessOf } from './access.ts'
import type { MiddlewareKind } from './api-key.ts'
import { isOnVercel, variables } from './variables.ts'

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

/** What runs on Vercel, made of a document once, at the first request. */
export interface Hosted<Made> {
  /** What failed is tried again by the next request. */
  made(): Promise<Made>
  access(request: Request): Access
  /** Tells the operator each thing once: a client can repeat what it does as often as it likes. */
  warn(message: string): void
  /** The answer to a request in which something went wrong that nothing was known of. */
  failed(error: unknown): Response
}

/** What a document is made into. */
export interface Making<Made> {
  make(latchkey: Latchkey, management: Management | undefined): Made
  /** What keeps a valid document from being used here. */
  faultsOf?(latchkey: Latchkey): readonly Fault[]
}

export function hosted<Made>(options: VercelOptions, { make, faultsOf }: Making<Made>): Hosted<Made> {
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()

  async function build(): Promise<Made> {
    const environment = variables()
    const secrets = options.secrets ?? env(environment)
    const host: Host = { now, elapsed: () => performance.now(), digests: webDigests(), secrets, sink }
    const text = environment['LATCHKEY_CONFIG'] || undefined
    const { document, verifiers = [] } = options
    const equipment = equipmentOf(verifiers, [], environment)
    const latchkey = await load({ text, document }, host, DEFAULTS, equipment)
    const faults = faultsOf?.(latchkey) ?? []
    const usable = faults.length === 0 ? latchkey : (await import('../../src/faulty.ts')).faulty(faults, host, DEFAULTS)
    return make(usable, verifiers.find((kind) => kind.management)?.management)
  }

  return {
    made: madeOnce(build),
    access: (request) =>
      accessOf(request, { requestId: crypto.randomUUID(), at: now(), onVercel: isOnVercel(variables()) }),
    warn: onceWarned({ sink }),
    failed(error) {
      notice({ sink }, 'error', `a request failed closed: ${nameOfError(error)}`)
      return new Response(null, { status: 503, headers: { 'Cache-Control': 'no-store' } })
    },
  }
}

const DEFAULTS = { transport: 'https' } as const

/** What keeps work alive that a reply does not wait for: middleware is handed it, a function finds it in its surroundings. */
export function deferOf(context: MiddlewareContext | undefined): Defer {
  return (work) => (context ?? surroundings())?.waitUntil?.(work)
}

/** As `@vercel/functions` finds it, whose root module needs Node. */
function surroundings(): MiddlewareContext | undefined {
  const requests = (globalThis as { [REQUEST_CONTEXT]?: { get?(): MiddlewareContext | undefined } })[REQUEST_CONTEXT]
  return requests?.get?.()
}

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context')
