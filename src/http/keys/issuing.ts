import type { PublicKey } from '../../key-sets/own-key.ts'
import type { TokenClaims } from '../../keys/token-claims.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { Refusal } from '../../model/decision.ts'
import type { TokenEvent } from '../../model/event.ts'
import type { Principal } from '../../model/principal.ts'

/** What signs a token, and until when it may: the end of its slot. */
export interface Signer {
  readonly until: EpochSeconds | undefined
  sign(claims: TokenClaims): Promise<string>
}

/** What tokens are issued with, for one request. */
export interface Issuing {
  readonly issuer: string
  readonly audience: string
  /** In challenges. */
  readonly realm: string
  readonly lifetimeSeconds: number
  /** Whether the request came over a connection on which no key may be shown. */
  readonly isInsecure: boolean
  /** Where the request came from; undefined: nobody knows. */
  readonly address: string | undefined
  /** After how many seconds to try again; undefined: now. */
  readonly waitFor: (what: 'address' | 'key', whose: string, at: EpochSeconds) => number | undefined
  /** Whether whoever is of a configured credential has limits by it. */
  readonly isLimited: (credential: string) => boolean
  /** Rejects with a `StoreError` where no key signs. */
  readonly signer: () => Promise<Signer>
  readonly publicKeys: () => Promise<readonly PublicKey[]>
  /** Tells whoever counts the use of keys of a genuine one. */
  readonly record: (principal: Principal, refusal?: Refusal) => void
  readonly tell: (event: TokenEvent) => void
}
