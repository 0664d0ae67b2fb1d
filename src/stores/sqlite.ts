import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isId, rowOf } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Store } from '../model/ports.ts'
import type { StoreTrouble } from '../model/store-error.ts'
import { nameOfError, StoreError } from '../model/store-error.ts'
import type { Listed, Statement } from './sql.ts'
import { deleteStatement, GET, listStatement, pageOfRows, putStatement, sweepStatement } from './sql.ts'

export interface SqliteOptions {
  readonly now?: () => EpochSeconds
  /** How long a write waits for that of another process. It waits with the whole process: keep it short. */
  readonly patienceMilliseconds?: number
  /** The file grows no further; then writes fail as `full`, and reads go on. */
  readonly maxBytes?: number
}

/** A store that is a file, and must be let go of. */
export interface SqliteStore extends Store {
  close(): void
}

/** So much of the file is read without a copy, which keeps a look-up among a million entries near one among ten. */
const MAPPED_BYTES = 2 ** 30

/** The version of the tables below, kept in the file's own header. */
const SCHEMA_VERSION = 1

const SCHEMA = `
CREATE TABLE entries (
  id TEXT NOT NULL PRIMARY KEY, family TEXT NOT NULL, value TEXT NOT NULL, version TEXT NOT NULL,
  name TEXT, expires INTEGER, gone INTEGER
) STRICT;
CREATE INDEX entries_by_name ON entries (family, name, id) WHERE name IS NOT NULL;
CREATE INDEX entries_by_expires ON entries (family, expires, id) WHERE expires IS NOT NULL;
CREATE INDEX entries_by_gone ON entries (gone) WHERE gone IS NOT NULL;
PRAGMA user_version = ${SCHEMA_VERSION};`

/**
 * Entries in one SQLite file, by Node's own `node:sqlite`: one machine, any number of its processes.
 *
 * Consistency: every read sees the last write, of other processes too; of two writers one gets a conflict. A write that was
 * told survives kill -9 and a loss of power: WAL, and a sync with each commit. The file must lie on a local disk: WAL
 * does not work over a network file system.
 * Limits: one writer at a time, the others wait `patienceMilliseconds` and then fail as `busy`; the disk, or `maxBytes`.
 * Needs Node 22.13 or later. The file is made readable by its owner alone.
 * Cost: a read is a look-up in an index, with no waiting; a write is a sync of the disk.
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteStore {
  const now = options.now ?? (() => Date.now() / 1000)
  const database = guarded(() => opened(path, options))
  const prepared = new Map<string, StatementSync>()

  function statement(sql: string): StatementSync {
    const known = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, known)
    return known
  }

  function all<Found>({ sql, values }: Statement): Found[] {
    return guarded(() => statement(sql).all(...values)) as Found[]
  }

  return {
    get(id) {
      if (!isId(id)) return undefined
      const found = guarded(() => statement(GET).get(id, Math.floor(now()))) as Entry | undefined
      return found && { id: found.id, value: found.value, version: found.version }
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const written = all(putStatement(row, given.ifVersion, now()))
      if (row.gone !== undefined) all(sweepStatement(now()))
      return written.length > 0 ? { version: row.version } : 'conflict'
    },
    async delete(id, { ifVersion } = {}) {
      const deleted = all(deleteStatement(id, ifVersion, now()))
      return deleted.length > 0 || ifVersion === undefined ? 'deleted' : 'conflict'
    },
    async list(query) {
      return pageOfRows(all<Listed>(listStatement(query, now())), query)
    },
    close() {
      if (database.isOpen) database.close()
    },
  }
}

function opened(path: string, { patienceMilliseconds = 2000, maxBytes }: SqliteOptions): DatabaseSync {
  const module = process.getBuiltinModule?.('node:sqlite')
  if (!module) throw new StoreError('sqlite', 'refused', `needs Node 22.13 or later; this is ${process.version}`)
  // SQLite would make it readable by all that the process's mask allows.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  const database = new module.DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${Math.trunc(patienceMilliseconds)}`)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
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
    if (version > SCHEMA_VERSION) throw new StoreError('sqlite', 'unreadable', 'the file was made by a later version')
    if (!isEmpty(database) && version === 0) throw new StoreError('sqlite', 'unreadable', 'the file is not of Latchkey')
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

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that mean something to an operator. */
const TROUBLES: Readonly<Record<number, readonly [StoreTrouble, string]>> = {
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

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError('sqlite', ...troubleOf(error))
  }
}

function troubleOf(error: unknown): readonly [StoreTrouble, string] {
  const { errcode, code, syscall } = error as { errcode?: number; code?: string; syscall?: string }
  const known = errcode === undefined ? undefined : TROUBLES[errcode & 0xff]
  if (known) return known
  if (syscall === undefined) return ['down', nameOfError(error)]
  const detail = `the file cannot be opened: ${code}`
  return [code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'refused' : 'down', detail]
}
