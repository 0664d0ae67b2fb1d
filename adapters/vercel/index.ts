import type { Middleware, ScopedOptions } from './middleware.ts'
import { handleOf } from './middleware.ts'

export type { Identity } from '../../src/caller.ts'
export { gatewayKey } from '../../src/gateway-key.ts'
export { jwt } from '../../src/jwt-by-fetch.ts'
export { env } from '../../src/secrets/env.ts'
export type { MiddlewareKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { Behind } from './behind.ts'
export type { Guarded, GuardOptions } from './guard.ts'
export { guard } from './guard.ts'
export type { MiddlewareContext, VercelOptions } from './hosted.ts'
export type { Handle, Middleware, ScopedOptions } from './middleware.ts'

/** The gate as middleware: what it allows goes on in the same deployment, all else is answered here. */
export function middleware(options: ScopedOptions): Middleware {
  const handle = handleOf(options)
  return (request, context) => handle(request, undefined, context)
}
