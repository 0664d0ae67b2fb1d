/**
 * An IP address as 16 bytes. IPv4, and IPv4 mapped into IPv6 (RFC 4291 2.5.5.2), are the same sixteen bytes, so that a
 * dual-stack socket cannot change who is allowed.
 */
export type Address = Uint8Array

/** A block of addresses (RFC 4632): the first `bits` of 128 must agree. */
export interface Range {
  readonly network: Address
  readonly bits: number
}

/** Reads an address; undefined where it is none. Leading zeros in IPv4 are refused: some parsers read them as octal. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Without an expression, which takes several times as long: behind proxies this is done three times for a request. */
function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const address = new Uint8Array(16)
  address[10] = address[11] = 0xff
  for (let place = 0; place < 4; place++) {
    const digits = parts[place] as string
    const byte = Number(digits) & 0xff
    // Written anew it is the same only where it is one byte, in decimal, without leading zeros.
    if (String(byte) !== digits) return undefined
    address[12 + place] = byte
  }
  return address
}

function parseIpv6(text: string): Address | undefined {
  const zone = text.indexOf('%')
  let literal = zone < 0 ? text : text.slice(0, zone)
  const dotted = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(literal)?.[1]
  if (dotted !== undefined) {
    const tail = parseIpv4(dotted)
    if (!tail) return undefined
    const groups = [
      (tail[12] as number) * 256 + (tail[13] as number),
      (tail[14] as number) * 256 + (tail[15] as number),
    ]
    literal = literal.slice(0, -dotted.length) + groups.map((group) => group.toString(16)).join(':')
  }
  const halves = literal.split('::')
  if (halves.length > 2) return undefined
  const head = halves[0] ? halves[0].split(':') : []
  const tail = halves[1] ? halves[1].split(':') : []
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  const address = new Uint8Array(16)
  for (const [place, group] of groups.entries()) {
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    address[place * 2] = value >> 8
    address[place * 2 + 1] = value & 0xff
  }
  return address
}

/**
 * Reads an address or a block in CIDR notation. Undefined where it is none, or where bits after the prefix are set:
 * `10.0.0.1/8` is more often a slip than a wish.
 */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/')
  const literal = slash < 0 ? text : text.slice(0, slash)
  if (literal.includes('%')) return undefined
  const network = parseAddress(literal)
  if (!network) return undefined
  const most = literal.includes(':') ? 128 : 32
  const prefix = slash < 0 ? String(most) : text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > most) return undefined
  const bits = Number(prefix) + 128 - most
  return hostBitsAreZero(network, bits) ? { network, bits } : undefined
}

function hostBitsAreZero(network: Address, bits: number): boolean {
  for (let bit = bits; bit < 128; bit++) {
    if (((network[bit >> 3] as number) >> (7 - (bit & 7))) & 1) return false
  }
  return true
}

/** Whether an address lies in a block. */
export function inRange(address: Address, range: Range): boolean {
  const whole = range.bits >> 3
  for (let place = 0; place < whole; place++) if (address[place] !== range.network[place]) return false
  const rest = range.bits & 7
  if (rest === 0) return true
  const mask = (0xff << (8 - rest)) & 0xff
  return ((address[whole] as number) & mask) === ((range.network[whole] as number) & mask)
}

/** Whether a block lies wholly in another one. */
export function isInside(range: Range, outer: Range): boolean {
  return range.bits >= outer.bits && inRange(range.network, outer)
}

/** Whether an address is the machine's own (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
export function isLoopback(text: string | undefined): boolean {
  const address = text === undefined ? undefined : parseAddress(text)
  if (!address) return false
  return isIpv4(address) ? address[12] === 127 : address[15] === 1 && isZero(address, 15)
}

/** Whether an address is an IPv4 one (RFC 4291 2.5.5.2). */
function isIpv4(address: Address): boolean {
  return address[11] === 0xff && address[10] === 0xff && isZero(address, 10)
}

function isZero(address: Address, bytes: number): boolean {
  for (let place = 0; place < bytes; place++) if (address[place] !== 0) return false
  return true
}

/** Cuts an address down for logs: the last byte of IPv4, all but the first 48 bits of IPv6, become zero. */
export function truncateAddress(text: string): string {
  const address = parseAddress(text)
  if (!address) return ''
  if (isIpv4(address)) return `${address[12]}.${address[13]}.${address[14]}.0`
  const groups = [0, 2, 4].map((place) =>
    (((address[place] as number) << 8) | (address[place + 1] as number)).toString(16),
  )
  return `${groups.join(':')}::`
}

/** Whether an address is in one of the ranges. An address that is not known is in none. */
export function isListed(address: string | undefined, ranges: readonly Range[]): boolean {
  const bytes = address === undefined ? undefined : parseAddress(address)
  return bytes !== undefined && ranges.some((range) => inRange(bytes, range))
}
