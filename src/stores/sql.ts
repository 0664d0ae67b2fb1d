import type { Order } from '../lib/listing.ts'
import { cursorAt, positionAt } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { checkedQuery, endOf, familyOf } from '../lib/storable.ts'
import type { Entry, ListQuery, Page } from '../model/ports.ts'

/**
 * The statements of the two stores that speak SQLite: a file, and D1. Each write is one statement, so that whether it
 * may be done and that it is done are one step.
 */

/** A statement with its values, for `?1`, `?2` and so on. */
export interface Statement {
  readonly sql: string
  readonly values: readonly (string | number | null)[]
}

/** What a row of a listing holds. */
export interface Listed extends Entry {
  readonly name: string | null
  readonly expires: number | null
}

export const GET = 'SELECT id, value, version FROM entries WHERE id = ?1 AND (gone IS NULL OR gone > ?2)'

const INSERT =
  'INSERT INTO entries (id, family, value, version, name, expires, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)'
const OVER =
  'DO UPDATE SET value = excluded.value, version = excluded.version, name = excluded.name, expires = excluded.expires, gone = excluded.gone'

/** Writes a row; gives back a row only where it did. */
export function putStatement(row: Row, ifVersion: string | null | undefined, now: number): Statement {
  const { id, value, version, name = null, expires = null, gone = null } = row
  const values = [id, familyOf(id), value, version, name, expires, gone]
  if (ifVersion === undefined) return { sql: `${INSERT} ON CONFLICT (id) ${OVER} RETURNING id`, values }
  if (ifVersion === null) {
    const sql = `${INSERT} ON CONFLICT (id) ${OVER} WHERE entries.gone <= ?8 RETURNING id`
    return { sql, values: [...values, Math.floor(now)] }
  }
  const sql =
    'UPDATE entries SET value = ?2, version = ?3, name = ?4, expires = ?5, gone = ?6 ' +
    'WHERE id = ?1 AND version = ?7 AND (gone IS NULL OR gone > ?8) RETURNING id'
  return { sql, values: [id, value, version, name, expires, gone, ifVersion, Math.floor(now)] }
}

/** Deletes an entry; gives back a row only where it did. */
export function deleteStatement(id: string, ifVersion: string | undefined, now: number): Statement {
  if (ifVersion === undefined) return { sql: 'DELETE FROM entries WHERE id = ?1 RETURNING id', values: [id] }
  const sql = 'DELETE FROM entries WHERE id = ?1 AND version = ?2 AND (gone IS NULL OR gone > ?3) RETURNING id'
  return { sql, values: [id, ifVersion, Math.floor(now)] }
}

/** Takes back the room of some entries whose time is over; goes with writes that have a time of their own. */
export function sweepStatement(now: number): Statement {
  const sql = 'DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE gone <= ?1 ORDER BY gone LIMIT 100)'
  return { sql, values: [Math.floor(now)] }
}

const COLUMNS = 'SELECT id, value, version, name, expires FROM entries'
const PRESENT = '(gone IS NULL OR gone > ?1)'

/** Reads a page by an index, from where the last one ended, and one row more to know whether it is the last. */
export function listStatement({ prefix, by = 'id', from, limit }: ListQuery, now: number): Statement {
  const most = checkedQuery(prefix, by, limit) + 1
  const after = from === undefined ? undefined : positionAt(by, from)
  const at = Math.floor(now)
  if (by === 'id') {
    // No id has a character below `!`: this is the least text after the one where the last page ended.
    const start = after === undefined || after.id < prefix ? prefix : `${after.id}\u0001`
    const sql = `${COLUMNS} WHERE id >= ?2 AND id < ?3 AND ${PRESENT} ORDER BY id LIMIT ?4`
    return { sql, values: [at, start, endOf(prefix), most] }
  }
  const sql =
    `${COLUMNS} WHERE family = ?2 AND ${by} IS NOT NULL AND (${by}, id) > (?3, ?4) AND ${PRESENT} ` +
    `ORDER BY ${by}, id LIMIT ?5`
  return { sql, values: [at, prefix, after?.key ?? (by === 'name' ? '' : -1), after?.id ?? '', most] }
}

/** The page that was read. */
export function pageOfRows(rows: readonly Listed[], { prefix, by = 'id', limit }: ListQuery): Page {
  const most = checkedQuery(prefix, by, limit)
  const items = rows.slice(0, most)
  const last = items.at(-1)
  const page = { items: items.map(({ id, value, version }) => ({ id, value, version })) }
  return last && rows.length > most ? { ...page, cursor: cursorAt(by, { key: keyOf(by, last), id: last.id }) } : page
}

function keyOf(by: Order, row: Listed): string | number {
  return by === 'id' ? '' : (row[by] as string | number)
}
