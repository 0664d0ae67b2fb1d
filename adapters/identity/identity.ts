import type { EpochSeconds } from '../../src/model/access.ts'
import type { CredentialKind, GrantType } from '../../src/model/principal.ts'

/** What the origin knows of a request that passed the gate. */
interface AnyIdentity {
  /** The request's id in the gate's events. */
  readonly requestId: string
  /** Those granted that the ceiling covers; empty unless the type is `custom`. */
  readonly permissions: readonly string[]
}

/** Who called, as the gate has signed it; `Claims` are those that its document chooses. */
export type Identity<Claims = Readonly<Record<string, unknown>>> =
  | (AnyIdentity & {
      readonly kind: CredentialKind
      /** A key's id, a static token's name, a JWT's `sub`. */
      readonly subject: string
      /** The credential's configured name. */
      readonly name: string
      readonly type: GrantType
      readonly owner: string | undefined
      /** When the credential ends, where it does. */
      readonly expiresAt: EpochSeconds | undefined
      /** Of the caller's own token; what it does not have is not there. */
      readonly claims: Partial<Claims>
    })
  /** A public route, or a preflight. */
  | (AnyIdentity & { readonly kind: 'anonymous' })

/** What a request shows to prove that it passed the gate. */
export interface Shown {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** The values of `X-Latchkey-Identity`. */
  readonly values: readonly string[]
}

/** Why a request is not answered. */
export interface Unproved {
  readonly reason: 'proxy-untrusted' | 'dependency-unavailable'
  /** For the log: holds nothing of what was shown. */
  readonly detail: string
}
