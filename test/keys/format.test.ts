import { describe, expect, it } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { digestOf, drawKey, formatKey, isOurs, PREFIX, parseKey } from '../../src/keys/format.ts'
import { base62, base62Length, isBase62Of } from '../../src/lib/base62.ts'
import { crc32 } from '../../src/lib/crc32.ts'
import vectors from './format-vectors.json' with { type: 'json' }

const pepper = { version: vectors.pepper.version, secret: vectors.pepper.secret }
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))

describe.each([
  ['node', nodeDigests()],
  ['web', webDigests()],
])('a key by %s digests', (_, digests) => {
  it.each(vectors.keys)('is made as the vector of $prefix says', async ({ prefix, id, secret, token, digest }) => {
    expect(await formatKey(prefix, { id, secret }, pepper, digests)).toBe(token)
    expect(await digestOf(id, secret, pepper, digests)).toBe(digest)
  })

  it('is read again and known for ours', async () => {
    const drawn = drawKey(random)
    const token = await formatKey('lk_test', drawn, pepper, digests)
    const key = parseKey(token)
    expect(key).toMatchObject({ prefix: 'lk_test', pepperVersion: pepper.version, ...drawn })
    expect(await isOurs(key as NonNullable<typeof key>, pepper, digests)).toBe(true)
  })

  it('is known for a forgery under another pepper, prefix or id', async () => {
    const token = await formatKey('lk', drawKey(random), pepper, digests)
    const key = parseKey(token) as NonNullable<ReturnType<typeof parseKey>>
    const other = drawKey(random)
    expect(await isOurs(key, { ...pepper, secret: 'another pepper of the same version' }, digests)).toBe(false)
    expect(await isOurs({ ...key, prefix: 'old' }, pepper, digests)).toBe(false)
    expect(await isOurs({ ...key, id: other.id }, pepper, digests)).toBe(false)
  })

  it('has a digest that is bound to its id and its pepper', async () => {
    const { id, secret } = drawKey(random)
    const digest = await digestOf(id, secret, pepper, digests)
    expect(digest).toHaveLength(base62Length(32))
    expect(await digestOf(drawKey(random).id, secret, pepper, digests)).not.toBe(digest)
    expect(await digestOf(id, secret, { ...pepper, secret: 'another' }, digests)).not.toBe(digest)
  })
})

describe('what is no key', () => {
  const token = vectors.keys[0]?.token as string
  const reworded = (from: number, to: number, text: string) => token.slice(0, from) + text + token.slice(to)

  it.each([
    ['an empty text', ''],
    ['a truncated one', token.slice(0, -1)],
    ['one with a character more', `${token}0`],
    ['one with a wrong check', reworded(token.length - 1, token.length, token.endsWith('0') ? '1' : '0')],
    ['one whose secret has a typing error', reworded(40, 41, token[40] === 'a' ? 'b' : 'a')],
    ['one in upper case', token.toUpperCase()],
    ['one with a character outside base62', reworded(40, 41, '-')],
    ['a later version of the format', reworded(token.indexOf('_') + 1, token.indexOf('_') + 2, '2')],
    ['a prefix in upper case', token.replace(/^[a-z]/, (first) => first.toUpperCase())],
  ])('%s', (_, text) => {
    expect(parseKey(text)).toBeUndefined()
  })

  it('an id whose number is greater than its bytes can hold, though the check is right', () => {
    const start = token.indexOf('_') + 3
    const body = reworded(start, start + 17, 'z'.repeat(17)).slice(0, -6)
    const crc = crc32(body)
    expect(parseKey(body + base62(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc)))).toBeUndefined()
  })
})

it.each([
  ['lk', true],
  ['lk_test', true],
  ['k', false],
  ['Lk', false],
  ['1k', false],
  ['lk_', false],
  ['_lk', false],
  ['lk_a_b', false],
  ['averylongprefix', false],
])('the prefix %s is allowed: %s', (prefix, expected) => {
  expect(PREFIX.test(prefix)).toBe(expected)
})

it.each([
  [4, 6],
  [8, 11],
  [12, 17],
  [32, 43],
])('%i bytes take %i digits, and the greatest number is the last that is one of them', (bytes, digits) => {
  const greatest = base62(new Uint8Array(bytes).fill(0xff))
  expect(greatest).toHaveLength(digits)
  expect(isBase62Of(bytes, greatest)).toBe(true)
  expect(isBase62Of(bytes, 'z'.repeat(digits))).toBe(false)
  expect(isBase62Of(bytes, base62(new Uint8Array(bytes)))).toBe(true)
})
