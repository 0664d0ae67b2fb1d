import type { JWK } from 'jose'
import type { Maybe } from '../lib/maybe.ts'
import { signingKeyOf } from './sign.ts'

/** Gives the compact JWS (RFC 7515 3.1) of a header and a payload that is encoded already. */
export type SignPayload = (encoded: string) => Maybe<string>

/**
 * How keys become what signs, on a runtime; the header is the same for all that a key signs. jose imports the keys. It does
 * not sign: what it checks of each token that it puts together costs as much as the signature.
 */
export interface Signing {
  /** Encodes JSON in ASCII. Of a text whose length is a multiple of 3 another one may be written behind. */
  base64url(json: string): string
  /** A private key of Ed25519 (RFC 8032). Rejects with `KeySetRefused` for any other. */
  eddsa(privateKey: JWK, header: string): Promise<SignPayload>
  /** HMAC with SHA-256. */
  hs256(secret: Uint8Array<ArrayBuffer>, header: string): Promise<SignPayload>
}

/** By WebCrypto: right on every runtime. */
export const signingByWeb: Signing = {
  base64url: (json) => urlSafe(btoa(json)),
  async eddsa(privateKey, header) {
    return signedBy('Ed25519', (await signingKeyOf(privateKey, 'EdDSA')) as CryptoKey, header)
  },
  async hs256(secret, header) {
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return signedBy('HMAC', key, header)
  },
}

function signedBy(algorithm: string, key: CryptoKey, header: string): SignPayload {
  const first = `${urlSafe(btoa(header))}.`
  const { subtle } = crypto
  const encoder = new TextEncoder()
  // What is signed is copied when it is handed over (Web Cryptography 14.3.3), so all have one place.
  let bytes = new Uint8Array(USUAL_BYTES)
  return (encoded) => {
    const input = first + encoded
    if (input.length > bytes.length) bytes = new Uint8Array(2 * input.length)
    const { written } = encoder.encodeInto(input, bytes)
    return subtle
      .sign(algorithm, key, bytes.subarray(0, written))
      .then((signature) => `${input}.${base64url(new Uint8Array(signature))}`)
  }
}

const USUAL_BYTES = 1024

/** JSON in ASCII (RFC 8259 7), in which each character is a byte. */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (each) => {
    return `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** ECMAScript has it since 2026; not every runtime has it yet. */
interface Bytes extends Uint8Array {
  toBase64?(options: { readonly alphabet: 'base64url'; readonly omitPadding: true }): string
}

function base64url(bytes: Bytes): string {
  return bytes.toBase64?.({ alphabet: 'base64url', omitPadding: true }) ?? urlSafe(btoa(String.fromCharCode(...bytes)))
}

/** Most base64 of JSON is so already. */
function urlSafe(base64: string): string {
  return /[+/=]/.test(base64) ? base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') : base64
}
