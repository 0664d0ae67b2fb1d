import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import type { Digests } from '../../src/model/ports.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const utf8 = (text: string) => new TextEncoder().encode(text)

/** The token of a Strapi 5 server, as it stores it: the salt is text, whatever it looks like. */
const STRAPI = {
  salt: 'c2FsdHlTYWx0U2FsdHlTYQ==',
  token: Array.from({ length: 128 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''),
  hash: '8bf2fc50dc7ad390d9b5e0add0b04555789d3c93977fcfde56b9454921dc4999ca2bc7b45d1d8e068fbf68511e417aba41738dd300c2f7e727752422542608a1',
}

/** A gateway token of API Management, signed by a key that is text as well. */
const GATEWAY = {
  key: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QA==',
  signed: 'gw1\n2030-01-02T03:04:00.0000000Z',
  signature: 'wsLbbUaykHEgr6Eqp33zPxe24lyfc/zz5mGWcWv8b8VIarJYMYLeZLd86X8azA+7hVLBxP3IEWMmrkah3abX5Q==',
}

describe.each<[string, () => Digests]>([
  ['nodeDigests', nodeDigests],
  ['webDigests', webDigests],
])('%s', (_, make) => {
  const tokens = fc.stringMatching(/^[\x21-\x2b\x2d-\x7e]{1,200}$/)

  it('gives equal tokens equal fingerprints, and different ones different', async () => {
    const digests = make()
    await fc.assert(
      fc.asyncProperty(tokens, tokens, async (one, other) => {
        const [first, again, second] = await Promise.all([one, one, other].map((token) => digests.fingerprint(token)))
        expect(again).toBe(first)
        expect(second === first).toBe(one === other)
      }),
    )
  })

  it.each(['', 'a', 'a'.repeat(65_536), 'schlüssel', '😀'])(
    'gives every token a fingerprint of one length (%#)',
    async (token) => {
      const digests = make()
      expect(await digests.fingerprint(token)).toHaveLength((await digests.fingerprint('another one')).length)
    },
  )

  it('draws a salt of its own, so that a fingerprint tells nothing elsewhere', async () => {
    expect(await make().fingerprint('a token')).not.toBe(await make().fingerprint('a token'))
  })

  it('keeps its salt', async () => {
    const digests = make()
    const first = await digests.fingerprint('a token')
    await digests.fingerprint('another one')
    expect(await digests.fingerprint('a token')).toBe(first)
  })

  it('has the one salt for tokens that come at the same time', async () => {
    const digests = make()
    const all = await Promise.all(Array.from({ length: 8 }, () => digests.fingerprint('a token')))
    expect(new Set(all).size).toBe(1)
  })

  it('shows no token in its fingerprint', async () => {
    const fingerprint = await make().fingerprint('deadbeef')
    expect(fingerprint).not.toContain('deadbeef')
  })

  it.each([
    // RFC 4231 4.3 and 4.7: a short key, and one that is longer than a block.
    [
      'SHA-256',
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'SHA-512',
      'Jefe',
      'what do ya want for nothing?',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    ['SHA-512', STRAPI.salt, STRAPI.token, STRAPI.hash],
  ] as const)('makes the %s HMAC of known vectors', async (hash, key, data, expected) => {
    expect(hex(await make().hmac(hash, key, utf8(data)))).toBe(expected)
  })

  it('takes a key that looks like base64 for text', async () => {
    expect(base64(await make().hmac('SHA-512', GATEWAY.key, utf8(GATEWAY.signed)))).toBe(GATEWAY.signature)
  })

  it('takes a key outside ASCII for UTF-8', async () => {
    const expected = '8717b08d00f6dd9106530cfda607e85cff50ae603ab21c48734151e8db1fc005'
    expect(hex(await make().hmac('SHA-256', 'schlüssel', utf8('a')))).toBe(expected)
  })

  it.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'bbc', false],
    ['abc', 'ab', false],
    ['', 'a', false],
    ['ABC', 'abc', false],
  ])('compares %j and %j: %j', (one, other, expected) => {
    expect(make().equal(one, other)).toBe(expected)
  })

  it('compares any two digests as === does', () => {
    const digests = make()
    const fingerprints = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => String.fromCharCode(...bytes))
    fc.assert(
      fc.property(fingerprints, fingerprints, fc.boolean(), (one, other, isSame) => {
        expect(digests.equal(one, isSame ? one : other)).toBe(isSame || one === other)
      }),
    )
  })
})

it('both implementations make the same HMAC', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('SHA-256' as const, 'SHA-512' as const),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.uint8Array(),
      async (hash, key, data) => {
        expect(hex(await nodeDigests().hmac(hash, key, data))).toBe(hex(await webDigests().hmac(hash, key, data)))
      },
    ),
  )
})
