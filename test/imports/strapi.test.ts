import { describe, expect, test } from 'vitest'
import type { ImportOptions } from '../../src/imports/index.ts'
import { fixture, imported } from './given.ts'

const VECTOR = fixture<{ salt: string; token: string; hash: string; encryptionKey: string; copy: string }>(
  'strapi-vector.json',
)
/** The tables of a real Strapi 5.54.0, and the tokens that it gave out. */
const TABLES = fixture<Record<string, object[]>>('strapi-tables.json')
const REAL = fixture<{ salt: string; encryptionKey: string; tokens: Record<string, string> }>('strapi-tokens.json')

const ROW = {
  id: 3,
  name: 'reader',
  description: '',
  type: 'read-only',
  kind: 'content-api',
  access_key: VECTOR.hash,
  encrypted_key: null,
  expires_at: null,
  lifespan: null,
  created_at: 1_700_000_000_999,
}

async function only(row: object, options: Partial<ImportOptions> = {}) {
  const { keys, left, warnings } = await imported('strapi', [{ ...ROW, ...row }], options)
  return { key: keys[0], left: left[0]?.why, warnings: warnings.map(({ why }) => why) }
}

describe('the tables of a real Strapi', () => {
  test('become keys with their names, types, surfaces and permissions', async () => {
    const { keys } = await imported('strapi', TABLES)
    expect(keys.map(({ name, type, surface, permissions }) => ({ name, type, surface, permissions }))).toEqual([
      { name: 'Read Only', type: 'read-only', surface: 'api' },
      { name: 'Full Access', type: 'full-access', surface: 'api' },
      { name: 'reader', type: 'read-only', surface: 'api' },
      { name: 'backend', type: 'full-access', surface: 'api' },
      {
        name: 'writer',
        type: 'custom',
        surface: 'api',
        permissions: ['api::article.article.find', 'api::article.article.create'],
      },
      { name: 'single', type: 'custom', surface: 'api', permissions: ['api::article.article.findOne'] },
      { name: 'old', type: 'read-only', surface: 'api' },
      { name: 'replaced', type: 'full-access', surface: 'api' },
      { name: 'panel', type: 'custom', surface: 'admin', permissions: ['admin::api-tokens.read'] },
    ])
  })

  test('leave what may do nothing and what has expired, and say what an admin token loses', async () => {
    const { left, warnings } = await imported('strapi', TABLES)
    expect(left).toEqual([
      { where: 'row 7 (idle)', why: 'it is custom and has no permissions' },
      { where: 'row 8 (expired)', why: 'it expired at 2023-11-14T22:13:20.123Z' },
    ])
    expect(warnings).toEqual([
      {
        where: 'row 11 (panel)',
        why: 'not taken, as they are bound to a subject, fields or conditions: 1 of its admin permissions',
      },
      { where: '9 keys', why: 'their viewable copies are not taken: no encryption key is given' },
    ])
  })

  test('give the tokens back, with the encryption key', async () => {
    const { salt, encryptionKey, tokens } = REAL
    const { keys } = await imported('strapi', TABLES, { salt, encryptionKey })
    for (const name of ['reader', 'backend', 'writer', 'panel']) {
      expect(keys.find((key) => key.name === name)?.token).toBe(tokens[name])
    }
  })

  test('take what has expired where that is asked for, with its end', async () => {
    const { keys } = await imported('strapi', TABLES, { expired: true })
    expect(keys.find(({ name }) => name === 'expired')?.expiresAt).toBe(1_700_000_001)
  })
})

describe('a row', () => {
  test('keeps its hash as it stands, when it was made, and what it was called', async () => {
    const { key } = await only({})
    expect(key).toEqual({
      name: 'reader',
      type: 'read-only',
      surface: 'api',
      createdAt: 1_700_000_000,
      expiresAt: 'never',
      metadata: { origin: 'strapi 3' },
      scheme: 'strapi',
      hash: VECTOR.hash,
    })
  })

  test.each([
    ['milliseconds', 1_893_456_000_001, 1_893_456_001],
    ['milliseconds on a whole second', 1_893_456_000_000, 1_893_456_000],
    ['milliseconds as text', '1893456000999', 1_893_456_001],
    ['ISO 8601', '2030-01-01T00:00:00.001Z', 1_893_456_001],
    ['the text of a database without a zone', '2030-01-01 00:00:00.571000', 1_893_456_001],
    ['an offset', '2030-01-01T02:00:00.000+02:00', 1_893_456_000],
    ['nothing', null, 'never'],
  ])('ends at a whole second, rounded up: %s', async (_, expires_at, expected) => {
    expect((await only({ expires_at })).key?.expiresAt).toBe(expected)
  })

  test('is spelt as the admin API spells it too', async () => {
    const { access_key: accessKey, ...row } = ROW
    const asked = {
      ...row,
      accessKey,
      type: 'custom',
      permissions: ['api::a.a.find'],
      expiresAt: '2030-01-01T00:00:00.000Z',
    }
    const { keys } = await imported('strapi', { data: [asked] })
    expect(keys).toMatchObject([{ type: 'custom', permissions: ['api::a.a.find'], expiresAt: 1_893_456_000 }])
  })

  test.each([
    ['a kind that is null', { kind: null }, 'api'],
    ['no kind at all', { kind: undefined }, 'api'],
    ['the kind admin', { kind: 'admin', type: 'full-access' }, 'admin'],
  ])('is of the surface that its kind says: %s', async (_, row, surface) => {
    expect((await only(row)).key?.surface).toBe(surface)
  })

  test.each([
    ['an end that is none', { expires_at: 'soon' }, 'its end cannot be read'],
    ['a day that no calendar has', { expires_at: '2030-02-30T00:00:00Z' }, 'its end cannot be read'],
    ['a lifespan without an end', { lifespan: '604800000' }, 'it has a lifespan and no end'],
    ['no access key', { access_key: null }, 'the export does not hold its access key'],
    ['half a hash', { access_key: 'ab12' }, 'its access key is neither 128 nor 256 digits of lower-case hex'],
    ['a hash in capitals', { access_key: VECTOR.hash.toUpperCase() }, /neither 128 nor 256 digits/],
    ['another type', { type: 'root' }, 'its type is none of "read-only", "full-access" and "custom"'],
    ['no type', { type: null }, 'its type is none of "read-only", "full-access" and "custom"'],
    ['another kind', { kind: 'transfer' }, 'its kind is neither "content-api" nor "admin"'],
    ['permissions that the export lacks', { type: 'custom' }, 'it is custom, and the export lacks its permissions'],
    ['no permission', { type: 'custom', permissions: [] }, 'it is custom and has no permissions'],
    ['an admin token whose rights the export lacks', { kind: 'admin' }, /does not say what this admin token may do/],
    [
      'an admin token whose rights are all bound',
      { kind: 'admin', adminPermissions: [{ action: 'a', subject: null, properties: {}, conditions: ['x'] }] },
      'none of its admin permissions is free of a subject, fields and conditions',
    ],
  ])('is left for %s', async (_, row, why) => {
    expect((await only(row)).left).toEqual(expect.stringMatching(why))
  })
})

describe('the token itself, as GET /admin/api-tokens/:id tells it', () => {
  const row = { access_key: VECTOR.token }

  test('is hashed under the salt as text, and not kept', async () => {
    const { key } = await only(row, { salt: VECTOR.salt })
    expect(key?.hash).toBe(VECTOR.hash)
    expect(key).not.toHaveProperty('token')
  })

  test('is left without the salt', async () => {
    expect((await only(row)).left).toBe('the export holds the token, not its hash, which takes the salt')
  })
})

describe('a viewable copy', () => {
  const { salt, encryptionKey } = VECTOR
  const row = { encrypted_key: VECTOR.copy }

  test('is opened where it proves to be of this token', async () => {
    expect((await only(row, { salt, encryptionKey })).key?.token).toBe(VECTOR.token)
  })

  test.each([
    ['another encryption key', row, { salt, encryptionKey: 'another' }, /does not open it/],
    ['another salt', row, { salt: 'another', encryptionKey }, /of another token, or the salt is another/],
    ['no salt', row, { encryptionKey }, /only the salt proves whose they are/],
    [
      'a copy that was changed',
      { encrypted_key: VECTOR.copy.replace(/.$/, 'f') },
      { salt, encryptionKey },
      /does not open it/,
    ],
    ['a copy of another form', { encrypted_key: 'v2:00:00:00' }, { salt, encryptionKey }, /does not open it/],
  ])('is not taken with %s, and the key is', async (_, given, options, why) => {
    const { key, warnings } = await only(given, options)
    expect(key).toMatchObject({ hash: VECTOR.hash })
    expect(key).not.toHaveProperty('token')
    expect(warnings).toEqual([expect.stringMatching(why)])
  })
})

test.each([[{ users: [] }], [7], [[1]], [{ strapi_api_tokens: 'none' }]])(
  'what is no export of Strapi is refused as a whole: %j',
  async (json) => {
    await expect(imported('strapi', json)).rejects.toThrow(/tables by their names/)
  },
)

test('a table without rows may be null, as PostgreSQL writes it', async () => {
  expect(await imported('strapi', { strapi_api_tokens: null })).toEqual({ keys: [], left: [], warnings: [] })
  const none = { strapi_api_token_permissions: null, strapi_api_token_permissions_token_lnk: null }
  const { left } = await imported('strapi', { strapi_api_tokens: [{ ...ROW, type: 'custom' }], ...none })
  expect(left).toMatchObject([{ why: 'it is custom and has no permissions' }])
})

test('tables without those of the permissions give every token but the custom ones', async () => {
  const { keys, left } = await imported('strapi', { strapi_api_tokens: TABLES['strapi_api_tokens'] })
  expect(keys.map(({ type }) => type)).not.toContain('custom')
  expect(left.map(({ where }) => where)).toEqual([
    'row 5 (writer)',
    'row 6 (single)',
    'row 7 (idle)',
    'row 8 (expired)',
    'row 11 (panel)',
  ])
})
