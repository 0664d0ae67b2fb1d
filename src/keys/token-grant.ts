import { includes, PERMISSION, parsePermission } from '../lib/permission.ts'
import type { Grant } from '../model/principal.ts'

/** What a client asks for who wants a token that only reads. No permission: a token never says it as one. */
export const READ_ONLY_SCOPE = 'latchkey.read-only'

/** A header has room for no more. */
const MOST_SCOPE_CHARACTERS = 4096

const READ_ONLY: Grant = { type: 'read-only', permissions: [] }

/** Whether a grant reaches nowhere that another one does not. */
export function isWithin(inner: Grant, outer: Grant): boolean {
  if (outer.type === 'full-access') return true
  if (outer.type === 'read-only') return inner.type === 'read-only'
  if (inner.type !== 'custom') return false
  const patterns = partsOf(outer)
  return partsOf(inner).every((parts) => patterns.some((pattern) => includes(pattern, parts)))
}

/**
 * What a key may do under the ceiling of its credential, as one grant that reaches no further than both; undefined where
 * no grant says it: named permissions, and of these only what reads.
 */
export function under(grant: Grant, ceiling: Grant | undefined): Grant | undefined {
  if (!ceiling || isWithin(grant, ceiling)) return grant
  if (isWithin(ceiling, grant)) return ceiling
  if (grant.type !== 'custom' || ceiling.type !== 'custom') return undefined
  const patterns = partsOf(ceiling)
  const permissions = grant.permissions.filter((text) => {
    const { parts } = parsePermission(text)
    return patterns.some((pattern) => includes(pattern, parts))
  })
  return { type: 'custom', permissions }
}

/**
 * What is left of a grant by a scope (RFC 6749 3.3); absent: all of it. Undefined where the scope is malformed, too long,
 * or reaches beyond the grant. Permissions that a read-only key would name could write, so it has only the one word.
 */
export function narrowed(grant: Grant, scope: string | undefined): Grant | undefined {
  if (scope === undefined) return fits(grant) ? grant : undefined
  if (scope === READ_ONLY_SCOPE) return isWithin(READ_ONLY, grant) ? READ_ONLY : undefined
  const permissions = [...new Set(scope.split(' '))]
  const isNamed = permissions.every((text) => PERMISSION.test(text) && text !== READ_ONLY_SCOPE)
  const narrow: Grant = { type: 'custom', permissions }
  return isNamed && fits(narrow) && isWithin(narrow, grant) ? narrow : undefined
}

/** A grant as the scope of a reply tells it; undefined: all that there is. */
export function scopeOf({ type, permissions }: Grant): string | undefined {
  if (type === 'full-access') return undefined
  return type === 'read-only' ? READ_ONLY_SCOPE : permissions.join(' ')
}

function fits({ permissions }: Grant): boolean {
  return permissions.join(' ').length <= MOST_SCOPE_CHARACTERS
}

function partsOf({ permissions }: Grant) {
  return permissions.map((text) => parsePermission(text).parts)
}
