import type { Permission, PermissionParts } from '../lib/permission.ts'
import { covers, parsePermission } from '../lib/permission.ts'
import type { Match } from '../model/decision.ts'
import type { Policy } from '../model/ports.ts'
import type { Grant } from '../model/principal.ts'

/**
 * Refuses what the principal's type and permissions do not cover: `full-access` passes, `read-only` passes where the
 * route's access is `read`, `custom` passes where each permission of the route is granted. A ceiling must pass too.
 */
export function permissions(): Policy {
  // Grants are as immutable as the snapshot that made them, so each is parsed once.
  const parsed = new WeakMap<Grant, readonly PermissionParts[]>()

  function patternsOf(grant: Grant): readonly PermissionParts[] {
    let patterns = parsed.get(grant)
    if (!patterns) {
      patterns = grant.permissions.map((text) => parsePermission(text).parts)
      parsed.set(grant, patterns)
    }
    return patterns
  }

  function passes(grant: Grant, access: Match['access'], needed: readonly Permission[]): boolean {
    if (grant.type !== 'custom') return grant.type === 'full-access' || access === 'read'
    const granted = patternsOf(grant)
    const isGranted = ({ parts }: Permission) =>
      granted.some((pattern) => covers(pattern, parts)) || grant.literals?.has(parts.join('\0'))
    return needed.length > 0 && needed.every(isGranted)
  }

  return ({ principal: { grant, ceiling }, match: { access, permissions: needed } }) => {
    if (!needed) return undefined
    const bound = passes(grant, access, needed) ? ceiling : grant
    if (!bound || (bound === ceiling && passes(ceiling, access, needed))) return undefined
    const detail = bound === ceiling ? 'the ceiling of the credential' : undefined
    return { reason: 'permission-missing', permissions: needed.map(({ parts }) => parts.join('')), detail }
  }
}
