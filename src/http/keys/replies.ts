import type { ImportScheme, KeyState } from '../../keys/record.ts'
import type { GrantType, Limit, Surface } from '../../model/principal.ts'
import type { ProblemError, ProblemReason } from './problems.ts'

/** What the keys API answers with: times are RFC 3339 in UTC, and null stands where there is nothing. */

/** A key, for those who manage it. No secret and no digest is in it. */
export interface KeyView {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly type: GrantType
  readonly permissions: readonly string[]
  readonly surface: Surface
  readonly owner: string | null
  readonly createdAt: string
  /** null: never. */
  readonly expiresAt: string | null
  readonly state: KeyState
  /** The only addresses that may use the key; null: all. */
  readonly addresses: readonly string[] | null
  readonly limits: readonly Limit[]
  readonly metadata: Readonly<Record<string, string>>
  readonly revoked: { readonly at: string; readonly reason: string | null } | null
  /** While the secret before the last rotation counts: until when. */
  readonly rotation: { readonly until: string } | null
  /** To the hour. */
  readonly lastUsedAt: string | null
  /** When the secret before the last rotation was used last. */
  readonly previousSecretUsedAt: string | null
  /** Whether the token can be revealed. */
  readonly viewable: boolean
  /** How the system that the key was imported from digests its tokens; also after a rotation. */
  readonly imported: ImportScheme | null
}

/** A key whose secret was made just now. */
export interface IssuedView extends KeyView {
  /** Told here and, unless the key is viewable, never again. */
  readonly token: string
}

/** A page; `cursor` leads to the next one, and is null on the last. */
export interface PageView<Item> {
  readonly items: readonly Item[]
  readonly cursor: string | null
}

/** A page of keys, and how many records on it cannot be read: a later version has written them. */
export interface KeyPageView extends PageView<KeyView> {
  readonly unreadable: number
}

/** What became of each key of an import, in the order in which they were sent. */
export interface ImportView {
  readonly results: readonly ImportResult[]
}

/** What became of one imported key. */
export type ImportResult =
  | { readonly name: string; readonly result: 'imported' | 'already'; readonly id: string }
  | {
      readonly name: string
      readonly result: 'refused'
      readonly reason: ProblemReason
      readonly errors: readonly ProblemError[]
    }

/** What was counted of a key, owner and day, or of many of them together; null stands where they are. */
export interface UsageRowView {
  readonly key: string | null
  readonly owner: string | null
  readonly day: string | null
  readonly allowed: number
  readonly refused: Readonly<Record<string, number>>
  readonly routes: Readonly<Record<string, number>>
  readonly firstSeen: string
  readonly lastSeen: string
}

/** Usage from one UTC day to another, both included. */
export interface UsageView {
  readonly from: string
  readonly to: string
  readonly rows: readonly UsageRowView[]
  /** Stored entries that could not be read, and are not counted here. */
  readonly unreadable: number
}

/** What a holder learns who has rotated the own key. */
export interface OwnRotationView {
  readonly id: string
  readonly token: string
  readonly expiresAt: string | null
  /** Until when the old secret counts; null: it does not. */
  readonly rotation: { readonly until: string } | null
}

/** RFC 6749 (5.1). */
export interface IssuedToken {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  /** What the token may do; absent: whatever a full-access key may. */
  readonly scope?: string
}

/** RFC 7662 (2.2), with what else is known of a key. `scope` is there for `custom` keys alone. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      readonly sub: string
      readonly iat: number
      readonly exp?: number
      readonly scope?: string
      readonly name: string
      readonly owner?: string
      readonly type: GrantType
      readonly surface: Surface
    }
