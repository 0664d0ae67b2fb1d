import type { Pepper } from '../keys/format.ts'
import { importIdOf } from '../keys/import.ts'
import type { ImportScheme } from '../keys/record.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Refusal } from '../model/decision.ts'
import type { Digests, Reader, Verifier } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import type { FindKey } from './known-key.ts'
import { orUnavailable } from './known-key.ts'
import { proofs } from './proofs.ts'

/** A way in which another system's tokens look and are hashed. */
export interface ImportedShape {
  readonly scheme: ImportScheme
  readonly shape: RegExp
  /** Lower-case hex. */
  hash(token: string): Maybe<string>
}

/** What imported keys are verified by. */
export interface ImportedKeyParts {
  readonly shapes: readonly ImportedShape[]
  readonly peppers: readonly Pepper[]
  /** Leads from a hash to a key's id; it remembers misses, as such a token proves nothing by itself. */
  readonly aliases: Reader
  readonly find: FindKey
  readonly digests: Digests
}

type Outcome = Principal | Refusal | undefined

/** Verifies keys of other systems by the hashes that were imported. Only a token of a configured shape is looked up. */
export function importedKey({ shapes, peppers, aliases, find, digests }: ImportedKeyParts): Verifier {
  const proved = proofs()
  /** Every hash may have been imported under every pepper that counts. */
  const ways = shapes.flatMap((shape) => peppers.map((pepper) => ({ shape, pepper })))

  function prove(token: string, fingerprint: string, at: number, place: number): Maybe<Outcome> {
    const way = ways[place]
    if (!way) return undefined
    const next = () => prove(token, fingerprint, at, place + 1)
    if (!way.shape.shape.test(token)) return next()
    return after(way.shape.hash(token), (hash) =>
      after(importIdOf(way.shape.scheme, hash, way.pepper, digests), (alias) =>
        after(aliases.get(alias), (entry) => {
          if (!entry) return next()
          const proof = { id: entry.value, digest: alias.slice(alias.lastIndexOf(':') + 1) }
          return after(find(proof.id), (judge) => {
            const outcome = judge?.(proof.digest, at)
            if (!outcome) return next()
            proved.add(fingerprint, proof)
            return outcome
          })
        }),
      ),
    )
  }

  return {
    kind: 'api-key',
    verify({ token, fingerprint }, { at }) {
      const proof = proved.get(fingerprint)
      if (proof) return orUnavailable(() => after(find(proof.id), (judge) => judge?.(proof.digest, at)))
      return orUnavailable(() => prove(token, fingerprint, at, 0))
    },
  }
}
