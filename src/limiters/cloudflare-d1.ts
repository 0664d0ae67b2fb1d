import type { D1Answer, D1Database } from '../lib/d1.ts'
import { d1Trouble } from '../lib/d1.ts'
import { inTime, PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { Limiter } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import type { Counted } from './sql.ts'
import { listOf, SWEEP, sweptAt, TAKE, takenOfRows, USED } from './sql.ts'

const STORE = 'cloudflare-d1'

export interface CloudflareD1Options {
  readonly patienceMilliseconds?: number
}

/**
 * Counts in Cloudflare D1, which may be the store's database. Its table comes from migrations/d1.
 *
 * Exactness: exact everywhere, as all calls go to the primary and each request is one transaction.
 * Limits: one query at a time, hence some hundreds of requests a second over all that the database does.
 * Cost: a round trip to the primary's region for each request; 1 row written for each quota, 1 more where its window
 * begins, and 2 at most when its room is taken back.
 */
export function cloudflareD1(database: D1Database, options: CloudflareD1Options = {}): Limiter {
  const { patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const bound = (sql: string, value: string | number) => database.prepare(sql).bind(value)

  async function answered(...statements: readonly (readonly [sql: string, value: string | number])[]) {
    try {
      return await inTime(database.batch(statements.map((statement) => bound(...statement))), patienceMilliseconds)
    } catch (error) {
      throw told(error)
    }
  }

  return {
    async take(quotas, at) {
      const list = listOf(quotas)
      const [, counted, used] = await answered([SWEEP, sweptAt(at)], [TAKE, list], [USED, list])
      const allowed = (counted as D1Answer).results.length === quotas.length
      return takenOfRows(quotas, allowed, (used as D1Answer).results as Counted[])
    },
  }
}

function told(error: unknown): StoreError {
  const trouble = d1Trouble(error)
  return trouble ? new StoreError(STORE, ...trouble) : unanswered(STORE, error)
}
