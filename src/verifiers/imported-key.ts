import type { Pepper } from '../keys/format.ts'
import { importIdOf } from '../keys/import.ts'
import type { ImportScheme } from '../keys/record.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import { MOST_IMPORTED_CHARACTERS } from '../model/imported-key.ts'
import type { Digests, Reader, Verifier } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import type { FindKey } from './known-key.ts'
import { orUnavailable } from './known-key.ts'
import type { Proof } from './proofs.ts'
import { proofs } from './proofs.ts'

/** A way in which another system's tokens look and are hashed. */
export interface ImportedShape {
  readonly scheme: ImportScheme
  readonly shape: RegExp
  /** From then on it counts no more. */
  readonly until?: EpochSeconds | undefined
  /** Lower-case hex. Absent where the secret that it takes has no value. */
  hash?(token: string): Maybe<string>
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

/** What was proved counts as long as the way in which it was. */
interface ImportedProof extends Proof {
  readonly until: EpochSeconds | undefined
}

/** Verifies keys of other systems by the hashes that were imported. Only a token of a configured shape is looked up. */
export function importedKey({ shapes, peppers, aliases, find, digests }: ImportedKeyParts): Verifier {
  const proved = proofs<ImportedProof>()
  /** Every hash may have been imported under every pepper that counts. */
  const ways = shapes.flatMap(({ scheme, shape, until, hash }) =>
    hash ? peppers.map((pepper) => ({ scheme, shape, until, hash, pepper })) : [],
  )
  const unset = shapes.filter(({ hash }) => !hash)

  function prove(token: string, fingerprint: string, at: EpochSeconds, place = 0): Maybe<Outcome> {
    const way = ways[place]
    if (!way)
      return unset.some(({ shape }) => shape.test(token)) ? { reason: 'not-configured', detail: 'salt' } : undefined
    const { scheme, shape, until, pepper } = way
    const next = () => prove(token, fingerprint, at, place + 1)
    if (hasEnded(until, at) || !shape.test(token)) return next()
    return after(way.hash(token), (hash) =>
      after(importIdOf(scheme, hash, pepper, digests), (alias) =>
        after(aliases.get(alias), (entry) => {
          if (!entry) return next()
          const proof = { id: entry.value, digest: alias.slice(alias.lastIndexOf(':') + 1), until }
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
      if (token.length > MOST_IMPORTED_CHARACTERS) return undefined
      const proof = proved.get(fingerprint)
      if (!proof || hasEnded(proof.until, at)) return orUnavailable(() => prove(token, fingerprint, at))
      // A key that was deleted may have been imported anew, under another id.
      return orUnavailable(() =>
        after(find(proof.id), (judge) => judge?.(proof.digest, at) ?? prove(token, fingerprint, at)),
      )
    },
  }
}

function hasEnded(until: EpochSeconds | undefined, at: EpochSeconds): boolean {
  return until !== undefined && at >= until
}
