import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { holdSqliteFile } from '../lib/sqlite-file.ts'
import { sqliteTrouble } from '../lib/sqlite-trouble.ts'
import { isId, rowOf } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Store } from '../model/ports.ts'
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

/**
 * Entries in one SQLite file, by Node's own `node:sqlite`: one machine, any number of its processes.
 *
 * Consistency: every read sees the last write, of other processes too; of two writers one gets a conflict. A write that was
 * told survives kill -9 and a loss of power: WAL, and a sync with each commit. The file must lie on a local disk: WAL
 * does not work over a network file system.
 * A file that takes this one's place is opened within a second, and before a write; until there is one, every call fails.
 * Limits: one writer at a time, the others wait `patienceMilliseconds` and then fail as `busy`; the disk, or `maxBytes`.
 * Needs Node 22.13 or later. The file is made readable by its owner alone.
 * Cost: a read is a look-up in an index, with no waiting; a write is a sync of the disk.
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteStore {
  const now = options.now ?? (() => Date.now() / 1000)
  const { patienceMilliseconds, maxBytes } = options
  const file = guarded(() =>
    holdSqliteFile(path, { patienceMilliseconds, maxBytes, synchronous: 'FULL' }, statementsOf),
  )

  function all<Found>({ sql, values }: Statement, lookSeconds?: number): Found[] {
    return guarded(() => {
      const statement = file.at(now(), lookSeconds)
      return statement(sql).all(...values)
    }) as Found[]
  }

  return {
    get(id) {
      if (!isId(id)) return undefined
      const at = now()
      const found = guarded(() => file.at(at)(GET).get(id, Math.floor(at))) as Entry | undefined
      return found && { id: found.id, value: found.value, version: found.version }
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const written = all(putStatement(row, given.ifVersion, now()), LOOK_FIRST)
      if (row.gone !== undefined) all(sweepStatement(now()))
      return written.length > 0 ? { version: row.version } : 'conflict'
    },
    async delete(id, { ifVersion } = {}) {
      const deleted = all(deleteStatement(id, ifVersion, now()), LOOK_FIRST)
      return deleted.length > 0 || ifVersion === undefined ? 'deleted' : 'conflict'
    },
    async list(query) {
      return pageOfRows(all<Listed>(listStatement(query, now())), query)
    },
    close: file.close,
  }
}

/** What is told as written must not lie in a file that is gone. */
const LOOK_FIRST = 0

/** Prepares each statement once. */
function statementsOf(database: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>()
  return (sql) => {
    const known = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, known)
    return known
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new StoreError('sqlite', ...(sqliteTrouble(error) ?? (['down', nameOfError(error)] as const)))
  }
}
