import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inRange, isInside, isListed, isLoopback, parseAddress, parseRange, truncateAddress } from '../../src/lib/ip.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const ipv4 = bytes(4).map((four) => four.join('.'))
const groupsOf = (address: Uint8Array) =>
  Array.from({ length: 8 }, (_, place) => ((address[place * 2] ?? 0) << 8) | (address[place * 2 + 1] ?? 0))

/** Every way to write the same sixteen bytes: full, with leading zeros, in capitals, with `::` for any run of zeros. */
const ipv6 = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
    fc.boolean(),
    fc.boolean(),
    fc.nat(7),
    fc.nat(8),
  )
  .map(([groups, isPadded, isUpper, from, length]) => {
    const written = groups.map((group) => group.toString(16).padStart(isPadded ? 4 : 1, '0'))
    const run = groups.slice(from, from + length)
    const isShort = run.length > 0 && run.every((group) => group === 0)
    const text = isShort
      ? `${written.slice(0, from).join(':')}::${written.slice(from + run.length).join(':')}`
      : written.join(':')
    return { groups, text: isUpper ? text.toUpperCase() : text }
  })

const bitsOf = (address: Uint8Array) => Array.from(address, (byte) => byte.toString(2).padStart(8, '0')).join('')

describe('parseAddress', () => {
  it('reads every IPv4 address', () => {
    fc.assert(
      fc.property(bytes(4), (four) => {
        expect(parseAddress(four.join('.'))?.slice(12)).toEqual(four)
      }),
    )
  })

  it('reads every spelling of an IPv6 address as the same bytes', () => {
    fc.assert(
      fc.property(ipv6, ({ groups, text }) => {
        expect(groupsOf(parseAddress(text) as Uint8Array)).toEqual(groups)
      }),
    )
  })

  it('takes an IPv4 address mapped into IPv6 for the address itself', () => {
    fc.assert(
      fc.property(ipv4, (text) => {
        expect(parseAddress(`::ffff:${text}`)).toEqual(parseAddress(text))
      }),
    )
  })

  it('never throws, and gives sixteen bytes or nothing', () => {
    const pieces = fc.array(
      fc.constantFrom('1', 'ffff', ':', '::', '.', '256', '01', '%eth0', '/', ' ', 'g', '-', '\0'),
    )
    fc.assert(
      fc.property(
        pieces.map((all) => all.join('')),
        (text) => {
          expect([undefined, 16]).toContain(parseAddress(text)?.length)
        },
      ),
    )
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1.2.3.4:80',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.256',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
    'localhost',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('reads past a zone, which names an interface and no other address', () => {
    expect(parseAddress('fe80::1%eth0')).toEqual(parseAddress('fe80::1'))
  })
})

describe('parseRange', () => {
  it.each([
    '10.0.0.0/8',
    '10.0.0.1',
    '10.0.0.1/32',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/32',
    '::1',
    '::ffff:10.0.0.0/104',
  ])('takes %j', (text) => {
    expect(parseRange(text)).toBeDefined()
  })

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.1/8',
    '2001:db8::1/32',
    'fe80::1%eth0',
    'fe80::%eth0/10',
    '10.0.0.*',
  ])('refuses %j', (text) => {
    expect(parseRange(text)).toBeUndefined()
  })
})

describe('inRange', () => {
  it('agrees with a comparison bit by bit', () => {
    fc.assert(
      fc.property(bytes(16), bytes(16), fc.nat(128), fc.boolean(), (network, other, bits, isNear) => {
        const address = isNear ? network.map((byte, place) => (place === 15 ? byte ^ 1 : byte)) : other
        const expected = bitsOf(address).slice(0, bits) === bitsOf(network).slice(0, bits)
        expect(inRange(address, { network, bits })).toBe(expected)
      }),
    )
  })

  it('holds every address of an IPv4 block and none beside it', () => {
    fc.assert(
      fc.property(fc.nat(32), bytes(4), bytes(4), (prefix, one, other) => {
        const masked = one.map((byte, place) => byte & (0xff << Math.min(8, Math.max(0, 8 * (place + 1) - prefix))))
        const range = parseRange(`${masked.join('.')}/${prefix}`)
        const isInside = bitsOf(other).slice(0, prefix) === bitsOf(masked).slice(0, prefix)
        expect(range && isListed(other.join('.'), [range])).toBe(isInside)
      }),
    )
  })
})

describe('isInside', () => {
  it.each([
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.1.0.0/16', false],
    ['11.0.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.1', '::ffff:10.0.0.0/104', true],
    ['10.0.0.0/8', '::/0', true],
    ['::/0', '0.0.0.0/0', false],
    ['2001:db8:1::/48', '2001:db8::/32', true],
    ['2001:db9::/48', '2001:db8::/32', false],
  ])('%s in %s: %j', (inner, outer, expected) => {
    const [range, around] = [parseRange(inner), parseRange(outer)]
    expect(range && around && isInside(range, around)).toBe(expected)
  })
})

describe('isListed', () => {
  const ranges = ['10.0.0.0/8', '2001:db8::/32'].map(
    (text) => parseRange(text) as NonNullable<ReturnType<typeof parseRange>>,
  )

  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['2001:db8:ffff::1', true],
    ['11.0.0.1', false],
    ['2001:db9::1', false],
    ['no address', false],
    [undefined, false],
  ])('%j: %j', (address, expected) => {
    expect(isListed(address, ranges)).toBe(expected)
  })

  it('holds nobody where the list is empty', () => {
    expect(isListed('10.0.0.1', [])).toBe(false)
  })
})

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::2', false],
    ['localhost', false],
    [undefined, false],
  ])('%j: %j', (address, expected) => {
    expect(isLoopback(address)).toBe(expected)
  })
})

describe('truncateAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0'],
    ['::ffff:203.0.113.7', '203.0.113.0'],
    ['2001:db8:1234:5678::1', '2001:db8:1234::'],
    ['::1', '0:0:0::'],
    ['no address', ''],
  ])('cuts %j down to %j', (address, expected) => {
    expect(truncateAddress(address)).toBe(expected)
  })
})
