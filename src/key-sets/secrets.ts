import type { EpochSeconds } from '../model/access.ts'
import { KeySetRefused } from './key-set.ts'
import type { VerifyingKey } from './keys.ts'

/** The keys of a shared secret, whose UTF-8 text counts. Rejects with `KeySetRefused` where it is too short for each algorithm. */
export async function secretKeys(
  secret: string,
  algorithms: readonly string[],
  until?: EpochSeconds,
): Promise<readonly VerifyingKey[]> {
  const bytes = new TextEncoder().encode(secret)
  // A key has at least as many bits as the hash (RFC 7518 3.2).
  const usable = algorithms.filter((algorithm) => bytes.length * 8 >= Number(algorithm.slice(2)))
  if (usable.length === 0) throw new KeySetRefused('the secret is shorter than the hash of its algorithm')
  return Promise.all(usable.map((algorithm) => keyOf(bytes, secret, algorithm, until)))
}

async function keyOf(
  bytes: Uint8Array<ArrayBuffer>,
  secret: string,
  algorithm: string,
  until: EpochSeconds | undefined,
): Promise<VerifyingKey> {
  const hash = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` }
  // Extractable, as Node's own calls take no other key from WebCrypto.
  const key = await crypto.subtle.importKey('raw', bytes, hash, true, ['verify'])
  return { identity: JSON.stringify([algorithm, until, secret]), id: undefined, algorithm, key, until }
}
