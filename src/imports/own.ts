import type { Grant } from '../model/principal.ts'
import { field, text } from './fields.ts'
import { endOf, momentOf } from './moment.ts'
import type { Claim, Left, Proof, Row } from './source.ts'

/** What a list of one's own says of a key, beside its token or its hash. */
export const ownColumns = [
  'name',
  'description',
  'owner',
  'type',
  'permissions',
  'surface',
  'created',
  'expires',
] as const

/** Reads a row in Latchkey's own words. Permissions are patterns as in any grant, and `never` is an end. */
export function ownClaim(row: Row, proof: Proof): Claim | Left {
  const name = text(row, 'name')
  const left = (why: string): Left => ({ left: why, name })
  const known: readonly string[] = ['token', 'hash', ...ownColumns]
  if (!Object.keys(row).every((each) => known.includes(each)))
    return left(`it has other fields than ${known.join(', ')}`)
  const grant = grantOf(row)
  if (grant === 'faulty') return left('its type is none of "read-only", "full-access" and "custom"')
  if (grant && grant.type !== 'custom' && grant.permissions.length > 0) return left('only "custom" has permissions')
  const surface = text(row, 'surface') || 'api'
  if (surface !== 'api' && surface !== 'admin') return left('its surface is neither "api" nor "admin"')
  const expires = field(row, 'expires')
  const expiresAt = expires === 'never' ? expires : endOf(expires, 'either')
  if (expiresAt === undefined) return left('its end cannot be read')
  return {
    name,
    proof,
    description: text(row, 'description'),
    owner: text(row, 'owner') || undefined,
    grant,
    surface,
    createdAt: momentOf(field(row, 'created'), 'either'),
    expiresAt,
  }
}

/** Permissions alone make a key custom. */
function grantOf(row: Row): Grant | undefined | 'faulty' {
  const listed = field(row, 'permissions') ?? []
  const permissions = Array.isArray(listed)
    ? listed.map(String)
    : String(listed)
        .split(/[\s,]+/)
        .filter(Boolean)
  const type = text(row, 'type') || (permissions.length > 0 ? 'custom' : undefined)
  if (type === undefined) return undefined
  return type === 'read-only' || type === 'full-access' || type === 'custom' ? { type, permissions } : 'faulty'
}
