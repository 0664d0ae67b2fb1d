/** Percent-encodes every byte outside 0x21-0x7E, and `%` itself, as UTF-8. Injective: two texts never give one result. */
export function encodeVisible(text: string): string {
  return encodeOutside(text, /^[\x21-\x24\x26-\x7e]*$/)
}

/**
 * Encodes a path again for hosts that hand over decoded text: what RFC 3986 (3.3) allows in a segment stays, and so does
 * `/`; every other byte of the UTF-8 text is escaped, `%` too.
 */
export function encodePath(text: string): string {
  return encodeOutside(text, /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/)
}

/** `allowed` matches what stays as it is, of any length. */
function encodeOutside(text: string, allowed: RegExp): string {
  if (allowed.test(text)) return text
  let encoded = ''
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte)
    encoded += byte < 0x7f && allowed.test(character) ? character : escapeByte(byte)
  }
  return encoded
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** Percent-decodes once, byte by byte, with no opinion on what the bytes mean: one character of the result is one byte. */
export function decodeBytes(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Percent-decodes as UTF-8; undefined where an escape is broken or the bytes are not UTF-8. */
export function decodeUtf8(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
