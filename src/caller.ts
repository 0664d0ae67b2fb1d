import type { EpochSeconds } from './model/access.ts'
import type { CredentialKind, GrantType, Principal } from './model/principal.ts'

/** What is known of every request that passed. */
interface AnyIdentity {
  /** The request's id in the gate's events. */
  readonly requestId: string
  /** Those granted that the ceiling covers; empty unless the type is `custom`. */
  readonly permissions: readonly string[]
}

/** Who called, as the gate says it; `Claims` are those that its document chooses. */
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

/** Who called, as it would be read out of a signed identity. */
export function callerOf(principal: Principal | 'anonymous', requestId: string): Identity {
  if (principal === 'anonymous') return { kind: principal, requestId, permissions: [] }
  const { kind, subject, credential: name, grant, covered, owner, expiresAt, claims = {} } = principal
  const permissions = covered ?? grant.permissions
  const ends = expiresAt === undefined ? undefined : Math.floor(expiresAt)
  return { kind, requestId, permissions, subject, name, type: grant.type, owner, expiresAt: ends, claims }
}
