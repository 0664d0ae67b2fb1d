import type { EpochSeconds } from '../model/access.ts'
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
  OwnRotation,
  Rotation,
  Unchanged,
} from './asked.ts'
import { endOverlap, hold, revoke, rotate, rotateOwn, update } from './change.ts'
import { create } from './create.ts'
import type { RegistryParts } from './desk.ts'
import { deskOf } from './desk.ts'
import { list } from './list.ts'
import { remove } from './remove.ts'
import { reveal } from './reveal.ts'
import { takeOver } from './take-over.ts'

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
  OwnRotation,
  Problem,
  Rotation,
  Unchanged,
} from './asked.ts'
export type { RegistryParts } from './desk.ts'

/**
 * The life of issued keys, and the only writer of their records. Who changes one is told by each call, and is judged by
 * what actor.ts says. `version`, where it is given, must be the record's: of two who change a key at once the second is
 * told `conflict`, and nothing is lost. A call that cannot ask the store rejects with its `StoreError`; a record that a later
 * version has written rejects as `RecordUnreadable` and stays as it is.
 */
export interface Registry {
  create(draft: NewKey, by: Actor, at: EpochSeconds): Promise<Issued | Unchanged>
  /** Takes over a key of another system. Twice changes nothing. Never yields a key of surface `keys`. */
  import(key: ImportedKey, by: Actor, at: EpochSeconds): Promise<Imported | Unchanged>
  show(id: string, by: Actor): Promise<Kept | undefined>
  /** Rejects with an `Unstorable` where `from` is no cursor of this listing. */
  list(query: KeyQuery, by: Actor): Promise<KeyPage>
  update(id: string, change: KeyChange, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  /** A new secret now; the old one counts until its deadline. */
  rotate(id: string, rotation: Rotation, by: Actor, at: EpochSeconds, version?: string): Promise<Issued | Unchanged>
  /**
   * By the key itself, with its current secret: whoever holds the old one must not evict the owner. Never renews the end;
   * `overlap-running` while an earlier secret still counts.
   */
  rotateOwn(principal: Principal, rotation: OwnRotation, at: EpochSeconds): Promise<Issued | Unchanged>
  suspend(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  resume(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  /** The old secret of a rotation counts no more. */
  endOverlap(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<Kept | Unchanged>
  /** For good: a revoked key is never resumed or rotated. Revoking twice changes nothing. */
  revoke(
    id: string,
    by: Actor,
    at: EpochSeconds,
    options?: { readonly reason?: string | undefined; readonly version?: string | undefined },
  ): Promise<Kept | Unchanged>
  /** Takes the record away and frees its name. */
  remove(id: string, by: Actor, at: EpochSeconds, version?: string): Promise<'removed' | Unchanged>
  /** The token, where a viewable copy is kept. */
  reveal(id: string, by: Actor, at: EpochSeconds): Promise<{ readonly token: string } | Unchanged>
}

export function registry(parts: RegistryParts): Registry {
  const desk = deskOf(parts)
  return {
    create: (draft, by, at) => create(desk, draft, by, at),
    import: (key, by, at) => takeOver(desk, key, by, at),
    show: (id, by) => desk.seen(id, by),
    list: (query, by) => list(desk, query, by),
    update: (id, change, by, at, version) => update(desk, { id, by, at, version }, change),
    rotate: (id, rotation, by, at, version) => rotate(desk, { id, by, at, version }, rotation),
    rotateOwn: (principal, rotation, at) => rotateOwn(desk, principal, rotation, at),
    suspend: (id, by, at, version) => hold(desk, { id, by, at, version }, 'suspended'),
    resume: (id, by, at, version) => hold(desk, { id, by, at, version }, 'active'),
    endOverlap: (id, by, at, version) => endOverlap(desk, { id, by, at, version }),
    revoke: (id, by, at, { reason, version } = {}) => revoke(desk, { id, by, at, version }, reason),
    remove: (id, by, at, version) => remove(desk, { id, by, at, version }),
    reveal: (id, by, at) => reveal(desk, { id, by, at }),
  }
}
