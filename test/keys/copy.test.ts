import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decryptCopy, encryptCopy } from '../../src/keys/copy.ts'
import { random } from './given.ts'
import strapi from './strapi-vectors.json' with { type: 'json' }

const KEY = 'an encryption key of this test'

describe('a viewable copy', () => {
  test('is, under the same iv, what Strapi writes', async () => {
    const iv = Uint8Array.from({ length: 16 }, (_, place) => place)
    const asked: number[] = []
    const copy = await encryptCopy(strapi.token, strapi.encryptionKey, (bytes) => {
      asked.push(bytes)
      return iv
    })
    expect(copy).toBe(strapi.encrypted)
    expect(asked).toEqual([16])
  })

  test('is read where Strapi has written it', async () => {
    expect(await decryptCopy(strapi.encrypted, strapi.encryptionKey)).toBe(strapi.token)
  })

  test('gives back any text, and is another each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (token, key) => {
        const [first, second] = await Promise.all([encryptCopy(token, key, random), encryptCopy(token, key, random)])
        expect(first).not.toBe(second)
        expect(await decryptCopy(first, key)).toBe(token)
      }),
      { numRuns: 30 },
    )
  })

  test('is read under no other key', async () => {
    const copy = await encryptCopy('a token', KEY, random)
    expect(await decryptCopy(copy, `${KEY}.`)).toBeUndefined()
  })

  test('is not read where one digit of it was changed', async () => {
    const copy = await encryptCopy('a token', KEY, random)
    const other = (digit: string) => (digit === '0' ? '1' : '0')
    for (let place = 3; place < copy.length; place++) {
      const digit = copy[place] as string
      const changed = copy.slice(0, place) + (digit === ':' ? '0' : other(digit)) + copy.slice(place + 1)
      expect(await decryptCopy(changed, KEY)).toBeUndefined()
    }
  })

  test.each(['', 'v1', 'v2:00:00:00000000000000000000000000000000', 'v1::00:00', strapi.encrypted.toUpperCase()])(
    'is not %j',
    async (text) => {
      expect(await decryptCopy(text, strapi.encryptionKey)).toBeUndefined()
    },
  )
})
