import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { DecisionEvent } from '../../src/model/event.ts'
import { countingSink, TOKEN } from '../document.ts'

/**
 * What the same duties cost when they are written by hand for one token and one route: no configuration, no ambiguity
 * refused, no other place for a credential. The floor that a decision can be compared with.
 */
export function minimum(): MiddlewareHandler {
  const salt = randomBytes(32).toString('base64url')
  const known = hash('sha256', salt + TOKEN, 'binary')
  const granted = new Map([[known, 'api::articles.find']])
  const sink = countingSink()

  return async (c, next) => {
    const started = performance.now()
    const { headers } = c.req.raw
    const authorization = headers.get('authorization')
    if (!authorization?.startsWith('Bearer ')) return c.text('no', 401)
    const fingerprint = hash('sha256', salt + authorization.slice(7), 'binary')
    const permission = granted.get(fingerprint)
    const isEqual = timingSafeEqual(Buffer.from(known, 'latin1'), Buffer.from(fingerprint, 'latin1'))
    if (!isEqual || permission === undefined) return c.text('no', 401)
    const { path } = c.req
    if (permission !== `api::${path.split('/')[2]}.find`) return c.text('no', 403)
    const requestId = randomUUID()
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
      kind: 'static-token',
      name: 'bench',
      keyId: null,
      owner: null,
      slot: 0,
      address: null,
      userAgent: headers.get('user-agent') ?? null,
      durationMs: performance.now() - started,
    } satisfies DecisionEvent)
    await next()
    c.res.headers.set('X-Latchkey-Request-Id', requestId)
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'private')
    return undefined
  }
}
