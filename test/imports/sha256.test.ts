import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { entryAfter, imported } from './given.ts'

const digest = (encoding: 'hex' | 'base64' | 'base64url') => createHash('sha256').update('a token').digest(encoding)
const HEX = digest('hex')

describe('a hash', () => {
  test.each([
    ['hex', HEX],
    ['hex in capitals', HEX.toUpperCase()],
    ['base64', digest('base64')],
    ['base64 without padding', digest('base64').replace('=', '')],
    ['base64url', digest('base64url')],
    ['its algorithm before it', `sha256:${HEX}`],
  ])('may be spelt as %s, and is kept as lower-case hex', async (_, spelt) => {
    expect((await imported('sha256', [{ name: 'a', hash: spelt }])).keys).toMatchObject([
      { scheme: 'sha256', hash: HEX },
    ])
    expect((await imported('sha256', `${spelt}\n`)).keys).toMatchObject([{ hash: HEX }])
  })

  test.each([
    ['too short', HEX.slice(1)],
    ['of SHA-512', HEX + HEX],
    ['base64 with bits that its bytes do not have', `${digest('base64').slice(0, 42)}${'B'}=`],
    ['absent', null],
  ])('is refused when it is %s', async (_, hash) => {
    const { left } = await imported('sha256', [{ name: 'a', hash }])
    expect(left).toEqual([{ where: 'row 1', why: 'its hash is no SHA-256 in hex, base64 or base64url' }])
  })
})

test('lines may hold a name behind the hash, as sha256sum writes them', async () => {
  const other = createHash('sha256').update('b').digest('base64url')
  const { keys } = await imported('sha256', `${HEX}  nightly build\n\n${other}\n`)
  expect(keys.map(({ name }) => name)).toEqual(['nightly build', 'sha256 2'])
})

test('a line that is no hash is left among those that are', async () => {
  const { keys, left } = await imported('sha256', `${HEX}\nhello\n`)
  expect(keys).toHaveLength(1)
  expect(left).toEqual([{ where: 'row 2', why: 'the line is none of those that are known here' }])
})

test('CSV and JSON say what the keys may do', async () => {
  const { keys } = await imported('sha256', `name,hash,owner,type\nci,${HEX},acme,full-access\n`)
  expect(keys).toMatchObject([{ name: 'ci', owner: 'acme', type: 'full-access', expiresAt: 'never' }])
  expect((await imported('sha256', [HEX])).keys).toMatchObject([{ name: 'sha256 1', hash: HEX }])
})

test('two spellings of one hash are one key', async () => {
  const { keys, left } = await imported('sha256', [HEX, digest('base64')])
  expect(keys).toHaveLength(1)
  expect(left).toEqual([{ where: 'row 2', why: 'it has the token of row 1' }])
})

test('nothing is known of the tokens, so the entry is wide', async () => {
  expect(await entryAfter('sha256', [HEX])).toEqual({
    scheme: 'sha256',
    shape: '^[A-Za-z0-9_-]{20,}$',
  })
})
