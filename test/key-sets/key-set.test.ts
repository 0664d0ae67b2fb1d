import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keySetOf } from '../../src/key-sets/key-set.ts'
import { sameObjects } from '../../src/key-sets/keys.ts'
import { secretKeys } from '../../src/key-sets/secrets.ts'
import { KEYS, keySet, publicKey } from '../given/jwt.ts'

const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA']

async function usable(text: string, algorithms: readonly string[] = ALGORITHMS): Promise<string[]> {
  const keys = await keySetOf(text, algorithms)
  return keys.map(({ id, algorithm }) => `${id} ${algorithm}`)
}

describe('a set', () => {
  test.each<[name: string, text: string, expected: readonly string[]]>([
    ['of one key', keySet('ec1'), ['ec1 ES256']],
    ['of a key for two algorithms', keySet('rsa1'), ['rsa1 RS256', 'rsa1 PS256']],
    ['of a key that says which', keySet(publicKey('rsa1', { alg: 'PS256' })), ['rsa1 PS256']],
    ['of a key without an id', keySet(publicKey('ec1', { kid: undefined })), ['undefined ES256']],
    [
      'of two keys without ids',
      keySet(...['ec1', 'ec2'].map((name) => publicKey(name as 'ec1', { kid: undefined }))),
      ['undefined ES256', 'undefined ES256'],
    ],
    ['of a key that verifies', keySet(publicKey('ec1', { key_ops: ['verify'] })), ['ec1 ES256']],
    ['with certificates', keySet(publicKey('ec1', { x5c: ['MIIB'], x5t: 'AA' })), ['ec1 ES256']],
    ['with more members', JSON.stringify({ keys: [publicKey('ed1')], issuer: 'x' }), ['ed1 EdDSA']],
  ])('is read: %s', async (_, text, expected) => {
    expect(await usable(text)).toEqual(expected)
  })

  test.each<[name: string, member: unknown]>([
    ['for encryption', publicKey('rsa1', { kid: 'x', use: 'enc' })],
    ['that only signs', publicKey('ec2', { key_ops: ['sign'] })],
    ['whose operations are no list', publicKey('ec2', { key_ops: 'verify' })],
    ['of an algorithm that is not allowed', publicKey('ec2', { alg: 'ES384' })],
    ['of a curve that is not allowed', publicKey('ec384')],
    ['of an unknown type', { kty: 'XYZ', kid: 'x' }],
    ['without a type', { kid: 'x' }],
    ['that is cut off', { kty: 'EC', kid: 'x', crv: 'P-256', x: 'AA' }],
    ['that lies on no curve', publicKey('ec2', { y: publicKey('ec2').x })],
    ['of few bits', publicKey('short')],
    ['that is private', KEYS.ec2],
    ['whose id is a number', publicKey('ec2', { kid: 2 })],
    ['that is no object', 'ec2'],
    ['that is null', null],
    ['that is a list', []],
  ])('is read without a member %s', async (_, member) => {
    expect(await usable(JSON.stringify({ keys: [member, publicKey('ec1')] }))).toEqual(['ec1 ES256'])
    await expect(usable(JSON.stringify({ keys: [member] }))).rejects.toThrow('it has no usable key')
  })

  test.each<[name: string, text: string, why: string]>([
    ['no JSON', '<html>', 'it is no JSON Web Key Set'],
    ['nothing', '', 'it is no JSON Web Key Set'],
    ['a list', JSON.stringify([publicKey('ec1')]), 'it is no JSON Web Key Set'],
    ['null', 'null', 'it is no JSON Web Key Set'],
    ['a key', JSON.stringify(publicKey('ec1')), 'it is no JSON Web Key Set'],
    ['keys that are no list', JSON.stringify({ keys: publicKey('ec1') }), 'it is no JSON Web Key Set'],
    ['too many', JSON.stringify({ keys: Array(101).fill(publicKey('ec1')) }), 'it is no JSON Web Key Set'],
    ['secrets alone', keySet({ kty: 'oct', k: 'c2VjcmV0', kid: 'x' }), 'it has no usable key'],
    [
      'secrets and public keys',
      keySet('ec1', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }),
      'it mixes secrets with public keys',
    ],
    ['one id twice', keySet('ec1', publicKey('ec2', { kid: 'ec1' })), 'it repeats the id of a key'],
    ['one key twice', keySet('ec1', 'ec1'), 'it repeats the id of a key'],
    ['one id for two types', keySet('ec1', publicKey('rsa1', { kid: 'ec1' })), 'it repeats the id of a key'],
  ])('is refused: %s', async (_, text, why) => {
    await expect(usable(text)).rejects.toThrow(why)
  })

  test('may repeat the id of a key that is not usable', async () => {
    expect(await usable(keySet(publicKey('rsa1', { kid: 'ec1', use: 'enc' }), 'ec1'))).toEqual(['ec1 ES256'])
  })

  test('says nothing of what it holds where it is refused', async () => {
    const secret = Buffer.from('a secret that nobody may read').toString('base64url')
    const refused = usable(keySet('ec1', { kty: 'oct', k: secret, kid: 'a private name' }))
    await expect(refused).rejects.toSatisfy(
      (error) => !/secret that|private name/.test(String(error)) && !String(error).includes(secret),
    )
  })
})

test('is read where its issuer has withdrawn all keys', async () => {
  expect(await usable(keySet())).toEqual([])
})

test('whatever a set holds, it is read or refused', async () => {
  const member = fc.dictionary(
    fc.constantFrom('kty', 'kid', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'key_ops', 'ext'),
    fc.jsonValue(),
  )
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.oneof(member, fc.jsonValue()), { maxLength: 4 }).map((keys) => JSON.stringify({ keys })),
  )
  await fc.assert(
    fc.asyncProperty(text, async (each) => {
      const read = keySetOf(each, ALGORITHMS)
      if (withdrawsAll(each)) expect(await read).toEqual([])
      else await expect(read).rejects.toMatchObject({ name: 'KeySetRefused' })
    }),
    { numRuns: 300 },
  )
})

describe('a key that was known', () => {
  const objects = async (text: string, known: Awaited<ReturnType<typeof read>> = new Set()) =>
    sameObjects(await keySetOf(text, ['ES256', 'RS256']), known)
  const read = async (text: string) => new Set(await keySetOf(text, ['ES256', 'RS256']))

  test('stays the object that it was', async () => {
    const before = await read(keySet('ec1', 'rsa1'))
    const after = await objects(keySet('rsa1', 'ec1', 'ec2'), before)
    expect([...after].filter((key) => before.has(key)).map(({ id }) => id)).toEqual(['rsa1', 'ec1'])
  })

  test.each<[name: string, text: string]>([
    ['other numbers', keySet(publicKey('ec2', { kid: 'ec1' }))],
    ['another id', keySet(publicKey('ec1', { kid: 'other' }))],
    ['no id', keySet(publicKey('ec1', { kid: undefined }))],
  ])('is another one with %s', async (_, text) => {
    const before = await read(keySet('ec1'))
    expect([...(await objects(text, before))].some((key) => before.has(key))).toBe(false)
  })
})

describe('a shared secret', () => {
  test.each<[name: string, secret: string, expected: readonly string[]]>([
    ['32 bytes', 'x'.repeat(32), ['HS256']],
    ['32 bytes of 16 characters', 'ü'.repeat(16), ['HS256']],
    ['48 bytes', 'x'.repeat(48), ['HS256', 'HS384']],
    ['64 bytes', 'x'.repeat(64), ['HS256', 'HS384', 'HS512']],
  ])('of %s is a key wherever it is as long as the hash', async (_, secret, expected) => {
    const keys = await secretKeys(secret, ['HS256', 'HS384', 'HS512'])
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(expected)
  })

  test('is none where it is shorter, and is not told', async () => {
    const refused = secretKeys('short and secret', ['HS256'])
    await expect(refused).rejects.toThrow('the secret is shorter than the hash of its algorithm')
    await expect(refused).rejects.not.toThrow('short and secret')
  })
})

function withdrawsAll(text: string): boolean {
  try {
    const { keys } = Object(JSON.parse(text)) as { readonly keys?: unknown }
    return Array.isArray(keys) && keys.length === 0
  } catch {
    return false
  }
}
