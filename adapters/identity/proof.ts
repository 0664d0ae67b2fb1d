import { createRemoteJWKSet } from 'jose/jwks/remote'
import type { Identity } from '../../src/caller.ts'
import type { Shown, Unproved, Verify } from '../../src/identity-proof.ts'
import { byPublicKeys, bySecrets, bySet, proverOf } from '../../src/identity-proof.ts'
import { IDENTITY_KEYS_PATH } from '../../src/identity-token.ts'
import { isLoopbackHost } from '../../src/lib/host.ts'
import type { EpochSeconds } from '../../src/model/access.ts'

/** Where the keys are: exactly one of these. */
export type IdentityKeys =
  /** Where the gate publishes them: https, or http on loopback. */
  | { readonly url: string }
  /** A JSON Web Key Set (RFC 7517). */
  | { readonly jwks: { readonly keys: readonly object[] } }
  /** For HS256: the secrets that count, each of 32 bytes or more. */
  | { readonly secrets: readonly string[] }

export interface IdentityOptions {
  /** `identity.audience` of the gate's document. */
  readonly audience: string
  /** `identity.publicOrigin` of the gate's document. */
  readonly publicOrigin: string
  /** Default: `/_latchkey/identity/jwks.json` of the public origin. */
  readonly keys?: IdentityKeys
  /** What a framework takes off a path before `next` and `prove` see it, as Next does with its `basePath`: `/shop`. */
  readonly basePath?: string
  /** How far a clock may be off. Default 5. */
  readonly toleranceSeconds?: number
  /** Is told why a request is refused. Default: nobody is. */
  readonly refused?: (unproved: Unproved) => void
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** Proves what a request shows, now. */
export type ProveNow<Claims> = (shown: Shown) => Promise<Identity<Claims> | Unproved>

/** As long as the gate says that its set may be kept. */
const KEPT_MILLISECONDS = 300_000

/** Compiles what proves identities. Throws a `TypeError` for options by which nothing can be proved. */
export function prover<Claims>(options: IdentityOptions): ProveNow<Claims> {
  const { audience, publicOrigin, toleranceSeconds, now = () => Date.now() / 1000 } = options
  const prove = proverOf<Claims>({ audience, publicOrigin, toleranceSeconds })
  const verify = verifyBy(options.keys ?? { url: `${new URL(publicOrigin).origin}/_latchkey/${IDENTITY_KEYS_PATH}` })
  return (shown) => prove(shown, verify, now())
}

function verifyBy(keys: IdentityKeys): Verify {
  if ('secrets' in keys) return bySecrets(keys.secrets)
  return 'jwks' in keys ? bySet(keys.jwks.keys) : byPublicKeys(remote(keys.url))
}

function remote(url: string): ReturnType<typeof createRemoteJWKSet> {
  const { protocol, host } = new URL(url)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host))
  if (!isSafe) throw new TypeError('keys are fetched by https, or by http on loopback')
  return createRemoteJWKSet(new URL(url), { cacheMaxAge: KEPT_MILLISECONDS })
}
