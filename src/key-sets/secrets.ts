import type { EpochSeconds } from '../model/access.ts'
import type { VerifyingKey } from './key-set.ts'

/** HMAC keys have at least as many bits as their hash (RFC 7518 3.2). */
export function isLongEnough(secret: string, algorithm: string): boolean {
  return new TextEncoder().encode(secret).length * 8 >= Number(algorithm.slice(2))
}

/** The key of a shared secret, whose UTF-8 text counts, for one HMAC algorithm. */
export async function secretKey(
  secret: string,
  algorithm: string,
  until: EpochSeconds | undefined,
): Promise<VerifyingKey> {
  const hash = `SHA-${algorithm.slice(2)}`
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash }, false, [
    'verify',
  ])
  return { identity: JSON.stringify([algorithm, until, secret]), id: undefined, algorithm, key, until }
}
