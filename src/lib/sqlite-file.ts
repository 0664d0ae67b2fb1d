import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

export interface SqliteFileOptions {
  /** How long a write waits for that of another connection. It waits with the whole process. Default 2000. */
  readonly patienceMilliseconds?: number | undefined
  /** The file grows no further. */
  readonly maxBytes?: number | undefined
  /** `FULL`: what was written survives a loss of power. `NORMAL`: all but the last writes do, and none waits for the disk. */
  readonly synchronous: 'FULL' | 'NORMAL'
}

/** What keeps a file from being used, and the same in words for an operator. */
export type SqliteTrouble = readonly [
  trouble: 'unreadable' | 'refused' | 'busy' | 'read-only' | 'full' | 'down',
  detail: string,
]

/** So much of the file is read without a copy, which keeps a look-up among a million entries near one among ten. */
const MAPPED_BYTES = 2 ** 30

/** The version of the tables below, kept in the file's own header. */
const SCHEMA_VERSION = 1

/** As migrations/d1 has them, for all that is kept in one file. */
const SCHEMA = `
CREATE TABLE entries (
  id TEXT NOT NULL PRIMARY KEY, family TEXT NOT NULL, value TEXT NOT NULL, version TEXT NOT NULL,
  name TEXT, expires INTEGER, gone INTEGER
) STRICT;
CREATE INDEX entries_by_name ON entries (family, name, id) WHERE name IS NOT NULL;
CREATE INDEX entries_by_expires ON entries (family, expires, id) WHERE expires IS NOT NULL;
CREATE INDEX entries_by_gone ON entries (gone) WHERE gone IS NOT NULL;
CREATE TABLE counters (
  id TEXT NOT NULL PRIMARY KEY, used INTEGER NOT NULL, gone INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_gone ON counters (gone);
PRAGMA user_version = ${SCHEMA_VERSION};`

/** Opens Latchkey's file, and makes it where there is none. What it throws, `sqliteTrouble` explains. */
export function openSqliteFile(path: string, options: SqliteFileOptions): DatabaseSync {
  const { patienceMilliseconds = 2000, maxBytes, synchronous } = options
  const module = process.getBuiltinModule?.('node:sqlite')
  if (!module) throw new Unusable(['refused', `needs Node 22.13 or later; this is ${process.version}`])
  // SQLite would make it readable by all that the process's mask allows.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  const database = new module.DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${Math.trunc(patienceMilliseconds)}`)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
  database.exec(`PRAGMA mmap_size = ${MAPPED_BYTES}`)
  prepare(database)
  if (maxBytes !== undefined) {
    const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`)
  }
  return database
}

/** Two processes may open a new file at once: the second waits and then finds the tables. */
function prepare(database: DatabaseSync): void {
  if (versionOf(database) === SCHEMA_VERSION) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(database)
    if (version > SCHEMA_VERSION) throw new Unusable(['unreadable', 'the file was made by a later version'])
    if (!isEmpty(database) && version === 0) throw new Unusable(['unreadable', 'the file is not of Latchkey'])
    if (version === 0) database.exec(SCHEMA)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    database.close()
    throw error
  }
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}

/** Thrown where SQLite itself finds nothing wrong. */
class Unusable extends Error {
  readonly trouble: SqliteTrouble

  constructor(trouble: SqliteTrouble) {
    super(trouble[1])
    this.trouble = trouble
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that mean something to an operator. */
const TROUBLES: Readonly<Record<number, SqliteTrouble>> = {
  1: ['unreadable', 'the file holds other tables than ours'],
  3: ['refused', 'the file may not be opened'],
  5: ['busy', 'another process is writing'],
  6: ['busy', 'another connection is writing'],
  8: ['read-only', 'the file may only be read'],
  11: ['unreadable', 'the file is damaged'],
  13: ['full', 'there is no room left'],
  14: ['down', 'the file cannot be opened'],
  26: ['unreadable', 'the file is no SQLite database'],
}

/** What a call of SQLite, or the opening of its file, has failed by; undefined where it was neither. */
export function sqliteTrouble(error: unknown): SqliteTrouble | undefined {
  if (error instanceof Unusable) return error.trouble
  const { errcode, code, syscall } = error as { errcode?: number; code?: string; syscall?: string }
  if (errcode !== undefined) return TROUBLES[errcode & 0xff]
  if (syscall === undefined) return undefined
  const detail = `the file cannot be opened: ${code}`
  return [code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'refused' : 'down', detail]
}
