import type { KeyToken, Pepper } from '../keys/format.ts'
import { digestOf, isOurs, parseKey } from '../keys/format.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Refusal } from '../model/decision.ts'
import type { Digests, Verifier } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import type { FindKey } from './known-key.ts'
import { orUnavailable } from './known-key.ts'
import { proofs } from './proofs.ts'

/** What issued keys are verified by. */
export interface ApiKeyParts {
  readonly prefixes: ReadonlySet<string>
  /** Every value of every pepper that counts. */
  readonly peppers: readonly Pepper[]
  /** The versions of peppers that are configured and have no value now. */
  readonly unset: ReadonlySet<string>
  readonly find: FindKey
  readonly digests: Digests
}

/**
 * Verifies issued keys: shape, check, tag, and only then the store. A forged id is told by its tag, so it costs no
 * look-up; a token that was proved before costs one in two maps.
 */
export function apiKey({ prefixes, peppers, unset, find, digests }: ApiKeyParts): Verifier {
  const proved = proofs()

  /** The pepper that made the tag; of two values of one version either may have. */
  function pepperOf(key: KeyToken, place = 0): Maybe<Pepper | undefined> {
    const pepper = peppers[place]
    if (!pepper) return undefined
    if (pepper.version !== key.pepperVersion) return pepperOf(key, place + 1)
    return after(isOurs(key, pepper, digests), (isMade) => (isMade ? pepper : pepperOf(key, place + 1)))
  }

  /** A secret that the remembered record does not know may be newer than that is: then what is stored decides. */
  function judged(id: string, digest: string, at: number): Maybe<Principal | Refusal | undefined> {
    return after(find(id), (known) => {
      if (!known) return undefined
      return known(digest, at) ?? after(find(id, true), (now) => now?.(digest, at))
    })
  }

  function prove(key: KeyToken, fingerprint: string, at: number): Maybe<Principal | Refusal | undefined> {
    return after(pepperOf(key), (pepper) => {
      if (!pepper) return unset.has(key.pepperVersion) ? { reason: 'not-configured', detail: 'pepper' } : undefined
      return after(digestOf(key.id, key.secret, pepper, digests), (digest) =>
        after(judged(key.id, digest, at), (outcome) => {
          if (outcome) proved.add(fingerprint, { id: key.id, digest })
          return outcome
        }),
      )
    })
  }

  return {
    kind: 'api-key',
    verify({ token, fingerprint }, { at }) {
      const proof = proved.get(fingerprint)
      if (proof) return orUnavailable(() => judged(proof.id, proof.digest, at))
      const key = parseKey(token)
      if (!key || !prefixes.has(key.prefix)) return undefined
      return orUnavailable(() => prove(key, fingerprint, at))
    },
  }
}
