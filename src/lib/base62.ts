const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** How many base62 digits any number of so many bytes fits in: 4 bytes 6, 8 bytes 11, 12 bytes 17, 32 bytes 43. */
export function base62Length(bytes: number): number {
  return Math.ceil((bytes * 8) / Math.log2(62))
}

/** So many digits are one number in the division: times 2^16 it is still an integer that a double holds. */
const GROUP_DIGITS = 4
const GROUP = 62 ** GROUP_DIGITS

/** Bytes as one big-endian number in base62, digits before letters, upper case before lower, filled up with `0`. */
export function base62(bytes: Uint8Array): string {
  // BigInt would take four times as long, and a key that is new to a process is worth three such numbers.
  const groups = groupsOf(bytes)
  const digits = base62Length(bytes.length)
  let text = ''
  for (let place = 0; text.length < digits; place++) {
    let group = groups[place] ?? 0
    for (let digit = 0; digit < GROUP_DIGITS && text.length < digits; digit++) {
      text = ALPHABET[group % 62] + text
      group = Math.floor(group / 62)
    }
  }
  return text
}

/** Groups of digits, the lowest first. Bytes are taken in pairs; of an odd number the first one is alone. */
function groupsOf(bytes: Uint8Array): number[] {
  const groups: number[] = []
  for (let end = bytes.length % 2 || 2; end <= bytes.length; end += 2) {
    let carry = (bytes[end - 2] ?? 0) * 256 + (bytes[end - 1] as number)
    for (let place = 0; place < groups.length; place++) {
      const value = (groups[place] as number) * 65_536 + carry
      carry = Math.floor(value / GROUP)
      groups[place] = value - carry * GROUP
    }
    if (carry > 0) groups.push(carry)
  }
  return groups
}

/** The greatest texts that were asked for, by how many bytes they are of. */
const greatest: string[] = []

/** Whether a text is the base62 of so many bytes: of the right length, and no greater number than they can hold. */
export function isBase62Of(bytes: number, text: string): boolean {
  if (text.length !== base62Length(bytes) || !/^[0-9A-Za-z]*$/.test(text)) return false
  // Fixed length and an alphabet in the order of its character codes: the order of texts is the order of numbers.
  greatest[bytes] ??= base62(new Uint8Array(bytes).fill(0xff))
  return text <= greatest[bytes]
}
