import { KeySetRefused } from './key-set.ts'

/** The least length of a secret: the hash of HS256 has as many bytes (RFC 7518 3.2). */
export const LEAST_SECRET_BYTES = 32

/** Reads a secret that signs by HS256: a text. Throws `KeySetRefused`, which holds nothing of it. */
export function sharedSecretOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text)
  if (text.startsWith('{')) throw new KeySetRefused('it is a JSON Web Key, and HS256 needs a text')
  if (bytes.length < LEAST_SECRET_BYTES) throw new KeySetRefused(`it has fewer than ${LEAST_SECRET_BYTES} bytes`)
  return bytes
}
