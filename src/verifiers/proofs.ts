/** What a token was proved to be: which key's, and what is kept of its secret. */
export interface Proof {
  readonly id: string
  readonly digest: string
}

/** Proofs by the fingerprint of the whole token. */
export interface Proofs<Kept = Proof> {
  get(fingerprint: string): Kept | undefined
  add(fingerprint: string, proof: Kept): void
}

/** Enough for the keys that one process sees; each is some hundred bytes. */
const MOST_PROOFS = 10_000

/**
 * Remembers what was proved, never what was decided: the record is still read, and must still hold the digest. Only
 * genuine tokens get in, so that nobody else can push them out.
 */
export function proofs<Kept = Proof>(most: number = MOST_PROOFS): Proofs<Kept> {
  const known = new Map<string, Kept>()
  // It stays where it is: from the beginning it would step over all that is gone, each time.
  const oldest = known.keys()
  return {
    get: (fingerprint) => known.get(fingerprint),
    add(fingerprint, proof) {
      if (known.size >= most) known.delete(oldest.next().value as string)
      known.set(fingerprint, proof)
    },
  }
}
