import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compactExpiry, parseGatewayToken, stringToSign } from '../../src/lib/gateway-token.ts'

const SIGNATURE = 'wsLbbUaykHEgr6Eqp33zPxe24lyfc/zz5mGWcWv8b8VIarJYMYLeZLd86X8azA+7hVLBxP3IEWMmrkah3abX5Q=='
const END = Date.parse('2030-01-02T03:04:00Z') / 1000
const BOTH = ['round-trip', 'compact'] as const

describe('a gateway token', () => {
  test('says who, until when, and what may have been signed', () => {
    expect(parseGatewayToken(`gw1&203001020304&${SIGNATURE}`, BOTH)).toEqual({
      id: 'gw1',
      expiresAt: END,
      signed: ['gw1\n2030-01-02T03:04:00.0000000Z', 'gw1\n203001020304'],
      signature: SIGNATURE,
    })
  })

  test.each([
    ['round-trip', 'gw1\n2030-01-02T03:04:00.0000000Z'],
    ['compact', 'gw1\n203001020304'],
  ] as const)('was signed in the form %s, where that is the only one', (form, signed) => {
    expect(parseGatewayToken(`gw1&203001020304&${SIGNATURE}`, [form])?.signed).toEqual([signed])
  })

  test.each([
    ['no id', `&203001020304&${SIGNATURE}`],
    ['an id of 81 characters', `${'g'.repeat(81)}&203001020304&${SIGNATURE}`],
    ["the id of Azure's own gateway", `managed&203001020304&${SIGNATURE}`],
    ['an id that no header can hold', `gé&203001020304&${SIGNATURE}`],
    ['one "&"', `gw1&203001020304${SIGNATURE}`],
    ['three of them', `gw1&203001020304&&${SIGNATURE}`],
    ['nothing', ''],
    ['two of them and nothing else', '&&'],
    ['its scheme', `GatewayKey gw1&203001020304&${SIGNATURE}`],
  ])('has not %s', (_, text) => {
    expect(parseGatewayToken(text, BOTH)).toBeUndefined()
  })

  test.each([
    ['30 February', '203002300304'],
    ['29 February of a common year', '203102290304'],
    ['31 April', '203004310304'],
    ['month 13', '203013020304'],
    ['month 0', '203000020304'],
    ['day 0', '203001000304'],
    ['hour 24', '203001022400'],
    ['minute 60', '203001020360'],
    ['seconds', '20300102030400'],
    ['eleven digits', '20300102030'],
    ['a sign', '+20300102030'],
    ['other digits', '٢٠٣٠٠١٠٢٠٣٠٤'],
    ['the round-trip form', '2030-01-02T03:04:00.0000000Z'],
  ])('does not end on %s', (_, expiry) => {
    expect(parseGatewayToken(`gw1&${expiry}&${SIGNATURE}`, BOTH)).toBeUndefined()
  })

  test('ends on 29 February of a leap year', () => {
    const token = parseGatewayToken(`gw1&202802292359&${SIGNATURE}`, BOTH)
    expect(token?.expiresAt).toBe(Date.parse('2028-02-29T23:59:00Z') / 1000)
  })

  test.each([
    ['is not padded', SIGNATURE.slice(0, -2)],
    ['is padded once', SIGNATURE.slice(0, -1)],
    ['has 63 bytes', `${SIGNATURE.slice(0, -4)}`],
    ['has bits to spare that are not 0', SIGNATURE.replace('Q==', 'R==')],
    ['is base64url', SIGNATURE.replaceAll('/', '_').replaceAll('+', '-')],
    ['has a line break', `${SIGNATURE.slice(0, 76)}\n${SIGNATURE.slice(76)}`],
    ['has a space behind it', `${SIGNATURE} `],
  ])('has no signature that %s', (_, signature) => {
    expect(parseGatewayToken(`gw1&203001020304&${signature}`, BOTH)).toBeUndefined()
  })

  test('can be called whatever the documents may call a gateway', () => {
    const id = fc.stringMatching(/^[!-%'-+\--~]{1,80}$/).filter((text) => text !== 'managed')
    fc.assert(
      fc.property(id, (text) => {
        expect(parseGatewayToken(`${text}&203001020304&${SIGNATURE}`, BOTH)?.id).toBe(text)
      }),
    )
  })

  test('of any text is read or refused, and nothing is thrown', () => {
    const field = fc.oneof(fc.string(), fc.constantFrom('gw1', '203001020304', SIGNATURE, 'uid=gw1', 'ex=', 'sn='))
    const text = fc.array(field, { maxLength: 4 }).map((fields) => fields.join('&'))
    fc.assert(
      fc.property(text, (each) => {
        const token = parseGatewayToken(each, BOTH)
        if (token) expect(each).toContain(token.signature)
      }),
    )
  })
})

describe('a shared access signature', () => {
  const EXPIRY = '2030-01-02T03:04:05.1234567Z'

  test('is signed with the expiry that it shows', () => {
    expect(parseGatewayToken(`uid=integration&ex=${EXPIRY}&sn=${SIGNATURE}`, BOTH)).toEqual({
      id: 'integration',
      expiresAt: END + 5.1234567,
      signed: [`integration\n${EXPIRY}`],
      signature: SIGNATURE,
    })
  })

  test('is none where only the compact form may be signed', () => {
    expect(parseGatewayToken(`uid=gw1&ex=${EXPIRY}&sn=${SIGNATURE}`, ['compact'])).toBeUndefined()
  })

  test.each([
    ['other names', `id=gw1&ex=${EXPIRY}&sn=${SIGNATURE}`],
    ['another order', `ex=${EXPIRY}&uid=gw1&sn=${SIGNATURE}`],
    ['a field more', `uid=gw1&ex=${EXPIRY}&sn=${SIGNATURE}&x=1`],
    ['no id', `uid=&ex=${EXPIRY}&sn=${SIGNATURE}`],
    ['three digits of a second', `uid=gw1&ex=2030-01-02T03:04:00.000Z&sn=${SIGNATURE}`],
    ['a zone of its own', `uid=gw1&ex=2030-01-02T03:04:00.0000000+00:00&sn=${SIGNATURE}`],
    ['a day that does not exist', `uid=gw1&ex=2030-02-30T03:04:00.0000000Z&sn=${SIGNATURE}`],
    ['second 60', `uid=gw1&ex=2030-01-02T03:04:60.0000000Z&sn=${SIGNATURE}`],
    ['hour 24', `uid=gw1&ex=2030-01-02T24:00:00.0000000Z&sn=${SIGNATURE}`],
    ['the compact expiry', `uid=gw1&ex=203001020304&sn=${SIGNATURE}`],
  ])('has not %s', (_, text) => {
    expect(parseGatewayToken(text, BOTH)).toBeUndefined()
  })
})

describe('an expiry that is minted', () => {
  test('drops the seconds, so that a token counts no longer than was asked for', () => {
    expect(compactExpiry(END + 59.999)).toBe('203001020304')
    expect(compactExpiry(END)).toBe('203001020304')
    expect(compactExpiry(END - 0.001)).toBe('203001020303')
  })

  test('is read as the minute that it names', () => {
    const at = fc.integer({ min: 0, max: 253_402_300_799 })
    fc.assert(
      fc.property(at, (each) => {
        const token = parseGatewayToken(`gw1&${compactExpiry(each)}&${SIGNATURE}`, BOTH)
        expect(token?.expiresAt).toBe(Math.floor(each / 60) * 60)
      }),
    )
  })

  test('is signed behind the id, on a line of its own', () => {
    expect(stringToSign('gw1', '203001020304', 'round-trip')).toBe('gw1\n2030-01-02T03:04:00.0000000Z')
    expect(stringToSign('gw1', '203001020304', 'compact')).toBe('gw1\n203001020304')
  })
})
