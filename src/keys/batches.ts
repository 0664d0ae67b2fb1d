import type { Tally } from './tally.ts'
import { add, dayText, OTHER_ROUTES } from './tally.ts'

/** Where usage lies: `usage:<YYYY-MM-DD>:<writer>:<number>`, an entry that one process alone writes. */
export const USAGE_PREFIX = 'usage:'
/** The version of the stored form; docs/usage.md tells what it holds. */
const VERSION = 1

/** What one entry holds, all of one day, with a bound of its size in bytes. */
interface Batch {
  readonly id: string
  readonly day: number
  readonly rows: Map<string, Tally>
  /** Owners and patterns, each written once; what stands for one is its place. */
  readonly texts: Map<string, number>
  bytes: number
}

/** An entry to be written. */
export interface BatchWrite {
  readonly id: string
  readonly value: string
  readonly day: number
  /** Lets the entry be written again with more in it: only where this very text has been written, and once. */
  reopen(today: number): void
}

/**
 * The entries that this process writes. Each is written again with all that it holds while there is room in it, so a key
 * has one row a day and process, and no entry is ever read to be written. What was tried and failed is never changed
 * again: a late arrival of it then does no harm, and what is counted after it stands in another entry.
 */
export interface Batches {
  /** Whether something has to be written. */
  readonly isDirty: boolean
  add(tally: Tally): void
  /** Takes out the next entry that has changed. */
  take(): BatchWrite | undefined
}

/** Stores take 65,536 bytes. */
const MOST_BYTES = 60_000
/** From here on no more keys are put in, so that those inside have room for more routes and reasons. */
const FULL_BYTES = 45_000
/** How many entries may be written again; of more keys than these hold, a day has several rows. */
const MOST_OPEN = 16

/** Bounds of what stands in an entry, with counts of ten digits: 115,000 requests a second for a whole day. */
const HEAD_BYTES = 64
const ROW_BYTES = 80
const REASON_BYTES = 48
const ROUTE_BYTES = 20

export function batches(writer: string): Batches {
  const open = new Set<Batch>()
  const dirty = new Set<Batch>()
  /** Where each row stands that can still be added to. */
  const places = new Map<string, Batch>()
  let newest: Batch | undefined
  let next = 0

  function batchFor(tally: Tally, row: string): Batch {
    const known = places.get(row)
    if (known && known.bytes + growthOf(known, row, tally) <= MOST_BYTES) return known
    if (newest?.day === tally.day && open.has(newest) && newest.bytes + growthOf(newest, row, tally) <= FULL_BYTES) {
      return newest
    }
    const id = `${USAGE_PREFIX}${dayText(tally.day)}:${writer}:${next++}`
    newest = { id, day: tally.day, rows: new Map(), texts: new Map([[OTHER_ROUTES, 0]]), bytes: HEAD_BYTES }
    open.add(newest)
    return newest
  }

  function close(batch: Batch): void {
    open.delete(batch)
    for (const row of batch.rows.keys()) if (places.get(row) === batch) places.delete(row)
  }

  function reopen(batch: Batch, today: number): void {
    if (batch.day < today) return
    open.add(batch)
    for (const row of batch.rows.keys()) places.set(row, batch)
    const [oldest] = open
    if (open.size > MOST_OPEN && oldest) close(oldest)
  }

  return {
    get isDirty() {
      return dirty.size > 0
    },
    add(tally) {
      const row = rowOf(tally)
      const batch = batchFor(tally, row)
      batch.bytes += growthOf(batch, row, tally)
      const known = batch.rows.get(row)
      if (known) add(known, tally)
      else batch.rows.set(row, tally)
      for (const text of textsOf(tally)) if (!batch.texts.has(text)) batch.texts.set(text, batch.texts.size)
      places.set(row, batch)
      dirty.add(batch)
    },
    take() {
      const [batch] = dirty
      if (!batch) return undefined
      dirty.delete(batch)
      close(batch)
      const { id, day } = batch
      return { id, day, value: encode(batch), reopen: (today) => reopen(batch, today) }
    },
  }
}

function rowOf({ key, owner, day }: Tally): string {
  return `${day} ${key} ${owner ?? ''}`
}

function textsOf({ owner, routes }: Tally): string[] {
  return owner === null ? [...routes.keys()] : [owner, ...routes.keys()]
}

/** How much longer an entry gets by what is added to it, at most. */
function growthOf(batch: Batch, row: string, tally: Tally): number {
  const known = batch.rows.get(row)
  let bytes = known ? 0 : ROW_BYTES
  for (const reason of tally.refused.keys()) if (!known?.refused.has(reason)) bytes += REASON_BYTES
  for (const pattern of tally.routes.keys()) if (!known?.routes.has(pattern)) bytes += ROUTE_BYTES
  for (const text of textsOf(tally)) if (!batch.texts.has(text)) bytes += JSON.stringify(text).length * 3 + 1
  return bytes
}

/** Key, owner's place or -1, allowed, refused by reason, requests by the route's place, first and last seen. */
type StoredRow = readonly [
  key: string,
  owner: number,
  allowed: number,
  refused: Readonly<Record<string, number>>,
  routes: Readonly<Record<string, number>>,
  firstSeen: number,
  lastSeen: number,
]

interface Stored {
  readonly v: number
  readonly texts: readonly string[]
  readonly rows: readonly StoredRow[]
}

function encode({ rows, texts }: Batch): string {
  const placeOf = (text: string) => texts.get(text) as number
  const stored: Stored = {
    v: VERSION,
    texts: [...texts.keys()],
    rows: Array.from(rows.values(), (tally) => [
      tally.key,
      tally.owner === null ? -1 : placeOf(tally.owner),
      tally.allowed,
      Object.fromEntries(tally.refused),
      Object.fromEntries(Array.from(tally.routes, ([pattern, times]) => [placeOf(pattern), times])),
      Math.floor(tally.firstSeen),
      Math.floor(tally.lastSeen),
    ]),
  }
  return JSON.stringify(stored)
}

/** Reads an entry of a day; undefined where it is none, or where a later version wrote it. */
export function decodeBatch(value: string, day: number): Tally[] | undefined {
  try {
    const { v: version, texts, rows } = Object(JSON.parse(value)) as Stored
    return version === VERSION ? rows.map((row) => tallyOfRow(row, texts, day)) : undefined
  } catch {
    return undefined
  }
}

function tallyOfRow(row: StoredRow, texts: readonly string[], day: number): Tally {
  const [key, owner, allowed, refused, routes, firstSeen, lastSeen] = row
  return {
    key,
    owner: texts[owner] ?? null,
    day,
    allowed,
    refused: new Map(Object.entries(refused)),
    routes: new Map(Object.entries(routes).map(([place, times]) => [texts[Number(place)] as string, times])),
    firstSeen,
    lastSeen,
  }
}
