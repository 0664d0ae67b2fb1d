import type { EpochSeconds } from './access.ts'
import type { GrantType } from './principal.ts'

/** How the system that a key was imported from digests its tokens. */
export type ImportScheme = 'strapi' | 'sha256'

/** Longer tokens are neither imported nor looked up: what a configured shape costs grows with them. */
export const MOST_IMPORTED_CHARACTERS = 1024

/** A key of another system, whose token goes on counting: what every source of an import is turned into. */
export interface ImportedKey {
  /** 1 to 100 visible characters; unique within one import. */
  readonly name: string
  readonly description?: string
  readonly type: GrantType
  /** For `custom`, and only there. */
  readonly permissions?: readonly string[]
  readonly owner?: string
  /** Default `api`. */
  readonly surface?: 'api' | 'admin'
  /** Default: now. */
  readonly createdAt?: EpochSeconds
  /** Absent: the policy's lifetime from now. A time that is over stays over: the key is told as expired. */
  readonly expiresAt?: EpochSeconds | 'never'
  readonly addresses?: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly scheme: ImportScheme
  /** Lower-case hex: HMAC-SHA512 under the salt for `strapi`, SHA-256 of the token for `sha256`. */
  readonly hash: string
  /** For the viewable copy alone: without an encryption key it is dropped. */
  readonly token?: string
  readonly suspended?: boolean
}
