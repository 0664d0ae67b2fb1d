import { isInside, parseRange } from '../lib/ip.ts'
import type { PermissionParts } from '../lib/permission.ts'
import { includes, parsePermission } from '../lib/permission.ts'
import type { Grant, Limit, Principal } from '../model/principal.ts'
import type { DraftFault } from './draft.ts'
import { faultsOf, isOwner } from './draft.ts'
import type { KeyRecord } from './record.ts'

/** Who changes keys: a principal that the gate has judged, or whoever holds the store's own credentials. */
export type Actor = Principal | 'operator'

/** What key management needs of a custom principal of surface `keys`. */
export const OWN_PERMISSIONS: readonly string[] = [
  'latchkey.keys.read',
  'latchkey.keys.create',
  'latchkey.keys.update',
  'latchkey.keys.rotate',
  'latchkey.keys.revoke',
  'latchkey.keys.delete',
  'latchkey.keys.import',
  'latchkey.keys.reveal',
  'latchkey.usage.read',
  'latchkey.events.read',
  'latchkey.introspect',
]

/** How far a key reaches: all that its holder gains by it. */
export type Reach = Pick<KeyRecord, 'type' | 'permissions' | 'surface' | 'owner' | 'addresses' | 'limits' | 'expiresAt'>

/** How an actor is told in events. */
export function actorName(actor: Actor): string {
  return actor === 'operator' ? actor : `${actor.kind}:${actor.subject}`
}

/** Whether a key is the actor's to see, suspend, revoke and delete: of his owner, or himself. What he may do, the gate says. */
export function isWithinSight(actor: Actor, key: Pick<KeyRecord, 'id' | 'owner'>): boolean {
  if (actor === 'operator') return true
  if (actor.surface !== 'keys') return actor.kind === 'api-key' && actor.subject === key.id
  return actor.owner === undefined || actor.owner === key.owner
}

/**
 * Where a key reaches beyond what the actor may hand out. Whoever is given it gains no more than the actor has: not by
 * himself, and not by the keys that he makes with it.
 *
 * Of surface `keys`, a full-access actor hands out any key of his owner. A custom one hands out custom keys of surface
 * `keys` or `api`, within his own permissions, addresses, limits and end. Nobody else hands out anything.
 */
export function beyond(actor: Actor, key: Reach): DraftFault[] {
  if (actor === 'operator') return []
  const grants = actor.ceiling ? [actor.grant, actor.ceiling] : [actor.grant]
  if (actor.surface !== 'keys' || grants.some(({ type }) => type === 'read-only')) {
    return [
      { pointer: '', message: 'nothing: only full-access and custom credentials of surface "keys" hand out keys' },
    ]
  }
  return [...ownerFaults(actor, key), ...(isNarrowed(actor) ? narrowedFaults(actor, grants, key) : [])]
}

/** Whether an actor may hand out less than any key of his owner. */
export function isNarrowed({ grant, ceiling }: Principal): boolean {
  return grant.type !== 'full-access' || (ceiling !== undefined && ceiling.type !== 'full-access')
}

/** A token's claim may hold any text: what could not be asked for as an owner is not passed on as one. */
function ownerFaults({ owner }: Principal, key: Reach): DraftFault[] {
  const isOwn = owner === undefined || (owner === key.owner && isOwner(owner))
  return faultsOf([['/owner', isOwn, 'your own owner, 1 to 100 visible characters and spaces']])
}

function narrowedFaults(actor: Principal, grants: readonly Grant[], key: Reach): DraftFault[] {
  const { constraints, expiresAt } = actor
  const ends = expiresAt === undefined || (key.expiresAt !== undefined && key.expiresAt <= expiresAt)
  return [
    ...faultsOf([
      ['/type', key.type === 'custom', '"custom": your own credential is narrower than the other types'],
      ['/surface', key.surface !== 'admin', '"api" or "keys"'],
      ['/expiresAt', ends, 'a time that is not after the end of your own credential'],
    ]),
    ...permissionFaults(grants, key.permissions),
    ...addressFaults(constraints?.addresses, key.addresses),
    ...limitFaults(constraints?.limits, key.limits),
  ]
}

function permissionFaults(grants: readonly Grant[], permissions: readonly string[]): DraftFault[] {
  const bounds = grants.filter(({ type }) => type === 'custom').map((grant) => grant.permissions.map(partsOf))
  return faultsOf(
    permissions.map((text, place) => {
      const parts = partsOf(text)
      const isCovered = bounds.every((patterns) => patterns.some((pattern) => includes(pattern, parts)))
      return [`/permissions/${place}`, isCovered, 'one that your own credential covers']
    }),
  )
}

function partsOf(text: string): PermissionParts {
  return parsePermission(text).parts
}

type Ranges = NonNullable<Principal['constraints']>['addresses']

function addressFaults(own: Ranges, addresses: readonly string[] | undefined): DraftFault[] {
  const message = 'within the addresses of your own credential'
  if (own === undefined) return []
  if (addresses === undefined) return [{ pointer: '/addresses', message }]
  return faultsOf(
    addresses.map((text, place) => {
      const range = parseRange(text)
      return [`/addresses/${place}`, range !== undefined && own.some((outer) => isInside(range, outer)), message]
    }),
  )
}

function limitFaults(own: readonly Limit[] | undefined, limits: readonly Limit[] = []): DraftFault[] {
  const isKept = (bound: Limit) =>
    limits.some(
      ({ requests, windowSeconds, per }) =>
        requests <= bound.requests && windowSeconds === bound.windowSeconds && per === bound.per,
    )
  return faultsOf([['/limits', (own ?? []).every(isKept), 'each limit of your own credential, or a tighter one']])
}
