import { PREFIXED } from './prefix.ts'

/** Below so many bits a token is weak. */
export const STRONG_BITS = 128

const KINDS: readonly (readonly [pattern: RegExp, characters: number])[] = [
  [/[0-9]/, 10],
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
]

/**
 * How many bits of randomness a token could hold at most, by its length and its alphabet; a prefix such as `sk_live_`
 * holds none. It is an upper bound: a sentence of forty letters passes for random ones.
 */
export function bitsOf(token: string): number {
  const body = token.replace(PREFIXED, '').replace(/=+$/, '')
  const plain = body.replace(/[^0-9A-Za-z]/g, '')
  if (/^(?:[0-9a-f]*|[0-9A-F]*)$/.test(plain)) return plain.length * Math.log2(Math.min(16, alphabetOf(plain)))
  const isMixed = KINDS.every(([pattern]) => pattern.test(plain))
  // Two symbols beside all letters and digits are base64; elsewhere symbols only separate.
  const text = isMixed ? body : plain
  return text.length * Math.log2(alphabetOf(plain) + (isMixed && text.length > plain.length ? 2 : 0))
}

function alphabetOf(text: string): number {
  const characters = KINDS.reduce((sum, [pattern, each]) => sum + (pattern.test(text) ? each : 0), 0)
  const distinct = new Set(text).size
  // So few different characters in a long text were not drawn from all of them.
  return Math.max(1, distinct < 8 ? distinct : characters)
}
