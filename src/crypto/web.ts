import type { Digests } from '../model/ports.ts'

/** Workers compare in constant time by themselves; no other runtime has this call. */
interface WorkersSubtle {
  timingSafeEqual?(a: ArrayBufferView, b: ArrayBufferView): boolean
}

/** `Digests` by WebCrypto: right on every runtime, and the fastest there is on Workers. */
export function webDigests(): Digests {
  const encoder = new TextEncoder()
  const hexOf: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
  const subtle: SubtleCrypto & WorkersSubtle = crypto.subtle
  // Workers forbid randomness outside a request, so the salt is drawn at the first one.
  let salt: Uint8Array | undefined

  return {
    async fingerprint(token) {
      salt ??= crypto.getRandomValues(new Uint8Array(32))
      const text = encoder.encode(token)
      const message = new Uint8Array(salt.length + text.length)
      message.set(salt)
      message.set(text, salt.length)
      let hex = ''
      for (const byte of new Uint8Array(await subtle.digest('SHA-256', message))) hex += hexOf[byte]
      return hex
    },
    async hmac(hash, key, data) {
      const imported = await subtle.importKey('raw', encoder.encode(key), { name: 'HMAC', hash }, false, ['sign'])
      return new Uint8Array(await subtle.sign('HMAC', imported, data as Uint8Array<ArrayBuffer>))
    },
    equal(a, b) {
      if (a.length !== b.length) return false
      if (subtle.timingSafeEqual) return subtle.timingSafeEqual(encoder.encode(a), encoder.encode(b))
      let difference = 0
      for (let place = 0; place < a.length; place++) difference |= a.charCodeAt(place) ^ b.charCodeAt(place)
      return difference === 0
    },
  }
}
