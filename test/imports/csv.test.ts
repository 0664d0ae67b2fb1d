import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DAY, entryAfter, imported, NOW } from './given.ts'

const STRONG = 'kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e'
const hash = (token: string) => createHash('sha256').update(token).digest('hex')

test('a line becomes a key, its token only a hash', async () => {
  const text = [
    'name,token,owner,type,permissions,expires,description,surface,created',
    `ci,${STRONG},acme,custom,"orders.read, orders.write",2030-01-01T00:00:00.5Z,"Builds, and more",admin,2024-05-01`,
  ].join('\r\n')
  const report = await imported('csv', text)
  expect(report).toEqual({
    keys: [
      {
        name: 'ci',
        description: 'Builds, and more',
        type: 'custom',
        permissions: ['orders.read', 'orders.write'],
        owner: 'acme',
        surface: 'admin',
        createdAt: 1_714_521_600,
        expiresAt: 1_893_456_001,
        scheme: 'sha256',
        hash: hash(STRONG),
      },
    ],
    left: [],
    warnings: [],
  })
  expect(JSON.stringify(report)).not.toContain(STRONG)
})

test('name and token are enough', async () => {
  const { keys, warnings } = await imported('csv', `token,name\n${STRONG},ci\n`)
  expect(keys).toMatchObject([{ name: 'ci', type: 'read-only', expiresAt: 'never' }])
  expect(warnings).toEqual([{ where: '1 key', why: 'the source does not say what they may do: they are read-only' }])
})

test('permissions alone make a key custom', async () => {
  const { keys } = await imported('csv', `name,token,permissions\nci,${STRONG},orders.*\n`)
  expect(keys).toMatchObject([{ type: 'custom', permissions: ['orders.*'] }])
})

describe('a token of fewer than 128 bits', () => {
  const weak = 'letmein12345'
  const text = (expires: string) => `name,token,expires\nold,${weak},${expires}\n`

  test('is told of, and ends after 90 days', async () => {
    const { keys, warnings } = await imported('csv', text('never'))
    expect(keys).toMatchObject([{ expiresAt: NOW + 90 * DAY }])
    expect(warnings[0]).toEqual({
      where: 'row 1 (old)',
      why: 'its token has 62 bits at most, fewer than 128: it ends at 2026-08-30T00:00:00.000Z',
    })
  })

  test.each([
    ['sooner where it says so', '2026-06-02T00:00:00Z', {}, NOW + DAY],
    ['no later than 90 days where it says so', '2030-01-01', {}, NOW + 90 * DAY],
    ['after as many days as are asked for', 'never', { weakDays: 7 }, NOW + 7 * DAY],
  ])('ends %s', async (_, expires, options, expected) => {
    expect((await imported('csv', text(expires), options)).keys[0]?.expiresAt).toBe(expected)
  })
})

describe('a line is left', () => {
  test.each([
    ['for a token that another line has', `a,${STRONG}\nb,${STRONG}`, 'row 2 (b)', 'it has the token of row 1'],
    ['for no token', 'a,', 'row 1 (a)', 'it has no token'],
    [
      'for a token that no gate looks up',
      `a,${'x1'.repeat(513)}`,
      'row 1 (a)',
      'its token has more than 1024 characters',
    ],
    ['for a token with white space', `a,x ${STRONG}`, 'row 1 (a)', /white space, a comma or what no header carries/],
    ['for a token with a comma', `a,"x,${STRONG}"`, 'row 1 (a)', /a comma/],
    ['for a token that is not ASCII', `a,\u00e4${STRONG}`, 'row 1 (a)', /what no header carries/],
    ['for a field too many', `a,${STRONG},x`, 'row 1', 'it has 3 fields, not 2'],
    ['where name and token are swapped', `${STRONG},ci`, 'row 1', /are they swapped/],
  ])('%s', async (_, lines, where, why) => {
    const { left } = await imported('csv', `name,token\n${lines}\n`)
    expect(left).toEqual([{ where, why: expect.stringMatching(why) }])
    expect(JSON.stringify(left)).not.toContain(STRONG)
  })

  test.each([
    ['an unknown type', 'type', 'root', 'its type is none of "read-only", "full-access" and "custom"'],
    ['the surface of key management', 'surface', 'keys', 'its surface is neither "api" nor "admin"'],
    ['a permission with bad grammar', 'permissions', 'a"b', 'its permission 1 is none that a key can have'],
    ['custom without permissions', 'type', 'custom', 'it is custom and has no permissions'],
    ['an end that is none', 'expires', 'soon', 'its end cannot be read'],
    ['an end that is over', 'expires', '2020-01-01', 'it expired at 2020-01-01T00:00:00.000Z'],
    ['an owner of 101 characters', 'owner', 'o'.repeat(101), 'its owner is no text of 1 to 100 visible characters'],
  ])('for %s', async (_, column, value, why) => {
    const { left } = await imported('csv', `name,token,${column}\na,${STRONG},"${value.replaceAll('"', '""')}"\n`)
    expect(left).toEqual([{ where: 'row 1 (a)', why }])
  })

  test('for permissions beside another type than custom', async () => {
    const { left } = await imported('csv', `name,token,type,permissions\na,${STRONG},read-only,x.y\n`)
    expect(left).toEqual([{ where: 'row 1 (a)', why: 'only "custom" has permissions' }])
  })
})

describe('the file is refused as a whole', () => {
  test.each([
    ['without a column "token"', 'name,secret\na,b\n', /CSV with the column "token" in its first line/],
    [
      'with a column that is not known',
      `name,token,expiry\na,${STRONG},2030-01-01\n`,
      /other columns than token, name/,
    ],
    ['with a column twice', `token,name,token\n${STRONG},a,${STRONG}\n`, /a column twice/],
    ['when it is empty', ' \n', 'the export is empty'],
    ['as broken JSON', '{"token": "', 'the export begins as JSON, and is none'],
  ])('%s', async (_, text, why) => {
    await expect(imported('csv', text)).rejects.toThrow(why)
  })
})

test('quotes that are none of CSV end the reading, and that is told', async () => {
  const { keys, left } = await imported('csv', `name,token\na,${STRONG}\nb,"x"y\nc,${STRONG}1\n`)
  expect(keys).toHaveLength(1)
  expect(left).toEqual([
    { where: 'row 2', why: 'its quotes are not those of CSV: neither it nor what follows is read' },
  ])
})

test('JSON has the same words, and refuses others', async () => {
  const { keys, left } = await imported('csv', [
    { name: 'a', token: STRONG, permissions: ['a.b'] },
    { name: 'b', token: `${STRONG}1`, expiry: '2030-01-01' },
  ])
  expect(keys).toMatchObject([{ name: 'a', type: 'custom', permissions: ['a.b'] }])
  expect(left).toEqual([
    { where: 'row 2 (b)', why: expect.stringMatching(/^it has other fields than token, hash, name/) },
  ])
})

test('the entry is made of what all tokens have in common', async () => {
  const text = `name,token\na,sk_live_${STRONG}\nb,sk_live_${STRONG.slice(1)}\n`
  expect((await entryAfter('csv', text)).shape).toBe('^sk_live_[0-9A-Za-z]{31,32}$')
})
