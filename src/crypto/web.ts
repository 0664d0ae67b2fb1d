import type { Digests } from '../model/ports.ts'
import { textEqual } from './equal.ts'

/** Workers compare in constant time by themselves; no other runtime has this call. */
interface WorkersSubtle {
  timingSafeEqual?(a: ArrayBufferView, b: ArrayBufferView): boolean
}

/** Bytes write themselves as text where the runtime is new enough (ES2026). */
interface WritableBytes {
  toBase64?(): string
}

/** `Digests` by WebCrypto: right on every runtime, and the fastest there is on Workers. */
export function webDigests(): Digests {
  const encoder = new TextEncoder()
  const subtle: SubtleCrypto & WorkersSubtle = crypto.subtle
  // Workers forbid randomness outside a request, so the salt is drawn at the first one.
  let salt: string | undefined

  return {
    async fingerprint(token) {
      salt ??= base64(crypto.getRandomValues(new Uint8Array(32)))
      return base64(new Uint8Array(await subtle.digest('SHA-256', encoder.encode(salt + token))))
    },
    async hmac(hash, key, data) {
      const imported = await subtle.importKey('raw', encoder.encode(key), { name: 'HMAC', hash }, false, ['sign'])
      return new Uint8Array(await subtle.sign('HMAC', imported, data as Uint8Array<ArrayBuffer>))
    },
    equal: textEqual((a, b) => (subtle.timingSafeEqual ? subtle.timingSafeEqual(a, b) : hasNoDifference(a, b))),
  }
}

function base64(bytes: Uint8Array & WritableBytes): string {
  return bytes.toBase64?.() ?? btoa(String.fromCharCode(...bytes))
}

function hasNoDifference(a: Uint16Array, b: Uint16Array): boolean {
  let difference = 0
  for (let place = 0; place < a.length; place++) difference |= (a[place] as number) ^ (b[place] as number)
  return difference === 0
}
