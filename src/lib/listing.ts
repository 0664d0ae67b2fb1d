import { compareCodePoints } from './code-points.ts'
import type { Row } from './storable.ts'
import { checkedQuery, Unstorable } from './storable.ts'

export type Order = 'id' | 'name' | 'expires'

/** Where a row stands in an order: by its key, and among equal ones by its id. */
export interface Position {
  /** The name or the end; in the order of ids whatever the store itself goes on by. */
  readonly key: string | number
  readonly id: string
}

/** A position as text for a URL. A caller may change it: then it is another position, or none. */
export function cursorAt(by: Order, { key, id }: Position): string {
  const bytes = new TextEncoder().encode(JSON.stringify([by, key, id]))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Reads a cursor. Throws `Unstorable` where it is none of this order. */
export function positionAt(by: Order, cursor: string): Position {
  const [order, key, id] = partsOf(cursor)
  const isKey = by === 'expires' ? typeof key === 'number' : typeof key === 'string'
  if (order === by && isKey && typeof id === 'string') return { key: key as string | number, id }
  throw new Unstorable('cursor', 'one that an earlier page of the same listing gave')
}

function partsOf(cursor: string): readonly unknown[] {
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0))
    const parts: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

/** Below every character of a name or an id. */
const BETWEEN = '\u0001'
const DIGITS = 12

/**
 * A position as one text, for stores that order texts alone: as texts these stand in the order of the positions.
 */
export function sortTextOf(by: 'name' | 'expires', { key, id }: Position): string {
  return `${by === 'name' ? key : String(key).padStart(DIGITS, '0')}${BETWEEN}${id}`
}

/** The position that such a text stands for. */
export function positionOfText(by: 'name' | 'expires', text: string): Position {
  const end = text.indexOf(BETWEEN)
  const key = text.slice(0, end)
  return { key: by === 'name' ? key : Number(key), id: text.slice(end + 1) }
}

interface Query {
  readonly prefix: string
  readonly by?: Order
  readonly from?: string
  readonly limit: number
}

/** A page of rows that are all at hand, sorted here. */
export function pageOf<R extends Omit<Row, 'value'>>(
  rows: Iterable<R>,
  { prefix, by = 'id', from, limit }: Query,
  now: number,
): { readonly items: readonly R[]; readonly cursor?: string } {
  const most = checkedQuery(prefix, by, limit)
  const after = from === undefined ? undefined : positionAt(by, from)
  const found = Array.from(rows)
    .filter((row) => row.id.startsWith(prefix) && keyOf(by, row) !== undefined && !isGone(row, now))
    .map((row) => ({ row, position: { key: keyOf(by, row) as string | number, id: row.id } }))
    .filter(({ position }) => after === undefined || compare(position, after) > 0)
    .sort((a, b) => compare(a.position, b.position))
  const items = found.slice(0, most)
  const last = items.at(-1)
  return {
    items: items.map(({ row }) => row),
    ...(last && found.length > most && { cursor: cursorAt(by, last.position) }),
  }
}

/** Whether a row's time is over. */
export function isGone({ gone }: Pick<Row, 'gone'>, now: number): boolean {
  return gone !== undefined && gone <= now
}

function keyOf(by: Order, row: Omit<Row, 'value'>): string | number | undefined {
  return by === 'id' ? '' : row[by]
}

function compare(a: Position, b: Position): number {
  const order =
    typeof a.key === 'string' && typeof b.key === 'string' ? compareCodePoints(a.key, b.key) : +a.key - +b.key
  return order || compareCodePoints(a.id, b.id)
}
