import type { EpochSeconds } from './access.ts'

/** The kinds of credential that a verifier can prove. */
export type CredentialKind = 'static-token'

/** What a principal may reach: the API, the origin's own administration, or Latchkey's key management. */
export type Surface = 'api' | 'admin' | 'keys'

/** `full-access` passes every route of its surface, `read-only` those whose access is `read`, `custom` what it names. */
export type GrantType = 'full-access' | 'read-only' | 'custom'

/** What a principal may do. `permissions` are patterns, and empty unless the type is `custom`. */
export interface Grant {
  readonly type: GrantType
  readonly permissions: readonly string[]
}

/** Who it is. Only a verifier makes one, and only after it has proved the credential. */
export interface Principal {
  readonly kind: CredentialKind
  /** The configured name of the credential that was proved. */
  readonly credential: string
  readonly subject: string
  readonly owner?: string | undefined
  readonly surface: Surface
  readonly grant: Grant
  /** When the credential ends, where it does. */
  readonly expiresAt?: EpochSeconds | undefined
  /** Which of the configured slots matched; 0 is the newest. */
  readonly slot?: number | undefined
}
