import type { KeyView } from '../../http/keys/replies.ts'
import type { Limit } from '../../model/principal.ts'
import { linesOf } from '../table.ts'
import { shortTime } from './times.ts'

/** All that is known of a key, a line each. */
export function describe(key: KeyView): string {
  const { revoked, lastUsedAt, previousSecretUsedAt } = key
  const overlapEnd = overlapEndOf(key)
  return linesOf([
    ['id', key.id],
    ['name', key.name],
    ['description', key.description ?? undefined],
    ['owner', key.owner ?? undefined],
    ['type', key.type],
    ['permissions', listed(key.permissions)],
    ['surface', key.surface],
    ['state', stateOf(key)],
    ['created', shortTime(key.createdAt)],
    ['expires', shortTime(key.expiresAt)],
    ['last used', lastUsedAt === null ? undefined : shortTime(lastUsedAt)],
    ['old secret', overlapEnd === undefined ? undefined : `counts until ${shortTime(overlapEnd)}`],
    ['used it last', previousSecretUsedAt === null ? undefined : shortTime(previousSecretUsedAt)],
    ['addresses', listed(key.addresses ?? [])],
    ['limits', listed(key.limits.map(limitText))],
    ['metadata', listed(Object.entries(key.metadata).map(([name, value]) => `${name}=${value}`))],
    ['token', key.viewable ? 'may be revealed' : undefined],
    ['imported', key.imported ?? undefined],
    ['revoked', revoked ? `${shortTime(revoked.at)} ${revoked.reason ?? ''}`.trim() : undefined],
  ])
}

/** Until when the secret before the last rotation counts, which is never longer than its key does. */
export function overlapEndOf({ rotation, expiresAt }: KeyView): string | undefined {
  if (!rotation) return undefined
  return expiresAt !== null && Date.parse(expiresAt) < Date.parse(rotation.until) ? expiresAt : rotation.until
}

/** What a key's state comes to now. */
export function stateOf({ state, expiresAt }: KeyView): string {
  return state === 'active' && expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : state
}

/** A limit as it is typed. */
function limitText({ requests, windowSeconds, per }: Limit): string {
  return `${requests}/${per ?? `${windowSeconds}s`}`
}

function listed(texts: readonly string[]): string | undefined {
  return texts.length > 0 ? texts.join(' ') : undefined
}
