import type { JWK } from 'jose'
import type { Maybe } from '../lib/maybe.ts'
import { signingKeyOf } from './sign.ts'

/** Gives the compact JWS (RFC 7515 3.1) of a header and a payload, both JSON in ASCII. */
export type SignJson = (payload: string) => Maybe<string>

/**
 * How keys become what signs, on a runtime; the header is the same for all that a key signs. jose imports the keys. It does
 * not sign: what it checks of each token that it puts together costs as much as the signature.
 */
export interface Signing {
  /** A private key of Ed25519 (RFC 8032). Rejects with `KeySetRefused` for any other. */
  eddsa(privateKey: JWK, header: string): Promise<SignJson>
  /** HMAC with SHA-256. */
  hs256(secret: Uint8Array<ArrayBuffer>, header: string): Promise<SignJson>
}

/** By WebCrypto: right on every runtime. */
export const signingByWeb: Signing = {
  async eddsa(privateKey, header) {
    return signedBy('Ed25519', (await signingKeyOf(privateKey, 'EdDSA')) as CryptoKey, header)
  },
  async hs256(secret, header) {
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return signedBy('HMAC', key, header)
  },
}

function signedBy(algorithm: string, key: CryptoKey, header: string): SignJson {
  const encoder = new TextEncoder()
  const first = base64url(header)
  return async (payload) => {
    const input = `${first}.${base64url(payload)}`
    const signature = await crypto.subtle.sign(algorithm, key, encoder.encode(input))
    return `${input}.${base64url(String.fromCharCode(...new Uint8Array(signature)))}`
  }
}

/** JSON in ASCII (RFC 8259 7), in which each character is a byte. */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (each) => {
    return `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Of a text in which each character is a byte. */
function base64url(bytes: string): string {
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
