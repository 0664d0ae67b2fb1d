import type { EpochSeconds } from '../model/access.ts'
import type { KeyEvent } from '../model/event.ts'
import type { Principal } from '../model/principal.ts'
import type { Actor } from './actor.ts'
import type { Issued, Kept, KeyChange, OwnRotation, Rotation, Unchanged } from './asked.ts'
import { beyondActor, routeFaults } from './bounds.ts'
import type { Desk } from './desk.ts'
import { tried } from './desk.ts'
import type { DraftFault } from './draft.ts'
import { applied, draftFaults, faultsOf, isLine, isTime } from './draft.ts'
import { drawSecret } from './format.ts'
import type { KeyRecord } from './record.ts'

/** What was asked of one key: by whom, when, and of which version. */
export interface Request {
  readonly id: string
  readonly by: Actor
  readonly at: EpochSeconds
  readonly version?: string | undefined
}

/** Changes what a key is and may do. Both what it was and what it is to be must be within the actor. */
export async function update(desk: Desk, request: Request, change: KeyChange): Promise<Kept | Unchanged> {
  const { by, at } = request
  const current = await asked(desk, request)
  if ('problem' in current) return current
  const { record } = current
  const next = applied(change, record)
  const whole = { ...change, type: next.type, ...(next.type === 'custom' && { permissions: next.permissions }) }
  const faults = [...draftFaults(whole, desk.lifetimes, at), ...surfaceFaults(record, next, at)]
  if (faults.length > 0) return { problem: 'invalid', faults }
  const unneeded = change.force === true ? [] : routeFaults(next, desk.routePermissions, record.permissions)
  if (unneeded.length > 0) return { problem: 'invalid', faults: unneeded }
  // Else a key beyond the actor could be cut down, seen, and be given back what it was by somebody who knows of nothing.
  const problem = beyondActor(by, record, next)
  if (problem) return problem
  if (changedFields(record, next) === '') return current
  if (next.name === record.name) return written(desk, request, 'key-updated', current, next)
  return renamed(desk, request, current, next)
}

/** What is given back is what this change itself has reserved, or found: the key may be named so by another one meanwhile. */
async function renamed(desk: Desk, request: Request, current: Kept, next: KeyRecord): Promise<Kept | Unchanged> {
  const { id, at } = request
  const { name } = current.record
  const before = await desk.names.held(name, id)
  const reserved = await desk.names.reserve(next.name, id, at)
  if ('holder' in reserved) return { problem: 'name-taken' }
  const result = await written(desk, request, 'key-updated', current, next)
  if (!('problem' in result)) await tried(async () => before && desk.names.release(name, id, before))
  else if (!reserved.isOlder) await desk.names.release(next.name, id, reserved)
  return result
}

/** A new secret now; the old one counts until its deadline. */
export async function rotate(desk: Desk, request: Request, rotation: Rotation): Promise<Issued | Unchanged> {
  const current = await asked(desk, request)
  if ('problem' in current) return current
  const { expiresAt } = rotation
  const faults = [
    ...overlapFaults(rotation, request.at),
    ...draftFaults({ ...(expiresAt !== undefined && { expiresAt }) }, desk.lifetimes, request.at),
  ]
  if (faults.length > 0) return { problem: 'invalid', faults }
  if (current.record.state === 'revoked') return { problem: 'revoked' }
  const next = applied({ ...(expiresAt !== undefined && { expiresAt }) }, current.record)
  return beyondActor(request.by, current.record, next) ?? replaced(desk, request, current, next, rotation)
}

/** The same by the key itself. */
export async function rotateOwn(
  desk: Desk,
  principal: Principal,
  rotation: OwnRotation,
  at: EpochSeconds,
): Promise<Issued | Unchanged> {
  const request: Request = { id: principal.subject, by: principal, at }
  const current = principal.kind === 'api-key' ? await asked(desk, request) : undefined
  if (!current) return { problem: 'not-found' }
  if ('problem' in current) return current
  const faults = overlapFaults(rotation, at)
  if (faults.length > 0) return { problem: 'invalid', faults }
  const { state, secret, previous, expiresAt } = current.record
  if (state === 'revoked') return { problem: 'revoked' }
  if (principal.slot !== 0 || (previous && at < previous.until)) return { problem: 'overlap-running' }
  const isCurrent = rotation.proved === undefined || desk.digests.equal(rotation.proved.digest, secret.digest)
  const hasEnded = expiresAt !== undefined && at >= expiresAt
  // The principal is as old as the cache that it came from: what happened since counts.
  if (state !== 'active' || hasEnded || !isCurrent) return { problem: 'conflict' }
  return replaced(desk, request, current, current.record, rotation)
}

/** Suspends a key or resumes it. To resume one it must be within the actor: he hands it out again. */
export async function hold(desk: Desk, request: Request, state: 'active' | 'suspended'): Promise<Kept | Unchanged> {
  const current = await asked(desk, request)
  if ('problem' in current) return current
  if (current.record.state === 'revoked') return { problem: 'revoked' }
  const problem = state === 'active' ? beyondActor(request.by, current.record) : undefined
  if (problem) return problem
  if (current.record.state === state) return current
  const type = state === 'active' ? 'key-resumed' : 'key-suspended'
  return written(desk, request, type, current, { ...current.record, state })
}

/** Revokes a key for good. */
export async function revoke(desk: Desk, request: Request, reason: string | undefined): Promise<Kept | Unchanged> {
  const isShort = reason === undefined || isLine(reason, MOST_REASON_CHARACTERS)
  const faults = faultsOf([
    ['/reason', isShort, `a text of 1 to ${MOST_REASON_CHARACTERS} visible characters and spaces`],
  ])
  if (faults.length > 0) return { problem: 'invalid', faults }
  const current = await asked(desk, request)
  if ('problem' in current || current.record.state === 'revoked') return current
  const revoked = { at: request.at, ...(reason !== undefined && { reason }) }
  return written(desk, request, 'key-revoked', current, { ...current.record, state: 'revoked', revoked }, reason ?? '')
}

/** Ends the overlap of a rotation: the old secret counts no more, the current one stays. */
export async function endOverlap(desk: Desk, request: Request): Promise<Kept | Unchanged> {
  const current = await asked(desk, request)
  if ('problem' in current || current.record.previous === undefined) return current
  const { previous: _, ...rest } = current.record
  return written(desk, request, 'key-updated', current, rest)
}

const MOST_REASON_CHARACTERS = 200

/** The key that is asked for, where the actor may see it and nobody else has changed it. */
export async function asked(desk: Desk, { id, by, version }: Request): Promise<Kept | Unchanged> {
  const current = await desk.seen(id, by)
  if (!current) return { problem: 'not-found' }
  return version === undefined || version === current.version ? current : { problem: 'conflict' }
}

async function replaced(
  desk: Desk,
  request: Request,
  current: Kept,
  next: KeyRecord,
  { overlapSeconds }: OwnRotation,
): Promise<Issued | Unchanged> {
  const problem = await desk.pepperProblem()
  if (problem) return problem
  const { previous: _previous, copy, ...rest } = next
  const { token, ...made } = await desk.make(request.id, drawSecret(desk.random), copy !== undefined)
  const previous = { ...next.secret, until: request.at + overlapSeconds }
  const record = { ...rest, ...made, ...(overlapSeconds > 0 && { previous }) }
  const result = await written(desk, request, 'key-rotated', current, record)
  return 'problem' in result ? result : { ...result, token }
}

async function written(
  desk: Desk,
  { by, at }: Request,
  type: KeyEvent['type'],
  current: Kept,
  next: KeyRecord,
  detail: string = changedFields(current.record, next),
): Promise<Kept | Unchanged> {
  const result = await desk.write(next, current.version)
  if (!('problem' in result)) await desk.tell(type, next, by, at, detail)
  return result
}

/** The names of the fields that differ: never what stands in them. */
function changedFields(before: KeyRecord, after: KeyRecord): string {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof KeyRecord)[]
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).join(', ')
}

/** A token that another system has made, however weak it is, does not come to manage keys by a change either. */
function surfaceFaults(before: KeyRecord, next: KeyRecord, at: EpochSeconds): DraftFault[] {
  const { secret, previous } = before
  const isImported = secret.scheme !== undefined || (previous?.scheme !== undefined && at < previous.until)
  const isRaised = before.surface !== 'keys' && next.surface === 'keys'
  return faultsOf([['/surface', !(isRaised && isImported), '"api" or "admin", as long as an imported token counts']])
}

function overlapFaults({ overlapSeconds }: OwnRotation, at: EpochSeconds): DraftFault[] {
  const isRight = overlapSeconds >= 0 && isTime(at + overlapSeconds)
  return faultsOf([['/overlapSeconds', isRight, 'seconds: 0, or how long the old secret still counts']])
}
