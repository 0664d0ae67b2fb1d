import type { PermissionParts } from '../lib/permission.ts'
import { covers, parsePermission } from '../lib/permission.ts'
import type { Refusal } from '../model/decision.ts'
import type { Attempt, Policy } from '../model/ports.ts'
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

  function passes(grant: Grant, { access, permissions: needed = [] }: Attempt['match']): boolean {
    if (grant.type !== 'custom') return grant.type === 'full-access' || access === 'read'
    const granted = patternsOf(grant)
    const isGranted = (parts: PermissionParts) =>
      granted.some((pattern) => covers(pattern, parts)) || grant.literals?.has(parts.join('\0'))
    return needed.length > 0 && needed.every(({ parts }) => isGranted(parts))
  }

  return ({ principal: { grant, ceiling }, match }) => {
    if (match.permissions === undefined) return undefined
    return passes(grant, match) && (!ceiling || passes(ceiling, match)) ? undefined : missing(match)
  }
}

function missing(match: Attempt['match']): Refusal {
  return { reason: 'permission-missing', permissions: match.permissions?.map((needed) => needed.text) }
}
