import type { Hono } from 'hono'
import { app as appOf, replyWith } from '../../src/http/app.ts'
import { bodyOf } from '../../src/http/asked.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { withoutOrigin } from '../../src/http/without-origin.ts'
import type { VercelOptions } from './hosted.ts'
import { deferOf, hosted } from './hosted.ts'

export { gatewayKey } from '../../src/gateway-key.ts'
export { jwt } from '../../src/jwt-by-fetch.ts'
export { env } from '../../src/secrets/env.ts'
export type { MiddlewareKind } from './api-key.ts'
export { apiKey } from './api-key.ts'
export type { VercelOptions } from './hosted.ts'

/**
 * Latchkey's own endpoints as a Vercel function: `handle(app({ document }))` with the `handle` of `hono/vercel`. `verify`
 * answers other people's proxies, `whoami` callers, and the keys API administrators; there is nothing behind it.
 */
export function app(options: VercelOptions): Hono {
  const host = hosted<Gate>(options, {
    make: (latchkey, management) => gateOf(withoutOrigin(latchkey, true), management),
  })
  return appOf({
    gate: () => host.made(),
    access: (c) => host.access(c.req.raw),
    defer: () => deferOf(undefined),
    body: (c) => bodyOf(c.req.raw),
    forward: (c, { judgement }, gate) => replyWith(c, gate.refuse({ reason: 'route-unknown' }, judgement.access)),
  })
}
