import { builtin } from '../lib/builtin.ts'
import type { Digests } from '../model/ports.ts'
import { textEqual } from './equal.ts'

// An import reads every export of a module of Node's, and so would load WebCrypto: an eighth of a cold start on Lambda.
const { createHmac, hash, randomBytes, timingSafeEqual } = builtin('node:crypto')

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
