import type { Hono } from 'hono/tiny'
import type { EpochSeconds } from '../../model/access.ts'
import type { Principal } from '../../model/principal.ts'
import { formToken } from './input.ts'
import type { KeysAppParts, KeysEnv, Proved } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem } from './problems.ts'
import type { Introspection } from './replies.ts'

/** Adds what is asked about a token that stands in the body: introspection (RFC 7662) and revocation (RFC 7009). */
export function addTokenRoutes(app: Hono<KeysEnv>, { prove, registry }: KeysAppParts): void {
  app.post('/introspect', formToken(), async (c) => {
    const { at } = c.env
    const proved = await prove(c.var.token, at)
    return c.json(proved && isToBeSeen(proved, actorOf(c)) ? introspectionOf(proved, at) : INACTIVE)
  })

  /**
   * A token proves the right to end itself, so nobody needs more. Who has shown a credential too is named in the event,
   * unless the key is not his to see.
   */
  app.post('/revoke', formToken(), async (c) => {
    const { at, principal } = c.env
    const proved = await prove(c.var.token, at)
    // RFC 7009 (2.2): a token that is not known is as good as revoked.
    if (!proved) return c.body(null, 200)
    const isAdministrator = principal !== 'anonymous' && isToBeSeen(proved, principal)
    const by = isAdministrator ? principal : proved.principal
    // The old secret alone ends itself and no more: whoever has kept it must not end the key of its owner.
    const isOld = !isAdministrator && proved.secret !== proved.record.secret
    const end = isOld ? registry.endOverlap : registry.revoke
    // Whoever changes the key in this moment must not keep it alive.
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const result = await end(proved.record.id, by, at)
      if (!('problem' in result) || result.problem === 'not-found') return c.body(null, 200)
    }
    return problem(c, 'dependency-unavailable', [], { 'Retry-After': '1' })
  })
}

const MOST_ATTEMPTS = 3

const INACTIVE: Introspection = { active: false }

function isToBeSeen({ record }: Proved, { owner }: Principal): boolean {
  return owner === undefined || owner === record.owner
}

function introspectionOf({ record, secret }: Proved, at: EpochSeconds): Introspection {
  const { id, name, owner, type, surface, permissions, createdAt, state } = record
  const until = secret === record.secret ? undefined : record.previous?.until
  const end = Math.min(record.expiresAt ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY)
  if (state !== 'active' || at >= end) return INACTIVE
  return {
    active: true,
    sub: id,
    iat: Math.floor(createdAt),
    ...(Number.isFinite(end) && { exp: Math.floor(end) }),
    ...(type === 'custom' && { scope: permissions.join(' ') }),
    name,
    ...(owner !== undefined && { owner }),
    type,
    surface,
  }
}
