import { splitTarget, upperEscapes } from './lib/path.ts'
import type { EpochSeconds } from './model/access.ts'
import type { CredentialKind, GrantType } from './model/principal.ts'

/** The field that bears a signed identity to the origin. */
export const IDENTITY_HEADER = 'X-Latchkey-Identity'

/** `typ` of a signed identity, which no access token has. */
export const IDENTITY_TYPE = 'latchkey-identity+jwt'

/** How long a signed identity counts at most. */
export const IDENTITY_SECONDS = 60

/** Where a deployment publishes the keys of its identities, under its base. */
export const IDENTITY_KEYS_PATH = 'identity/jwks.json'

/** The algorithms that identities are signed by. */
export type IdentityAlgorithm = 'EdDSA' | 'HS256'

/** What a signed identity says (RFC 7519 4); `htm` and `htu` as in RFC 9449 4.2. */
export interface IdentityClaims {
  /** The configured public origin. */
  readonly iss: string
  readonly aud: string
  /** A key's id, a static token's name, a JWT's `sub`; empty where nobody had to show anything. */
  readonly sub: string
  readonly iat: EpochSeconds
  readonly exp: EpochSeconds
  /** The request's id, as in the events. */
  readonly jti: string
  /** The request's method. */
  readonly htm: string
  /** The configured public origin, and the path as it was judged; without query. */
  readonly htu: string
  /** `anonymous` on public routes and preflights; then there is no name and no type. */
  readonly kind: CredentialKind | 'anonymous'
  /** The credential's configured name. */
  readonly name?: string
  readonly type?: GrantType
  readonly owner?: string
  /** Those granted that the ceiling covers. */
  readonly permissions: readonly string[]
  /** When the credential ends, where it does. */
  readonly ends?: EpochSeconds
  /** The claims of the caller's own token that `identity.claims` chooses, those that it has. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * What an identity is bound to: the path as it was sent, the hex digits of its escapes in upper case, behind the public
 * origin, which is as `URL` writes it. Undefined for a target that is not in origin form.
 */
export function boundTo(publicOrigin: string, target: string): string | undefined {
  const path = splitTarget(target)?.path
  return path === undefined ? undefined : publicOrigin + upperEscapes(path)
}
