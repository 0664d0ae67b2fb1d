import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import type { Batch, ImportOptions, Input, Row, SourceName } from '../imports/index.ts'
import { importing, SOURCES, STRAPI_TABLES } from '../imports/index.ts'
import type { GrantType } from '../model/principal.ts'
import type { Flags, Given } from './usage.ts'
import { UsageError } from './usage.ts'

/** The names that `--from` takes. */
export const IMPORT_SOURCES: readonly SourceName[] = Object.keys(SOURCES) as SourceName[]

/** The flags that say what is imported, and how it is read. */
export const IMPORT_SOURCE_FLAGS: Flags = {
  from: { type: 'string', valueHint: IMPORT_SOURCES.join('|'), description: 'the system that the keys come from' },
  file: { type: 'string', valueHint: 'FILE', description: 'what it exported; - reads stdin' },
  type: {
    type: 'string',
    valueHint: 'read-only|full-access|custom',
    description: 'of keys whose source does not say what they may do; default read-only',
  },
  permission: { type: 'string', valueHint: 'P', multiple: true, description: 'with --type custom; may be repeated' },
  expired: { type: 'boolean', description: 'take keys that have expired too' },
  'weak-days': {
    type: 'string',
    valueHint: 'N',
    description: 'when tokens of fewer than 128 bits end at the latest; default 90',
  },
  salt: {
    type: 'string',
    valueHint: 'NAME',
    description: "the variable with Strapi's salt; default API_TOKEN_SALT",
  },
  'copies-key': {
    type: 'string',
    valueHint: 'NAME',
    description: "the variable with Strapi's encryption key: viewable copies are taken over",
  },
}

type Variables = Readonly<Record<string, string | undefined>>

/** What is imported: the batches of `--file`, as `--from` is read. Throws `UsageError`. */
export function importOf(flags: Given, variables: Variables, at: number): AsyncGenerator<Batch, void, undefined> {
  const name = flags.text('from')
  const path = flags.text('file')
  if (!IMPORT_SOURCES.includes(name as SourceName)) throw new UsageError(`--from: one of ${IMPORT_SOURCES.join(', ')}`)
  if (path === undefined) throw new UsageError('name what is imported: --file FILE')
  return importFile(name as SourceName, path, optionsOf(flags, variables, at))
}

/** Reads a file, or stdin for `-`; Strapi's own SQLite file is read without being changed. Throws `UsageError`. */
export function importFile(
  name: SourceName,
  path: string,
  options: ImportOptions,
): AsyncGenerator<Batch, void, undefined> {
  if (path === '-')
    return importing(name, { text: process.stdin.setEncoding('utf8') as AsyncIterable<string> }, options)
  const exportedAt = options.exportedAt ?? writtenAt(path)
  return importing(name, inputOf(name, path), { ...options, exportedAt })
}

function optionsOf(flags: Given, variables: Variables, at: number): ImportOptions {
  const days = flags.text('weak-days')
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('--weak-days: a whole number of days')
  const saltName = flags.text('salt')
  const salt = variables[saltName ?? 'API_TOKEN_SALT']
  const keyName = flags.text('copies-key')
  const encryptionKey = keyName === undefined ? undefined : variables[keyName]
  for (const [flag, variable, value] of [
    ['--salt', saltName, salt],
    ['--copies-key', keyName, encryptionKey],
  ]) {
    if (variable !== undefined && !value) throw new UsageError(`${flag}: names a variable that is not set`)
  }
  const grant = grantOf(flags)
  return {
    at,
    expired: flags.is('expired'),
    ...(grant && { grant }),
    ...(days !== undefined && { weakDays: Number(days) }),
    ...(salt && { salt }),
    ...(encryptionKey && { encryptionKey }),
  }
}

function grantOf(flags: Given): ImportOptions['grant'] {
  const permissions = flags.texts('permission')
  const type = flags.text('type') ?? (permissions.length > 0 ? 'custom' : undefined)
  if (type === undefined) return undefined
  if (type !== 'read-only' && type !== 'full-access' && type !== 'custom') {
    throw new UsageError('--type: read-only, full-access or custom')
  }
  if ((type === 'custom') !== permissions.length > 0)
    throw new UsageError('--permission: with --type custom, and only there')
  return { type: type satisfies GrantType, permissions }
}

function writtenAt(path: string): number {
  const stats = readable(path, () => statSync(path, { throwIfNoEntry: false }))
  if (!stats?.isFile()) throw new UsageError(`--file ${path}: no such file`)
  return stats.mtimeMs / 1000
}

function inputOf(name: SourceName, path: string): Input {
  if (!isSqlite(path)) return { text: createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string> }
  if (name !== 'strapi') throw new UsageError(`--file ${path}: a SQLite file is read for strapi only`)
  return { json: tablesOf(path) }
}

function isSqlite(path: string): boolean {
  const head = Buffer.alloc(16)
  const file = readable(path, () => openSync(path, 'r'))
  try {
    readSync(file, head, 0, head.length, 0)
  } finally {
    closeSync(file)
  }
  return head.toString('latin1') === 'SQLite format 3\0'
}

function readable<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new UsageError(`--file ${path}: cannot be read (${code})`)
  }
}

/** The tables of a Strapi file that a token is spread over; one that is not there stays away. */
function tablesOf(path: string): Record<string, Row[]> {
  const sqlite = process.getBuiltinModule?.('node:sqlite')
  if (!sqlite) throw new UsageError(`--file ${path}: needs Node 22.13 or later; this is ${process.version}`)
  const database = readable(path, () => new sqlite.DatabaseSync(path, { readOnly: true }))
  try {
    const schema = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    const known = readable(path, () => database.prepare(schema).all())
    const present = new Set(known.map(({ name }) => name))
    const names = Object.values(STRAPI_TABLES).flat()
    if (!present.has(STRAPI_TABLES.tokens[0])) throw new UsageError(`--file ${path}: no database of Strapi`)
    return Object.fromEntries(
      names.flatMap((name) =>
        present.has(name) ? [[name, database.prepare(`SELECT * FROM "${name}"`).all()] as const] : [],
      ),
    )
  } finally {
    database.close()
  }
}
