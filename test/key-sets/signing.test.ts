import { compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Signing } from '../../src/key-sets/signing.ts'
import { asciiJson, signingByWeb } from '../../src/key-sets/signing.ts'
import { signingByNode } from '../../src/key-sets/signing-by-node.ts'
import { KEYS, publicKey } from '../given/jwt.ts'

const HEADER = { alg: 'EdDSA', typ: 'x+jwt' }
const SECRET = new TextEncoder().encode('Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM')
/** Texts whose base64url has each length and every character, and that no byte can hold. */
const VALUES: readonly object[] = [{}, { a: 1 }, { ab: 1 }, { a: '~~~???>>>' }, { a: 'ü\u{1f511}\u2028\ud800"\\' }]

describe.each<[string, Signing]>([
  ['WebCrypto', signingByWeb],
  ["Node's own calls", signingByNode],
])('what is signed by %s', (_, signing) => {
  test.each(VALUES)('EdDSA proves %j', async (value) => {
    const sign = await signing.eddsa(KEYS.ed1 as never, asciiJson(HEADER))
    const key = await importJWK(publicKey('ed1') as never, 'EdDSA')
    const { payload, protectedHeader } = await compactVerify(await sign(signing.base64url(asciiJson(value))), key)
    expect([protectedHeader, JSON.parse(new TextDecoder().decode(payload))]).toEqual([HEADER, value])
  })

  test.each(VALUES)('HS256 proves %j', async (value) => {
    const header = { ...HEADER, alg: 'HS256' }
    const sign = await signing.hs256(SECRET, asciiJson(header))
    const { payload, protectedHeader } = await compactVerify(await sign(signing.base64url(asciiJson(value))), SECRET)
    expect([protectedHeader, JSON.parse(new TextDecoder().decode(payload))]).toEqual([header, value])
  })

  test('many at once, short and long, each proves itself', async () => {
    const sign = await signing.hs256(SECRET, asciiJson({ ...HEADER, alg: 'HS256' }))
    const values = Array.from({ length: 40 }, (_, place) => ({
      place,
      padding: 'x'.repeat(place % 7 === 0 ? 3000 : place),
    }))
    const tokens = await Promise.all(values.map((value) => sign(signing.base64url(asciiJson(value)))))
    const proved = await Promise.all(tokens.map((token) => compactVerify(token, SECRET)))
    expect(proved.map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)))).toEqual(values)
  })

  test('no other key signs, and none is told', async () => {
    await expect(signing.eddsa({ ...KEYS.ed1, d: 'AAAA' } as never, '{}')).rejects.toThrow('it is no private key')
  })
})
