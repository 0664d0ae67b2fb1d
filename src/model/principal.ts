import type { Range } from '../lib/ip.ts'
import type { EpochSeconds } from './access.ts'

/** The kinds of credential that a verifier can prove. */
export type CredentialKind = 'static-token' | 'api-key' | 'jwt' | 'gateway-key'

/** What a principal may reach: the API, the origin's own administration, or Latchkey's key management. */
export type Surface = 'api' | 'admin' | 'keys'

/** `full-access` passes every route of its surface, `read-only` those whose access is `read`, `custom` what it names. */
export type GrantType = 'full-access' | 'read-only' | 'custom'

/** What a principal may do. `permissions` are patterns, and empty unless the type is `custom`. */
export interface Grant {
  readonly type: GrantType
  readonly permissions: readonly string[]
  /** Permissions in which `*` is a character like any other, each as its parts with NUL between them. */
  readonly literals?: ReadonlySet<string> | undefined
}

/** How often: so many requests in each window, or in each calendar unit (UTC). Exactly one of the two is there. */
export interface Limit {
  readonly requests: number
  readonly windowSeconds?: number | undefined
  readonly per?: 'hour' | 'day' | 'month' | undefined
}

/** What one credential of a kind is bound to by itself, beside what its kind is. */
export interface Constraints {
  /** The only addresses that may use it. */
  readonly addresses?: readonly Range[] | undefined
  readonly limits?: readonly Limit[] | undefined
}

/** Who it is. Only a verifier makes one, and only after it has proved the credential. */
export interface Principal {
  readonly kind: CredentialKind
  /** The configured name of the credential that was proved. */
  readonly credential: string
  /** A key's id, a static token's name, a JWT's `sub`. */
  readonly subject: string
  readonly owner?: string | undefined
  readonly surface: Surface
  readonly grant: Grant
  /** What the configured credential grants at most: a route passes where grant and ceiling pass. Absent: anything. */
  readonly ceiling?: Grant | undefined
  /** The granted permissions that the ceiling covers, for the origin to see; absent: all of `grant`. */
  readonly covered?: readonly string[] | undefined
  readonly constraints?: Constraints | undefined
  /** What the origin is told of a JWT's claims. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** The key of a usage plan of Amazon API Gateway, by which an issued key is counted there. */
  readonly usagePlanKey?: string | undefined
  /** When the credential ends, where it does. */
  readonly expiresAt?: EpochSeconds | undefined
  /** Which of the accepted secrets matched; 0 is the newest. */
  readonly slot?: number | undefined
}
