import type { EpochSeconds } from '../model/access.ts'
import type { Actor } from './actor.ts'
import { isNarrowed } from './actor.ts'
import type { Issued, Kept, NewKey, Unchanged } from './asked.ts'
import { beyondActor, routeFaults } from './bounds.ts'
import type { Desk } from './desk.ts'
import { KEY_PREFIX, tried } from './desk.ts'
import type { KeyDraft, LifetimePolicy } from './draft.ts'
import { applied, draftFaults, endOf, faultsOf } from './draft.ts'
import { drawKey } from './format.ts'
import type { Taken } from './names.ts'
import type { KeptSecret, KeyRecord } from './record.ts'

/** Makes a key. */
export async function create(desk: Desk, draft: NewKey, by: Actor, at: EpochSeconds): Promise<Issued | Unchanged> {
  const isViewable = draft.viewable === true
  const faults = [
    ...draftFaults({ ...draft, name: draft.name ?? '' }, desk.lifetimes, at),
    ...faultsOf([['/viewable', !isViewable || desk.encryptionKey !== undefined, 'only with an encryption key']]),
  ]
  if (faults.length > 0) return { problem: 'invalid', faults }
  const drawn = drawKey(desk.random)
  const { token, secret, copy } = await desk.make(drawn.id, drawn.secret, isViewable)
  const blank = blankRecord(drawn.id, draft.name, secret, at)
  const record = { ...applied(inherited(draft, by, desk.lifetimes, at), blank), ...(copy !== undefined && { copy }) }
  const unneeded = draft.force === true ? [] : routeFaults(record, desk.routePermissions)
  if (unneeded.length > 0) return { problem: 'invalid', faults: unneeded }
  const problem = beyondActor(by, record) ?? (await desk.pepperProblem())
  if (problem) return problem
  const placed = await place(desk, record, at)
  if ('holder' in placed) return { problem: 'name-taken' }
  if ('problem' in placed) return placed
  await desk.tell('key-created', placed.record, by, at)
  return { ...placed, token }
}

/** What a key is before anything is asked for it. */
export function blankRecord(id: string, name: string, secret: KeptSecret, at: EpochSeconds): KeyRecord {
  return { id, name, type: 'read-only', permissions: [], surface: 'api', createdAt: at, state: 'active', secret }
}

/** What a draft leaves open, as the policy has it, and within what the actor may hand out. */
export function inherited(draft: KeyDraft, by: Actor, lifetimes: LifetimePolicy, at: EpochSeconds): KeyDraft {
  const end = endOf(draft, lifetimes, at) ?? 'never'
  if (by === 'operator') return { ...draft, expiresAt: end }
  const owner = draft.owner ?? by.owner
  const own: KeyDraft = { ...draft, expiresAt: end, ...(owner !== undefined && { owner }) }
  if (!isNarrowed(by)) return own
  const limits = draft.limits ?? by.constraints?.limits
  const isOpen = draft.expiresAt === undefined && end !== 'never' && by.expiresAt !== undefined
  return { ...own, ...(limits && { limits }), ...(isOpen && { expiresAt: Math.min(end, by.expiresAt) }) }
}

/**
 * Writes a new record: its name first, then itself. A record that could not be written frees its name, if the store lets
 * it; else the reservation lapses, and what was written after all is a key whose token nobody has.
 */
export async function place(desk: Desk, record: KeyRecord, at: EpochSeconds): Promise<Kept | Unchanged | Taken> {
  const { name, id } = record
  const reserved = await desk.names.reserve(name, id, at)
  if ('holder' in reserved) return reserved
  try {
    const written = await desk.write(record, null)
    if ('problem' in written) await desk.names.release(name, id, reserved)
    return written
  } catch (error) {
    await tried(async () => {
      await desk.store.delete(KEY_PREFIX + id)
      await desk.names.release(name, id, reserved)
    })
    throw error
  }
}
