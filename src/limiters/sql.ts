import type { EpochSeconds } from '../model/access.ts'
import type { Quota, Taken } from '../model/ports.ts'
import { counterId, goneAt, takenOf } from './counter.ts'

/**
 * The statements of the limiters that speak SQLite: a file, D1, and a Durable Object's own. The quotas of a request are one
 * value, a JSON list, so that there is one statement for any number of them.
 */

const QUOTAS = '(SELECT value ->> 0 AS id, value ->> 1 AS most, value ->> 2 AS gone FROM json_each(?1))'

/** Counts against all quotas, or against none where one is used up. Gives back a row for each counter that it raised. */
export const TAKE: string = `INSERT INTO counters (id, used, gone)
SELECT id, 1, gone FROM ${QUOTAS}
WHERE NOT EXISTS (
  SELECT 1 FROM ${QUOTAS} AS quota LEFT JOIN counters ON counters.id = quota.id
  WHERE coalesce(counters.used, 0) >= quota.most
)
ON CONFLICT (id) DO UPDATE SET used = used + 1
RETURNING id, used`

/** How the counters stand. */
export const USED = 'SELECT id, used FROM counters WHERE id IN (SELECT value ->> 0 FROM json_each(?1))'

/** Takes back the room of some counters whose window is over. It goes with each request that makes new ones. */
export const SWEEP =
  'DELETE FROM counters WHERE id IN (SELECT id FROM counters WHERE gone <= ?1 ORDER BY gone LIMIT 100)'

/** A counter, as both statements give it. */
export interface Counted {
  readonly id: string
  readonly used: number
}

/** The list of quotas, for `?1` of `TAKE` and `USED`. */
export function listOf(quotas: readonly Quota[]): string {
  return JSON.stringify(quotas.map((quota) => [counterId(quota), quota.requests, goneAt(quota)]))
}

/** The time, for `?1` of `SWEEP`. */
export function sweptAt(at: EpochSeconds): number {
  return Math.floor(at)
}

/** What became of a request, by the rows of its counters. */
export function takenOfRows(quotas: readonly Quota[], allowed: boolean, rows: readonly Counted[]): Taken {
  const used = new Map(rows.map((row) => [row.id, row.used]))
  return takenOf(
    quotas,
    allowed,
    quotas.map((quota) => used.get(counterId(quota))),
  )
}
