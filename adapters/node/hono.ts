import type { IncomingMessage } from 'node:http'
import type { MiddlewareHandler } from 'hono'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { LatchkeyVariables, MiddlewareOptions } from '../../src/http/middleware.ts'
import { middlewareOn } from '../../src/http/middleware.ts'
import { accessOf } from './access.ts'

export { gatewayKey } from '../../src/gateway-key.ts'
export type { MiddlewareKind } from '../../src/http/api-key.ts'
export { apiKey } from '../../src/http/api-key.ts'
export type { LatchkeyVariables, MiddlewareOptions } from '../../src/http/middleware.ts'
export { jwt } from './jwt.ts'

/**
 * `latchkey/hono` on Node: the same decision, with Node's synchronous digests. Under @hono/node-server the request's own
 * bytes are judged, and the peer's address is the socket's.
 */
export function latchkey(options: MiddlewareOptions): MiddlewareHandler<{ Variables: LatchkeyVariables }> {
  return middlewareOn(
    {
      digests: nodeDigests,
      access: (c, at) => {
        const incoming = (c.env as { incoming?: IncomingMessage } | undefined)?.incoming
        return incoming && accessOf(incoming, at)
      },
    },
    options,
  )
}
