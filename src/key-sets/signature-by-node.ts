import type { KeyObject as Key, VerifyKeyObjectInput } from 'node:crypto'
import { builtin } from '../lib/builtin.ts'
import type { VerifySignature } from './keys.ts'

// As crypto/node.ts has it, and for the same reason.
const { constants, createHmac, KeyObject, timingSafeEqual, verify } = builtin('node:crypto')

const objects = new WeakMap<CryptoKey, Key>()

/**
 * Proves signatures by Node's synchronous calls: WebCrypto hops to a thread pool here, which costs more than RSA does. The
 * token has the form of one, and jose has found that the key is one for the algorithm.
 */
export const signatureByNode: VerifySignature = ({ key, algorithm }, token) => {
  const end = token.lastIndexOf('.')
  const data = Buffer.from(token.slice(0, end), 'latin1')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  const object = objectOf(key)
  const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
  if (hash !== null && algorithm.startsWith('HS')) {
    const expected = createHmac(hash, object).update(data).digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  return verify(hash, data, inputOf(object, algorithm), signature)
}

function objectOf(key: CryptoKey): Key {
  let object = objects.get(key)
  if (!object) {
    object = KeyObject.from(key)
    objects.set(key, object)
  }
  return object
}

/** RFC 7518 3.4 and 3.5: two numbers one after the other, and a salt of the hash's length. */
function inputOf(key: Key, algorithm: string): Key | VerifyKeyObjectInput {
  if (algorithm.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' }
  if (!algorithm.startsWith('PS')) return key
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}
