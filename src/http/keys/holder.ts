import type { Hono } from 'hono/tiny'
import type { Place } from '../../model/credential.ts'
import { jsonBody } from './input.ts'
import type { KeysAppParts, KeysEnv, KeysRequest } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem, unchanged } from './problems.ts'
import type { OwnRotationView } from './replies.ts'
import { ownRotationSchema } from './schemas.ts'
import { rotationOf, timeOrNull } from './view.ts'

/**
 * Adds what a holder may do with the own key. Whoever holds the secret before the last rotation must not evict the owner
 * by it, and a browser that sends a cookie by itself does not mean to rotate.
 */
export function addHolderRoutes(app: Hono<KeysEnv>, { registry, prove, selfRotation }: KeysAppParts): void {
  app.post('/whoami/rotate', jsonBody(ownRotationSchema), async (c) => {
    const principal = actorOf(c)
    const { at, place } = c.env
    if (principal.kind !== 'api-key' || !selfRotation(principal.credential)) return problem(c, 'rotation-not-allowed')
    if (place?.kind !== 'header') return problem(c, 'credential-place')
    if (principal.slot !== 0) return problem(c, 'secret-not-current')
    // The gate may know the key as it was some seconds ago; the record that is written has the last word.
    const proved = await prove(tokenAt(place, c.env), at)
    const isCurrent = proved?.principal.subject === principal.subject && proved.secret === proved.record.secret
    if (!isCurrent) return problem(c, 'secret-not-current')
    const result = await registry.rotateOwn(principal, { ...c.var.body, proved: proved.secret }, at)
    if ('problem' in result) return unchanged(c, result)
    const { record, token } = result
    const { id, expiresAt } = record
    return c.json<OwnRotationView>({ id, token, expiresAt: timeOrNull(expiresAt), rotation: rotationOf(record, at) })
  })
}

/** The token that the gate has judged, read where it stood. */
function tokenAt({ name, scheme = '' }: Place, request: KeysRequest): string {
  return (request.header(name) ?? '').slice(scheme.length).trim()
}
