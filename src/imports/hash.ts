const HEX = /^[0-9a-fA-F]{64}$/
/** 32 bytes in base64 or base64url, with or without padding. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/

/** Bytes in lower-case hex. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Hex as bytes; undefined where it is none. */
export function bytesOfHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, place) =>
    Number.parseInt(text.slice(2 * place, 2 * place + 2), 16),
  )
}

/** Base64 or base64url as bytes; undefined where it is none, or spells its bytes in another way than they are written. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  try {
    const characters = atob(standard)
    if (btoa(characters).replace(/=+$/, '') !== standard) return undefined
    return Uint8Array.from(characters, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** A SHA-256 in hex of any case, base64 or base64url, with `sha256:` before it or not, as lower-case hex. */
export function sha256Of(text: string): string | undefined {
  const bare = text.trim().replace(/^sha-?256:/i, '')
  if (HEX.test(bare)) return bare.toLowerCase()
  const bytes = BASE64.test(bare) ? bytesOfBase64(bare) : undefined
  return bytes?.length === 32 ? hexOf(bytes) : undefined
}

/** The SHA-256 of a text, by WebCrypto, which every runtime has. */
export async function sha256Hex(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}
