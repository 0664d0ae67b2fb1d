import { accessSync, closeSync, constants, openSync, realpathSync, rmSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Unusable } from './sqlite-trouble.ts'

export interface SqliteFileOptions {
  /** How long a write waits for that of another connection. It waits with the whole process. Default 2000. */
  readonly patienceMilliseconds?: number | undefined
  /** The file grows no further. */
  readonly maxBytes?: number | undefined
  /** `FULL`: what was written survives a loss of power. `NORMAL`: all but the last writes do, and none waits for the disk. */
  readonly synchronous: 'FULL' | 'NORMAL'
}

/** How often a reader looks whether the file is still the one that he has open. */
const LOOK_SECONDS = 1

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

/**
 * Opens Latchkey's file, and makes it where there is none; but what replaces another file is never made, and never given
 * its tables. What it throws, `sqliteTrouble` explains.
 */
export function openSqliteFile(path: string, options: SqliteFileOptions, isReplacement = false): DatabaseSync {
  const module = process.getBuiltinModule?.('node:sqlite')
  if (!module) throw new Unusable(['refused', `needs Node 22.13 or later; this is ${process.version}`])
  if (!isReplacement) makeFile(path)
  if (path !== ':memory:') accessSync(path, constants.R_OK | constants.W_OK)
  const database = new module.DatabaseSync(path)
  try {
    setUp(database, options, isReplacement)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Makes an empty file where there is none: SQLite would make it readable by all that the process's mask allows. One that
 * is there is not opened: to close it would take from this process the locks that SQLite has on it.
 */
function makeFile(path: string): void {
  if (path === ':memory:') return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  }
}

function setUp(database: DatabaseSync, options: SqliteFileOptions, isReplacement: boolean): void {
  const { patienceMilliseconds = 2000, maxBytes, synchronous } = options
  database.exec(`PRAGMA busy_timeout = ${Math.trunc(patienceMilliseconds)}`)
  // Somebody is about to fill it.
  if (isReplacement && isEmpty(database)) throw new Unusable(['down', 'the file is empty'])
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
  // To read what is mapped, and was cut off the file since, ends the process.
  database.exec('PRAGMA mmap_size = 0')
  prepare(database)
  if (maxBytes !== undefined) {
    const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`)
  }
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
    throw error
  }
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}

/** A file that is held open. */
export interface SqliteFile<T> {
  /**
   * What was made of the file that is there. Whether it is still the same one is looked up where the last look was
   * `lookSeconds` ago, by default 1; `now` is in seconds. What it throws, `sqliteTrouble` explains.
   */
  at(now: number, lookSeconds?: number): T
  close(): void
}

interface Held<T> {
  readonly database: DatabaseSync
  readonly made: T
  readonly file: string | undefined
  /** Where it lies, whatever links lead to it: SQLite keeps its log there, `-wal`. */
  readonly path: string
  readonly log: string | undefined
}

/**
 * Opens Latchkey's file and holds it. Where another file has taken its place, that one is opened, and `make` is asked
 * anew. Where there is none any more, every call fails until there is: an empty one would lose every key in silence.
 */
export function holdSqliteFile<T>(
  path: string,
  options: SqliteFileOptions,
  make: (database: DatabaseSync) => T,
): SqliteFile<T> {
  let held: Held<T> | undefined = hold(path, options, make, false)
  let trouble: unknown
  let lookedAt = Number.NEGATIVE_INFINITY
  let isClosed = false

  function look(): void {
    const file = fileAt(path)
    if (file === undefined) throw new Unusable(['down', 'the file is gone'])
    if (held?.file === file) return
    const old = held
    held = undefined
    if (old) letGo(old)
    held = hold(path, options, make, true)
  }

  return {
    at(now, lookSeconds = LOOK_SECONDS) {
      if (isClosed) throw new Unusable(['down', 'the file was closed'])
      // A clock may be set back.
      if (path !== ':memory:' && Math.abs(now - lookedAt) >= lookSeconds) {
        lookedAt = now
        trouble = undefined
        try {
          look()
        } catch (error) {
          trouble = error
        }
      }
      if (trouble !== undefined || held === undefined) throw trouble
      return held.made
    },
    close() {
      isClosed = true
      held?.database.close()
      held = undefined
    },
  }
}

function hold<T>(
  path: string,
  options: SqliteFileOptions,
  make: (database: DatabaseSync) => T,
  isReplacement: boolean,
): Held<T> {
  if (!isReplacement) makeFile(path)
  // Before it is opened: if another one comes in between, the next look sees it.
  const file = fileAt(path)
  const database = openSqliteFile(path, options, isReplacement)
  try {
    const real = path === ':memory:' ? path : realpathSync(path)
    return { database, made: make(database), file, path: real, log: fileAt(`${real}-wal`) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Without its log: SQLite would take the old file's log for that of the new one, and mix both. */
function letGo({ database, file, path, log }: Held<unknown>): void {
  const isLeftBehind = log !== undefined && fileAt(path) !== file && fileAt(`${path}-wal`) === log
  database.close()
  if (isLeftBehind) for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

/** Which file it is, by whatever name; undefined: there is none. One that is open keeps its number to itself. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}
