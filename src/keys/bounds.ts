import type { Actor, Reach } from './actor.ts'
import { beyond, OWN_PERMISSIONS } from './actor.ts'
import type { Unchanged } from './asked.ts'
import type { DraftFault } from './draft.ts'
import { unneeded } from './nearest.ts'

/** That a key, as it is or as it is to be, reaches beyond the actor. */
export function beyondActor(by: Actor, ...keys: readonly Reach[]): Unchanged | undefined {
  const faults = keys.map((key) => beyond(by, key)).find((found) => found.length > 0)
  return faults && { problem: 'beyond-actor', faults }
}

/** Permissions that no route needs, but for those that were taken before. Keys of surface `keys` hand out all others' too. */
export function routeFaults(
  { surface, permissions }: Reach,
  routePermissions: readonly string[] | undefined,
  taken: readonly string[] = [],
): DraftFault[] {
  if (routePermissions === undefined) return []
  const templates = surface === 'keys' ? [...routePermissions, ...OWN_PERMISSIONS] : routePermissions
  return unneeded(permissions, templates, (permission) => !taken.includes(permission))
}
