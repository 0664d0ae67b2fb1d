import { encodeVisible } from '../lib/percent.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { KeyEvent } from '../model/event.ts'
import type { Digests, Sink, Store } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import type { Actor } from './actor.ts'
import type {
  Imported,
  ImportedKey,
  Issued,
  Kept,
  KeyChange,
  KeyPage,
  KeyQuery,
  NewKey,
  Rotation,
  Unchanged,
} from './asked.ts'
import type { LifetimePolicy } from './draft.ts'
import { applied, DEFAULT_LIFETIMES, draftFaults, endOf } from './draft.ts'
import type { Pepper } from './format.ts'
import { digestOf, drawKey, drawSecret, formatKey } from './format.ts'
import type { KeptSecret, KeyRecord } from './record.ts'
import { decodeRecord, encodeRecord } from './record.ts'

export type { Actor } from './actor.ts'
export type {
  Imported,
  ImportedKey,
  Issued,
  Kept,
  KeyChange,
  KeyPage,
  KeyQuery,
  NewKey,
  Problem,
  Rotation,
  Unchanged,
} from './asked.ts'

/** What a registry is made of. */
export interface RegistryParts {
  readonly store: Store
  readonly digests: Digests
  /** Fills so many bytes from the runtime's own cryptographic generator. */
  readonly random: (bytes: number) => Uint8Array
  /** The first makes new secrets; the others only count. */
  readonly peppers: readonly [Pepper, ...Pepper[]]
  /** What new tokens begin with. */
  readonly prefix: string
  readonly lifetimes?: LifetimePolicy
  /** The permissions that the document's routes need, as templates; absent: permissions are not compared with routes. */
  readonly routePermissions?: readonly string[]
  /** Encrypts viewable copies; absent: none are made. */
  readonly encryptionKey?: string
  /** Told of every change. */
  readonly sink?: Sink
  /** Keeps every change with the store. */
  readonly log?: { append(event: KeyEvent): Promise<void> }
}

/**
 * The life of issued keys, and the only writer of their records. Who changes one is told by each call, and is judged by
 * what actor.ts says. `version`, where it is given, must be the record's: of two who change a key at once the second is
 * told `conflict`, and nothing is lost.
 */
export interface Registry {
  create(draft: NewKey, by: Actor, at: EpochSeconds): Promise<Issued | Unchanged>
  /** Takes over a key of another system. Twice changes nothing. Never yields a key of surface `keys`. */
  import(key: ImportedKey, by: Actor, at: EpochSeconds): Promise<Imported | Unchanged>
  show(id: string, by: Actor): Promise<Kept | undefined>
  list(query: KeyQuery, by: Actor): Promise<KeyPage>
  update(id: string, change: KeyChange, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  /** A new secret now; the old one counts until its deadline. */
  rotate(id: string, rotation: Rotation, by: Actor, at: EpochSeconds, version?: string): Promise<Issued | Unchanged>
  /**
   * By the key itself, with its current secret: whoever holds the old one must not evict the owner. Never renews the end;
   * `overlap-running` while an earlier secret still counts.
   */
  rotateOwn(
    principal: Principal,
    rotation: Pick<Rotation, 'overlapSeconds'>,
    at: EpochSeconds,
  ): Promise<Issued | Unchanged>
  suspend(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  resume(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  /** For good: a revoked key is never resumed or rotated. Revoking twice changes nothing. */
  revoke(
    id: string,
    by: Actor,
    at: EpochSeconds,
    options?: { readonly reason?: string; readonly version?: string },
  ): Promise<Kept | Unchanged>
  /** Takes the record away and frees its name. */
  remove(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<'removed' | Unchanged>
  /** The token, where a viewable copy is kept. */
  reveal(id: string, by: Actor, at: EpochSeconds): Promise<{ readonly token: string } | Unchanged>
}

/** Where a key's record lies, and where its name is reserved. */
export const KEY_PREFIX = 'key:'
export const NAME_PREFIX = 'name:'
/** Far longer than any writer takes from a name to its record. */
const RESERVATION_SECONDS = 60

export function registry(parts: RegistryParts): Registry {
  const { store, digests, random, prefix } = parts
  const lifetimes = parts.lifetimes ?? DEFAULT_LIFETIMES
  const [pepper] = parts.peppers

  async function kept(id: string): Promise<Kept | undefined> {
    const entry = await store.get(KEY_PREFIX + id)
    return entry && { record: decodeRecord(entry.value), version: entry.version }
  }

  async function write(record: KeyRecord, ifVersion: string | null): Promise<Kept | Unchanged> {
    const index = { name: record.name, ...(record.expiresAt !== undefined && { expires: record.expiresAt }) }
    const result = await store.put(KEY_PREFIX + record.id, encodeRecord(record), { ifVersion, index })
    return result === 'conflict' ? { problem: 'conflict' } : { record, version: result.version }
  }

  /** Reads, changes and writes a record; `change` gives the new one or says why not. */
  async function change(
    id: string,
    version: string | undefined,
    to: (record: KeyRecord) => KeyRecord | Unchanged,
  ): Promise<Kept | Unchanged> {
    const current = await kept(id)
    if (!current) return { problem: 'not-found' }
    if (version !== undefined && version !== current.version) return { problem: 'conflict' }
    const next = to(current.record)
    return 'problem' in next ? next : write(next, current.version)
  }

  async function makeSecret(id: string, secret: string): Promise<{ kept: KeptSecret; token: string }> {
    const digest = await digestOf(id, secret, pepper, digests)
    const token = await formatKey(prefix, { id, secret }, pepper, digests)
    return { kept: { digest, pepperVersion: pepper.version }, token }
  }

  /**
   * Reserves a name before the record that bears it is written, so that no transaction over two entries is needed. A
   * reservation that no record has followed for a while holds nothing: its writer has died between the two.
   */
  async function reserve(name: string, id: string, at: EpochSeconds): Promise<boolean> {
    const value = `${id} ${Math.floor(at)}`
    if ((await store.put(reservationOf(name), value, { ifVersion: null })) !== 'conflict') return true
    const entry = await store.get(reservationOf(name))
    if (!entry) return false
    const [holder = '', since] = entry.value.split(' ')
    if (at < Number(since) + RESERVATION_SECONDS || (await kept(holder))?.record.name === name) return false
    return (await store.put(reservationOf(name), value, { ifVersion: entry.version })) !== 'conflict'
  }

  /** Gives a name back, unless somebody else holds it by now. */
  async function release(name: string, id: string): Promise<void> {
    const entry = await store.get(reservationOf(name))
    if (!entry?.value.startsWith(`${id} `)) return
    await store.put(reservationOf(name), `${id} 0`, { ifVersion: entry.version })
  }

  return {
    async create(draft, _by, at) {
      const faults = draftFaults(draft, lifetimes, at)
      if (faults.length > 0) return { problem: 'invalid', faults }
      const { id, secret } = drawKey(random)
      if (!(await reserve(draft.name, id, at))) return { problem: 'name-taken' }
      const made = await makeSecret(id, secret)
      const blank: KeyRecord = {
        id,
        name: draft.name,
        type: 'read-only',
        permissions: [],
        surface: 'api',
        createdAt: at,
        state: 'active',
        secret: made.kept,
      }
      const { viewable: _viewable, force: _force, ...asked } = draft
      const written = await write(applied({ ...asked, expiresAt: endOf(draft, lifetimes, at) ?? 'never' }, blank), null)
      return 'problem' in written ? written : { ...written, token: made.token }
    },

    show: kept,

    async list(query, _by) {
      const { by = 'id', from, limit } = query
      const page = await store.list({ prefix: KEY_PREFIX, by, limit, ...(from !== undefined && { from }) })
      const items = page.items.map(({ value, version }) => ({ record: decodeRecord(value), version }))
      return page.cursor === undefined ? { items } : { items, cursor: page.cursor }
    },

    async update(id, draft, _by, at, version) {
      const current = await kept(id)
      if (!current) return { problem: 'not-found' }
      const { force: _force, ...asked } = draft
      const next = applied(asked, current.record)
      const faults = draftFaults(
        { ...draft, type: next.type, ...(next.type === 'custom' && { permissions: next.permissions }) },
        lifetimes,
        at,
      )
      if (faults.length > 0) return { problem: 'invalid', faults }
      const isRenamed = next.name !== current.record.name
      if (isRenamed && !(await reserve(next.name, id, at))) return { problem: 'name-taken' }
      const written = await change(id, version ?? current.version, () => next)
      if (isRenamed) await release('problem' in written ? next.name : current.record.name, id)
      return written
    },

    async rotate(id, { overlapSeconds, expiresAt }, _by, at, version) {
      const faults = draftFaults({ ...(expiresAt !== undefined && { expiresAt }) }, lifetimes, at)
      if (faults.length > 0) return { problem: 'invalid', faults }
      const made = await makeSecret(id, drawSecret(random))
      const written = await change(id, version, (record) => {
        if (record.state === 'revoked') return { problem: 'revoked' }
        const { previous: _, ...rest } = applied({ ...(expiresAt !== undefined && { expiresAt }) }, record)
        const replaced = { ...rest, secret: made.kept }
        return overlapSeconds > 0
          ? { ...replaced, previous: { ...record.secret, until: at + overlapSeconds } }
          : replaced
      })
      return 'problem' in written ? written : { ...written, token: made.token }
    },

    suspend: (id, _by, _at, version) => change(id, version, (record) => inState(record, 'suspended')),
    resume: (id, _by, _at, version) => change(id, version, (record) => inState(record, 'active')),

    revoke: (id, _by, at, { reason, version } = {}) =>
      change(id, version, (record) => {
        if (record.state === 'revoked') return record
        return { ...record, state: 'revoked', revoked: { at, ...(reason !== undefined && { reason }) } }
      }),

    async remove(id, _by, _at, version) {
      const current = await kept(id)
      if (!current) return { problem: 'not-found' }
      if (version !== undefined && version !== current.version) return { problem: 'conflict' }
      const result = await store.delete(KEY_PREFIX + id, { ifVersion: current.version })
      if (result === 'conflict') return { problem: 'conflict' }
      await release(current.record.name, id)
      return 'removed'
    },

    import: async () => ({ problem: 'invalid' }),
    rotateOwn: async () => ({ problem: 'overlap-running' }),
    reveal: async () => ({ problem: 'not-viewable' }),
  }
}

/** Where a name is reserved: ids are visible ASCII, names are what people write. */
function reservationOf(name: string): string {
  return NAME_PREFIX + encodeVisible(name)
}

function inState(record: KeyRecord, state: 'active' | 'suspended'): KeyRecord | Unchanged {
  return record.state === 'revoked' ? { problem: 'revoked' } : { ...record, state }
}
