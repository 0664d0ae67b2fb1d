import type { EpochSeconds } from '../model/access.ts'
import type { GrantType, Surface } from '../model/principal.ts'
import type { DraftFault, KeyDraft } from './draft.ts'
import type { KeptSecret, KeyRecord, KeyState } from './record.ts'

export type { ImportedKey } from '../model/imported-key.ts'

/** What is asked of the registry, and what it answers. */

/** A key to be made. */
export interface NewKey extends KeyDraft {
  readonly name: string
  /** Whether the token is kept encrypted, so that it can be revealed again. Needs an encryption key. */
  readonly viewable?: boolean
  /** Takes permissions that no route needs. */
  readonly force?: boolean
}

/** A change of a key. What is absent stays. */
export interface KeyChange extends KeyDraft {
  /** Takes permissions that no route needs. */
  readonly force?: boolean
}

/** A record with the version to change it by. */
export interface Kept {
  readonly record: KeyRecord
  readonly version: string
}

/** A key whose token can be told now and, unless a viewable copy is kept, never again. */
export interface Issued extends Kept {
  readonly token: string
}

/** `already`: an earlier run has imported it, and nothing was changed. */
export interface Imported extends Kept {
  readonly already: boolean
}

/**
 * Why nothing was changed. `invalid` and `beyond-actor` come with faults. `conflict`: somebody else has changed it
 * meanwhile. `not-found`: also where it is there and not the actor's to see.
 */
export type Problem =
  | 'invalid'
  | 'name-taken'
  | 'conflict'
  | 'not-found'
  | 'revoked'
  | 'beyond-actor'
  | 'not-viewable'
  | 'overlap-running'
  | 'wrong-pepper'

export interface Unchanged {
  readonly problem: Problem
  readonly faults?: readonly DraftFault[]
}

/** How a secret is replaced. */
export interface Rotation {
  /** How long the old secret still counts; 0 ends it at once. */
  readonly overlapSeconds: number
  /** A new end; absent: the end stays. */
  readonly expiresAt?: EpochSeconds | 'never'
}

/** How a key replaces its own secret. */
export interface OwnRotation extends Pick<Rotation, 'overlapSeconds'> {
  /**
   * The secret that the token was proved to be, as a record read just now keeps it. A principal may be as old as a cache:
   * without this, whoever holds a secret that ended within that time passes for the owner.
   */
  readonly proved?: KeptSecret
}

/** Which keys, and in what order. All that is given must fit. */
export interface KeyQuery {
  /** Default `id`. By `expires`: only keys that end. */
  readonly by?: 'id' | 'name' | 'expires'
  /** A cursor that an earlier page of the same listing gave. */
  readonly from?: string
  /** More than 100 is taken for 100. */
  readonly limit: number
  readonly owner?: string
  readonly state?: KeyState
  readonly surface?: Surface
  readonly type?: GrantType
  /** A part of the name or the description; letter case does not count. */
  readonly search?: string
}

/** A page may hold fewer keys than were asked for, even none: only `cursor` tells whether more follow. */
export interface KeyPage {
  readonly items: readonly Kept[]
  /** How many records were passed over that cannot be read: a later version has written them, or another program. */
  readonly unreadable: number
  readonly cursor?: string
}
