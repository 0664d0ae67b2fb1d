import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { IMPORT_SOURCE_FLAGS, IMPORT_SOURCES, importFile, importOf } from '../../src/cli/import-sources.ts'
import { given } from '../../src/cli/usage.ts'
import type { Batch } from '../../src/imports/index.ts'
import { reportOf } from '../../src/imports/index.ts'
import { fixture, NOW } from './given.ts'

const TABLES = fixture<Record<string, Record<string, unknown>[]>>('strapi-tables.json')
const { salt, encryptionKey, tokens } = fixture<{
  salt: string
  encryptionKey: string
  tokens: Record<string, string>
}>('strapi-tokens.json')
const VARIABLES = { API_TOKEN_SALT: salt, ENCRYPTION_KEY: encryptionKey }
const TOKEN = 'kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e'

function pathOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-imports-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

function fileOf(content: string): string {
  const path = pathOf('export')
  writeFileSync(path, content)
  return path
}

/** A SQLite file with the rows that a Strapi had. */
function strapiFile(tables = TABLES): string {
  const path = pathOf('data.db')
  const database = new DatabaseSync(path)
  for (const [table, rows] of Object.entries(tables)) {
    const columns = Object.keys(rows[0] ?? { id: 0 })
    database.exec(`CREATE TABLE "${table}" (${columns.join(', ')})`)
    const insert = database.prepare(`INSERT INTO "${table}" VALUES (${columns.map(() => '?').join(', ')})`)
    for (const row of rows) insert.run(...columns.map((column) => row[column] as string | number | null))
  }
  database.close()
  return path
}

function asked(rawArgs: readonly string[], variables = {}): AsyncGenerator<Batch> {
  return importOf(given(rawArgs, IMPORT_SOURCE_FLAGS), variables, NOW)
}

describe("Strapi's own file", () => {
  test('gives what its tables as JSON give', async () => {
    const path = strapiFile()
    const json = await reportOf(importFile('strapi', fileOf(JSON.stringify(TABLES)), { at: NOW }))
    expect(await reportOf(importFile('strapi', path, { at: NOW }))).toEqual(json)
    expect(json.keys).toHaveLength(9)
  })

  test('is not changed by it', async () => {
    const path = strapiFile()
    const before = readFileSync(path)
    await reportOf(importFile('strapi', path, { at: NOW }))
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('gives viewable copies, with the names of the variables that hold its secrets', async () => {
    const args = ['--from', 'strapi', '--file', strapiFile(), '--copies-key', 'ENCRYPTION_KEY']
    const { keys } = await reportOf(asked(args, VARIABLES))
    expect(keys.find(({ name }) => name === 'writer')?.token).toBe(tokens['writer'])
  })

  test('of another system is refused', async () => {
    const path = strapiFile({ users: [{ id: 1 }] })
    await expect(async () => reportOf(importFile('strapi', path, { at: NOW }))).rejects.toThrow('no database of Strapi')
    await expect(async () => reportOf(importFile('unkey', path, { at: NOW }))).rejects.toThrow('for strapi only')
  })

  test('that is damaged is refused', async () => {
    const path = fileOf(`SQLite format 3\0${'x'.repeat(5000)}`)
    await expect(async () => reportOf(importFile('strapi', path, { at: NOW }))).rejects.toThrow('cannot be read')
  })
})

describe('a file', () => {
  test.each(IMPORT_SOURCES)('may be of %s', async (source) => {
    const path = fileOf('[]')
    expect(await reportOf(asked(['--from', source, '--file', path]))).toEqual({ keys: [], left: [], warnings: [] })
  })

  test('has the time that it was written for that of its export', async () => {
    const path = fileOf(JSON.stringify({ key: TOKEN, ttl: 60, consumer: { username: 'a' } }))
    const { keys } = await reportOf(importFile('kong', path, { at: 0, exportedAt: NOW }))
    expect(keys[0]?.expiresAt).toBe(NOW + 60)
    const { keys: now } = await reportOf(importFile('kong', path, { at: 0 }))
    expect(now[0]?.expiresAt).toBeGreaterThan(NOW)
  })

  test.each([
    ['that is not there', 'missing', 'no such file'],
    ['that is a folder', tmpdir(), 'no such file'],
  ])('%s is refused', async (_, path, why) => {
    await expect(async () => reportOf(asked(['--from', 'csv', '--file', path]))).rejects.toThrow(why)
  })
})

describe('the flags', () => {
  const file = () => fileOf(`name,token\na,${TOKEN}\n`)

  test('say what the keys may do whose source does not', async () => {
    const args = ['--from', 'csv', '--file', file(), '--permission', 'orders.read', '--permission', 'orders.write']
    expect((await reportOf(asked(args))).keys).toMatchObject([
      { type: 'custom', permissions: ['orders.read', 'orders.write'] },
    ])
    const full = ['--from', 'csv', '--file', file(), '--type', 'full-access']
    expect((await reportOf(asked(full))).keys).toMatchObject([{ type: 'full-access' }])
  })

  test('take what has expired, and end what is weak', async () => {
    const path = fileOf('name,token,expires\na,letmein,\nb,letmein2,2020-01-01\n')
    const args = ['--from', 'csv', '--file', path, '--expired', '--weak-days', '1']
    const { keys } = await reportOf(asked(args))
    expect(keys.map(({ expiresAt }) => expiresAt)).toEqual([NOW + 86_400, 1_577_836_800])
  })

  test.each([
    ['no source', [], /--from: one of strapi, unkey/],
    ['another source', ['--from', 'zuplo'], /--from: one of/],
    ['no file', ['--from', 'csv'], /--file FILE/],
    ['another type', ['--from', 'csv', '--file', 'f', '--type', 'root'], /--type: read-only/],
    [
      'custom without permissions',
      ['--from', 'csv', '--file', 'f', '--type', 'custom'],
      /--permission: with --type custom/,
    ],
    ['days that are none', ['--from', 'csv', '--file', 'f', '--weak-days', 'soon'], /--weak-days: a whole number/],
    ['a salt that is not set', ['--from', 'strapi', '--file', 'f', '--salt', 'SALT'], /--salt: names a variable/],
    [
      'a key that is not set',
      ['--from', 'strapi', '--file', 'f', '--copies-key', 'K'],
      /--copies-key: names a variable/,
    ],
  ])('are refused with %s', (_, args, why) => {
    expect(() => asked(args)).toThrow(why)
  })
})
