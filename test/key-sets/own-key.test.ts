import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { ownKeyOf, ownVerifyingKeys } from '../../src/key-sets/own-key.ts'
import { signingKeyOf } from '../../src/key-sets/sign.ts'
import { KEYS, publicKey } from '../given/jwt.ts'

const textOf = (more: object) => JSON.stringify({ ...KEYS.ec1, ...more })
const NO_KEY = 'it is no private JSON Web Key of P-256 or Ed25519'

describe('a key that a deployment signs by', () => {
  test.each([
    ['ec1', 'ES256'],
    ['ed1', 'EdDSA'],
  ] as const)('%s is for %s, and its id is its thumbprint, whatever it says itself', async (name, alg) => {
    const { publicKey: found, privateKey } = await ownKeyOf(JSON.stringify({ ...KEYS[name], kid: 'mine' }))
    const kid = await calculateJwkThumbprint(publicKey(name) as never)
    expect(found).toMatchObject({ kid, alg, use: 'sig' })
    expect(Object.keys(found).toSorted()).toEqual(
      [...(alg === 'ES256' ? ['y'] : []), 'alg', 'crv', 'kid', 'kty', 'use', 'x'].toSorted(),
    )
    expect(privateKey.d).toBe(KEYS[name].d)
    expect(await ownVerifyingKeys(JSON.stringify(KEYS[name]), 5)).toMatchObject([{ id: kid, algorithm: alg, until: 5 }])
  })

  test.each<[string, string, string]>([
    ['no JSON', 'a secret', NO_KEY],
    ['no object', 'null', NO_KEY],
    ['a public key', JSON.stringify(publicKey('ec1')), NO_KEY],
    ['half a public key', textOf({ y: undefined }), NO_KEY],
    ['an RSA key', JSON.stringify(KEYS.rsa1), NO_KEY],
    ['a key of P-384', JSON.stringify(KEYS.ec384), NO_KEY],
    ['a shared secret', '{"kty":"oct","k":"c2VjcmV0"}', NO_KEY],
    ['a key that names another algorithm', textOf({ alg: 'ES384' }), 'it names another algorithm than its own'],
  ])('is not %s, and the error repeats nothing of it', async (_, text, why) => {
    await expect(ownKeyOf(text)).rejects.toMatchObject({ name: 'KeySetRefused', message: why })
  })

  test('may name its algorithm in either way', async () => {
    const text = JSON.stringify({ ...KEYS.ed1, alg: 'Ed25519' })
    expect((await ownKeyOf(text)).publicKey.alg).toBe('EdDSA')
  })

  test('is refused where its parts are none', async () => {
    const { privateKey } = await ownKeyOf(textOf({ d: '!' }))
    await expect(signingKeyOf(privateKey, 'ES256')).rejects.toMatchObject({ message: 'it is no private key for ES256' })
  })
})
