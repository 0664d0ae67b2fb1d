import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImportedKey as Imported, Report } from '../../src/imports/index.ts'
import type { ImportedKey as Asked } from '../../src/keys/asked.ts'
import { DEFAULT_LIFETIMES, draftFaults } from '../../src/keys/draft.ts'
import { isHashOf } from '../../src/keys/import.ts'
import { imported, NOW } from './given.ts'

const TOKEN = 'kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e'
const HASH = createHash('sha256').update(TOKEN).digest('hex')

test('an imported key is what the registry takes', () => {
  const taken = (key: Imported): Asked => key
  expect(taken({ name: 'a', type: 'read-only', scheme: 'sha256', hash: HASH })).toHaveProperty('hash', HASH)
})

describe('names', () => {
  const names = async (...given: unknown[]) =>
    imported(
      'csv',
      given.map((name, place) => ({ name, token: `${TOKEN}${place}` })),
    )

  test('that are taken, too long or not visible are repaired, and that is told', async () => {
    const { keys, warnings } = await names('ci', 'ci', 'x'.repeat(101), 'a\u0000b', '\u0000')
    expect(keys.map(({ name }) => name)).toEqual(['ci', 'ci (2)', 'x'.repeat(100), 'a b', 'csv 5'])
    const changed = 'its name is changed: names are unique, 1 to 100 visible characters'
    expect(warnings).toEqual([
      { where: 'row 2 (ci (2))', why: changed },
      { where: `row 3 (${'x'.repeat(100)})`, why: changed },
      { where: 'row 4 (a b)', why: changed },
      { where: 'row 5 (csv 5)', why: 'its name cannot be kept' },
      { where: '5 keys', why: 'the source does not say what they may do: they are read-only' },
    ])
  })

  test('that are not there are counted', async () => {
    const { keys, warnings } = await names(null, '')
    expect(keys.map(({ name }) => name)).toEqual(['csv 1', 'csv 2'])
    expect(warnings).toContainEqual({
      where: '2 keys',
      why: 'they had no name, and are called after where they come from',
    })
  })

  test('of keys that are left are free', async () => {
    const { keys } = await imported('csv', [
      { name: 'ci', token: '' },
      { name: 'ci', token: TOKEN },
    ])
    expect(keys.map(({ name }) => name)).toEqual(['ci'])
  })
})

describe('what holds the token', () => {
  test('as a name is not told and not kept', async () => {
    const report = await imported('csv', [{ name: `prod ${TOKEN}`, token: TOKEN }])
    expect(report.keys.map(({ name }) => name)).toEqual(['csv 1'])
    expect(report.warnings[0]).toEqual({ where: 'row 1 (csv 1)', why: 'its name cannot be kept' })
    expect(JSON.stringify(report)).not.toContain(TOKEN)
  })

  test('as a description is not taken', async () => {
    const report = await imported('csv', [{ name: 'a', token: TOKEN, description: `${TOKEN} is it` }])
    expect(report.keys[0]).not.toHaveProperty('description')
    expect(report.warnings[0]?.why).toBe('its description holds the token and is not taken')
  })

  test('as an owner leaves the row', async () => {
    const report = await imported('csv', [{ name: 'a', token: TOKEN, owner: TOKEN }])
    expect(report.left).toEqual([{ where: 'row 1 (a)', why: 'its owner holds the token itself' }])
  })

  test('as metadata is not taken', async () => {
    const report = await imported('unkey', [{ name: 'a', plaintext: TOKEN, meta: { key: TOKEN, plan: 'pro' } }])
    expect(report.keys[0]?.metadata).toEqual({ plan: 'pro' })
    expect(report.warnings[0]?.why).toBe('a part of its metadata holds the token and is not taken')
  })
})

test('metadata over 4 KB and descriptions over 500 characters are told to be lost', async () => {
  const { keys, warnings } = await imported('unkey', [{ name: 'a', hash: HASH, meta: { big: 'x'.repeat(5000) } }])
  expect(keys[0]).not.toHaveProperty('metadata')
  expect(warnings[0]?.why).toBe('its metadata is over 4 KB and is not taken')
  const long = await imported('csv', [{ name: 'a', token: TOKEN, description: 'x'.repeat(600) }])
  expect(long.keys[0]?.description).toHaveLength(500)
  expect(long.warnings[0]?.why).toBe('its description is cut after 500 characters')
})

test('metadata named like a part of every object is metadata like any other', async () => {
  const meta = JSON.parse('{"__proto__": "x", "constructor": "y"}') as object
  const { keys } = await imported('unkey', [{ name: 'a', hash: HASH, meta }])
  expect(Object.entries(keys[0]?.metadata ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})

describe('whatever an export holds', () => {
  const token = fc.stringMatching(/^[!-+\--~]{8,60}$/)
  const secret = fc.oneof(
    token,
    token.map((each) => createHash('sha256').update(each).digest('hex')),
  )
  /** Any text, and often one that holds the token of its row. */
  const textWith = (each: string) =>
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string().map((text) => text + each),
      fc.constant(each),
    )
  const row = secret.chain((each) =>
    fc.record(
      {
        name: textWith(each),
        token: fc.constant(each),
        hash: fc.constant(each),
        key: fc.constant(each),
        value: fc.constant(each),
        plaintext: fc.constant(each),
        access_key: fc.constant(each),
        id: textWith(each),
        description: textWith(each),
        owner: textWith(each),
        consumer: fc.record({ username: textWith(each) }),
        externalId: textWith(each),
        userId: textWith(each),
        meta: fc.dictionary(fc.string(), textWith(each)),
        metadata: fc.dictionary(fc.string(), textWith(each)),
        tags: fc.oneof(fc.array(textWith(each)), fc.dictionary(fc.string(), textWith(each))),
        permissions: fc.oneof(textWith(each), fc.array(textWith(each))),
        type: fc.oneof(fc.constantFrom('custom', 'read-only', 'full-access'), textWith(each)),
        expires: fc.oneof(fc.date(), fc.integer(), textWith(each)),
        expires_at: fc.oneof(fc.integer(), textWith(each)),
        enabled: fc.oneof(fc.boolean(), textWith(each)),
      },
      { requiredKeys: ['name'] },
    ),
  )
  const sources = ['strapi', 'unkey', 'better-auth', 'kong', 'apigateway', 'apim', 'sha256', 'csv'] as const

  /** What the rows hold that nobody may be told, and their hashes. */
  function secretsOf(rows: readonly object[]): string[] {
    const spelt = rows.flatMap((each) => {
      const { token, hash, key, value, plaintext, access_key } = each as Record<string, string>
      return [token, hash, key, value, plaintext, access_key].filter((text) => text !== undefined)
    })
    return spelt.flatMap((text) => [text, createHash('sha256').update(text).digest('hex')])
  }

  function expectKept({ keys, left, warnings }: Report, rows: readonly object[]): void {
    expect(keys.length + left.length).toBe(rows.length)
    const told = JSON.stringify([left, warnings]).toLowerCase()
    for (const each of secretsOf(rows)) expect(told).not.toContain(JSON.stringify(each).slice(1, -1).toLowerCase())
  }

  test.each(sources)('every row of %s is taken or left, and no token and no hash is told', async (source) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (rows) => {
        expectKept(await imported(source, rows), rows)
      }),
      { numRuns: 60 },
    )
  })

  test.each(sources)('every key of %s is one that a registry can keep', async (source) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (rows) => {
        const { keys } = await imported(source, rows)
        expect(new Set(keys.map(({ name }) => name)).size).toBe(keys.length)
        expect(new Set(keys.map(({ hash }) => hash)).size).toBe(keys.length)
        for (const { scheme, hash, createdAt: _, suspended: __, token: ___, ...draft } of keys) {
          expect(isHashOf(scheme, hash)).toBe(true)
          expect(draftFaults(draft, DEFAULT_LIFETIMES, NOW)).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })
})
