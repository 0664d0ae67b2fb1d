import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Digests } from '../model/ports.ts'
import { textEqual } from './equal.ts'

/**
 * `Digests` by Node's synchronous calls. WebCrypto hops to a thread pool here, which costs a hundred times the digest.
 */
export function nodeDigests(): Digests {
  let salt: string | undefined
  return {
    fingerprint(token) {
      salt ??= randomBytes(32).toString('base64url')
      // One character a byte: half of what hex takes to look up and to compare.
      return hash('sha256', salt + token, 'binary')
    },
    hmac(algorithm, key, data) {
      return createHmac(algorithm === 'SHA-256' ? 'sha256' : 'sha512', key)
        .update(data)
        .digest()
    },
    equal: textEqual(timingSafeEqual),
  }
}
