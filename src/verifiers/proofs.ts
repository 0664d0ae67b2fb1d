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
  // In the order in which they came: a map that is deleted from at its front has to look for it farther and farther.
  const order: string[] = []
  let oldest = 0
  return {
    get: (fingerprint) => known.get(fingerprint),
    add(fingerprint, proof) {
      if (!known.has(fingerprint)) {
        if (known.size >= most) known.delete(order[oldest] as string)
        order[oldest] = fingerprint
        oldest = (oldest + 1) % most
      }
      known.set(fingerprint, proof)
    },
  }
}
