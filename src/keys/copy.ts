/**
 * The viewable copy of a token, in the form that Strapi keeps its own in: `v1:<iv>:<ciphertext>:<tag>`, lower-case hex,
 * AES-256-GCM with an iv of 16 bytes, under the SHA-256 of the encryption key's text.
 */

const COPY = /^v1:((?:[0-9a-f]{2})+):((?:[0-9a-f]{2})*):([0-9a-f]{32})$/
const IV_BYTES = 16
const TAG_BYTES = 16

/** Encrypts a token; `random` fills bytes from the runtime's own generator. */
export async function encryptCopy(
  token: string,
  encryptionKey: string,
  random: (bytes: number) => Uint8Array,
): Promise<string> {
  const iv = new Uint8Array(random(IV_BYTES))
  const key = await keyOf(encryptionKey, 'encrypt')
  const data = new TextEncoder().encode(token)
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, data))
  return `v1:${hex(iv)}:${hex(sealed.subarray(0, -TAG_BYTES))}:${hex(sealed.subarray(-TAG_BYTES))}`
}

/** Decrypts a copy; undefined where it is none, was changed, or was made under another encryption key. */
export async function decryptCopy(copy: string, encryptionKey: string): Promise<string | undefined> {
  const [, iv, text, tag] = COPY.exec(copy) ?? []
  if (iv === undefined || text === undefined || tag === undefined) return undefined
  const key = await keyOf(encryptionKey, 'decrypt')
  try {
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: unhex(iv) }, key, unhex(text + tag))
    return new TextDecoder('utf-8', { fatal: true }).decode(opened)
  } catch {
    return undefined
  }
}

async function keyOf(encryptionKey: string, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(encryptionKey))
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [use])
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}
