import type { PermissionParts } from '../lib/permission.ts'
import { covers, parsePermission } from '../lib/permission.ts'
import type { Refusal } from '../model/decision.ts'
import type { Attempt, Policy } from '../model/ports.ts'
import type { Grant } from '../model/principal.ts'

/**
 * Refuses what the principal's type and permissions do not cover: `full-access` passes, `read-only` passes where the
 * route's access is `read`, `custom` passes where each permission of the route is granted.
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

  return ({ principal, match }) => {
    if (match.permissions === undefined) return undefined
    switch (principal.grant.type) {
      case 'full-access':
        return undefined
      case 'read-only':
        return match.access === 'read' ? undefined : missing(match)
      case 'custom': {
        const granted = patternsOf(principal.grant)
        const passes =
          match.permissions.length > 0 &&
          match.permissions.every((needed) => granted.some((pattern) => covers(pattern, needed.parts)))
        return passes ? undefined : missing(match)
      }
    }
  }
}

function missing(match: Attempt['match']): Refusal {
  return { reason: 'permission-missing', permissions: match.permissions?.map((needed) => needed.text) }
}
