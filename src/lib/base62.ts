const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** How many base62 digits any number of so many bytes fits in: 4 bytes 6, 8 bytes 11, 12 bytes 17, 32 bytes 43. */
export function base62Length(bytes: number): number {
  return Math.ceil((bytes * 8) / Math.log2(62))
}

/** Bytes as one big-endian number in base62, digits before letters, upper case before lower, filled up with `0`. */
export function base62(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let digits = base62Length(bytes.length); digits > 0; digits--) {
    text = ALPHABET[Number(value % 62n)] + text
    value /= 62n
  }
  return text
}

/** Whether a text is the base62 of so many bytes: of the right length, and no greater number than they can hold. */
export function isBase62Of(bytes: number, text: string): boolean {
  if (text.length !== base62Length(bytes) || !/^[0-9A-Za-z]*$/.test(text)) return false
  // Fixed length and an alphabet in the order of its character codes: the order of texts is the order of numbers.
  return text <= base62(new Uint8Array(bytes).fill(0xff))
}
