import type { MiddlewareHandler } from 'hono'
import type { DecisionEvent } from '../../src/model/event.ts'
import type { Digests } from '../../src/model/ports.ts'
import { countingSink, TOKEN } from '../document.ts'

/**
 * What the same duties cost when they are written by hand for one token and one route: no configuration, no ambiguity
 * refused, no other place for a credential. The floor that a decision can be compared with.
 */
export function minimum(digests: Digests): MiddlewareHandler {
  const sink = countingSink()
  let granted: ReadonlyMap<string, string> | undefined
  let known = ''

  return async (c, next) => {
    const started = performance.now()
    if (!granted) {
      known = await digests.fingerprint(TOKEN)
      granted = new Map([[known, 'api::articles.find']])
    }
    const { headers } = c.req.raw
    const authorization = headers.get('authorization')
    if (!authorization?.startsWith('Bearer ')) return c.text('no', 401)
    const digest = digests.fingerprint(authorization.slice(7))
    const fingerprint = typeof digest === 'string' ? digest : await digest
    const permission = granted.get(fingerprint)
    if (!digests.equal(known, fingerprint) || permission === undefined) return c.text('no', 401)
    const { path } = c.req
    if (permission !== `api::${path.split('/')[2]}.find`) return c.text('no', 403)
    const requestId = crypto.randomUUID()
    sink.write({
      type: 'decision',
      time: new Date().toISOString(),
      requestId,
      host: 'localhost',
      method: c.req.method,
      route: '/api/:collection',
      path,
      decision: 'allow',
      reason: null,
      detail: null,
      kind: 'static-token',
      name: 'bench',
      keyId: null,
      owner: null,
      slot: 0,
      address: null,
      userAgent: headers.get('user-agent') ?? null,
      durationMs: performance.now() - started,
    } satisfies DecisionEvent)
    return next()
  }
}
