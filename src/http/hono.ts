import type { MiddlewareHandler } from 'hono'
import { webDigests } from '../crypto/web.ts'
import type { LatchkeyVariables, MiddlewareOptions } from './middleware.ts'
import { middlewareOn } from './middleware.ts'

export { gatewayKey } from '../gateway-key.ts'
export { jwt } from '../jwt-by-fetch.ts'
export type { MiddlewareKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { LatchkeyVariables, MiddlewareOptions } from './middleware.ts'

/** `latchkey/hono`: the same decision as every host's, as a Hono middleware that puts the principal on the context. */
export function latchkey(options: MiddlewareOptions): MiddlewareHandler<{ Variables: LatchkeyVariables }> {
  return middlewareOn({ digests: webDigests }, options)
}
