import type { Guarded, GuardOptions } from './guard.ts'
import { guard } from './guard.ts'
import type { Handle, Middleware, ScopedOptions } from './middleware.ts'
import { handleOf } from './middleware.ts'

export type { Identity } from '../../src/caller.ts'
export { gatewayKey } from '../../src/gateway-key.ts'
export { jwt } from '../../src/jwt-by-fetch.ts'
export { env } from '../../src/secrets/env.ts'
export type { MiddlewareKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { Behind } from './behind.ts'
export type { Guarded, Handle, Middleware, ScopedOptions }

/** The gate of a Next app, before its handlers and in them. */
export interface NextGate {
  /** `proxy.ts` of Next 16. */
  readonly proxy: Middleware
  /** `middleware.ts` of Next before 16, and of the edge runtime. */
  readonly middleware: Middleware
  /** The same in front of another middleware: `handle(request, (cleaned) => intl(cleaned), event)`. */
  readonly handle: Handle
  /** `export const GET = guard((request, caller) => ...)` in a route handler, whatever runs before it. */
  readonly guard: Guarded
}

export interface NextOptions extends ScopedOptions, GuardOptions {}

const DEFAULT_SCOPE = '/api'

/** The gate of a Next app. What lies under `scope` is judged, by default `/api`; pages and files pass. */
export function latchkey(options: NextOptions): NextGate {
  const handle = handleOf({ ...options, scope: options.scope ?? DEFAULT_SCOPE })
  const proxy: Middleware = (request, context) => handle(request, undefined, context)
  return { proxy, middleware: proxy, handle, guard: guard(options) }
}
