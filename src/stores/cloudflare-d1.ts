import type { D1Answer, D1Database } from '../lib/d1.ts'
import { d1Trouble } from '../lib/d1.ts'
import { inTime, PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import { isId, rowOf } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Store } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import type { Listed, Statement } from './sql.ts'
import { deleteStatement, GET, listStatement, pageOfRows, putStatement, sweepStatement } from './sql.ts'

export type { D1Database } from '../lib/d1.ts'

const STORE = 'cloudflare-d1'

export interface CloudflareD1Options {
  readonly now?: () => EpochSeconds
  readonly patienceMilliseconds?: number
}

/**
 * Entries in Cloudflare D1. Its table comes from migrations/d1, which `wrangler d1 migrations apply` applies.
 *
 * Consistency: every call goes to the database's primary (read replicas are used only by sessions, and we open none), so
 * every read sees the last write; of two writers one gets a conflict.
 * Limits: 10 GB a database (500 MB on the free plan), which is about 5 million keys; one query at a time, hence some
 * hundreds of reads a second: put `cached` before it.
 * Cost: a read is one row read and a round trip to the primary's region; a write is 1 to 4 rows written, one for each index
 * that the entry is in, and a write with an end removes up to 100 entries whose time is over.
 */
export function cloudflareD1(database: D1Database, options: CloudflareD1Options = {}): Store {
  const { now = () => Date.now() / 1000, patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const bound = ({ sql, values }: Statement) => database.prepare(sql).bind(...values)

  async function answered(work: () => Promise<D1Answer>): Promise<unknown[]> {
    try {
      return (await inTime(work(), patienceMilliseconds)).results
    } catch (error) {
      throw told(error)
    }
  }

  return {
    async get(id) {
      if (!isId(id)) return undefined
      const [entry] = await answered(() => bound({ sql: GET, values: [id, Math.floor(now())] }).all())
      return entry as Entry | undefined
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const statement = bound(putStatement(row, given.ifVersion, now()))
      const written = await answered(() =>
        row.gone === undefined
          ? statement.all()
          : database.batch([statement, bound(sweepStatement(now()))]).then(([first]) => first as D1Answer),
      )
      return written.length > 0 ? { version: row.version } : 'conflict'
    },
    async delete(id, { ifVersion } = {}) {
      const deleted = await answered(() => bound(deleteStatement(id, ifVersion, now())).all())
      return deleted.length > 0 || ifVersion === undefined ? 'deleted' : 'conflict'
    },
    async list(query) {
      const statement = listStatement(query, now())
      return pageOfRows((await answered(() => bound(statement).all())) as Listed[], query)
    },
  }
}

function told(error: unknown): StoreError {
  const trouble = d1Trouble(error)
  return trouble ? new StoreError(STORE, ...trouble) : unanswered(STORE, error)
}
