import { bytesOfHex, hexOf } from './hash.ts'

/** What Strapi keeps of a token: its HMAC-SHA512 in hex. The salt is UTF-8 text, whatever it looks like. */
export async function strapiHash(token: string, salt: string): Promise<string> {
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey('raw', encoder.encode(salt), { name: 'HMAC', hash: 'SHA-512' }, false, [
    'sign',
  ])
  return hexOf(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(token))))
}

const COPY = /^v1:([0-9a-f]{32}):([0-9a-f]+):([0-9a-f]{32})$/

/** The token of a viewable copy (AES-256-GCM); undefined where this key does not open it. */
export async function openCopy(copy: string, encryptionKey: string): Promise<string | undefined> {
  const [, iv, sealed, tag] = COPY.exec(copy) ?? []
  const [nonce, data] = [bytesOfHex(iv ?? ''), bytesOfHex(`${sealed}${tag}`)]
  if (!nonce || !data) return undefined
  const { subtle } = crypto
  const secret = await subtle.digest('SHA-256', new TextEncoder().encode(encryptionKey))
  const key = await subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt'])
  try {
    return new TextDecoder().decode(await subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, data))
  } catch {
    return undefined
  }
}
