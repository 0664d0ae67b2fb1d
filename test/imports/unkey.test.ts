import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { entryAfter, fixture, imported } from './given.ts'

const LIVE = 'sk_live_3ZbVnYxQp8sKdR5wTfGh2m'
const hex = (token: string) => createHash('sha256').update(token).digest('hex')

describe('rows of the table', () => {
  test('become keys by their base64 hash, with owner, end, permissions and metadata', async () => {
    const { keys } = await imported('unkey', fixture('unkey-table.json'))
    expect(keys).toEqual([
      {
        name: 'Production',
        type: 'custom',
        permissions: ['documents.read', 'documents.write'],
        owner: 'acme',
        createdAt: 1_701_425_400,
        expiresAt: 1_893_553_446,
        metadata: { origin: 'key_2cGKbMxRyIzhCxo1', plan: 'pro', seats: '5' },
        scheme: 'sha256',
        hash: hex(LIVE),
      },
      {
        name: 'key_2cGKbMxRyIzhCxo2',
        type: 'read-only',
        owner: 'globex',
        createdAt: 1_701_425_400,
        expiresAt: 'never',
        metadata: { origin: 'key_2cGKbMxRyIzhCxo2' },
        scheme: 'sha256',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        suspended: true,
      },
    ])
  })

  test('are left where there is no counterpart, and the rest is told', async () => {
    const { left, warnings } = await imported('unkey', fixture('unkey-table.json'))
    expect(left).toEqual([
      { where: 'row 3 (By role)', why: 'its roles are not taken, and the export lists no permissions' },
      { where: 'row 4 (Used up)', why: 'it has no requests left' },
      { where: 'row 5 (Deleted)', why: 'it is deleted' },
      {
        where: 'row 6 (Migrating)',
        why: 'its hash was made by another system, and Unkey has not seen the key yet',
      },
      { where: 'row 7 (Root)', why: 'it is a root key of Unkey itself' },
    ])
    expect(warnings).toEqual([
      { where: '1 key', why: 'their ends name no zone, and are taken for UTC' },
      { where: '1 key', why: 'their rate limits are not taken' },
      { where: '1 key', why: 'how many requests they have left is not taken' },
      { where: '1 key', why: 'the source does not say what they may do: they are read-only' },
      { where: '1 key', why: 'they had no name, and are called after where they come from' },
    ])
  })

  test('ask for an entry with the prefix that their beginnings have', async () => {
    const { scheme, shape = '' } = await entryAfter('unkey', fixture('unkey-table.json'))
    expect(scheme).toBe('sha256')
    expect(shape).toBe('^sk_live_[1-9A-HJ-NP-Za-km-z]{20,}$')
    expect(LIVE).toMatch(new RegExp(shape, 'u'))
  })
})

describe('what the API lists', () => {
  test('is hashed where it was decrypted, and left where not', async () => {
    const { keys, left } = await imported('unkey', fixture('unkey-list.json'))
    expect(keys).toMatchObject([
      { name: 'Production API Key', owner: 'acme', hash: hex(LIVE), expiresAt: 1_893_553_446 },
    ])
    expect(left).toEqual([{ where: 'row 2', why: 'the export holds neither its hash nor, by "decrypt", the key' }])
  })

  test('loses "*" permissions, roles, credits and rate limits, and says so', async () => {
    const { keys, warnings } = await imported('unkey', fixture('unkey-list.json'))
    expect(keys[0]?.permissions).toEqual(['documents.read'])
    expect(warnings.map(({ why }) => why)).toEqual([
      'not taken, as "*" would mean more here than there: 1 of its permissions',
      'its roles are not taken: only the permissions count that the export lists',
      'their rate limits are not taken',
      'how many requests they have left is not taken',
      'their refills are not taken',
    ])
  })
})

test('the body of keys.migrateKeys is read too', async () => {
  const hash = createHash('sha256').update(LIVE).digest('base64')
  const { keys } = await imported('unkey', { migrationId: 'm', apiId: 'api_1', keys: [{ hash, externalId: 'acme' }] })
  expect(keys).toMatchObject([{ name: 'unkey 1', owner: 'acme', hash: hex(LIVE) }])
})

test.each([
  ['a hash that is none', { hash: 'sha256_abc' }, 'its hash is no SHA-256'],
  ['an end that is none', { expires: 'soon' }, 'its end cannot be read'],
  ['an odd flag', { enabled: 'maybe' }, 'whether it is enabled cannot be read'],
  ['permissions that are no list', { permissions: 'all' }, 'its permissions or its roles are no list of names'],
])('a row is left for %s', async (_, more, why) => {
  const { left } = await imported('unkey', [{ name: 'a', hash: hex('a'), ...more }])
  expect(left).toEqual([{ where: 'row 1 (a)', why }])
})

test('what is no export of Unkey is refused as a whole', async () => {
  await expect(imported('unkey', { apis: [] })).rejects.toThrow('a list of keys, or an object with "keys" or "data"')
})
