import { cursorAt } from '../lib/listing.ts'
import { timestamps } from '../lib/time.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { KeyEvent } from '../model/event.ts'
import type { Page, Sink, Store } from '../model/ports.ts'
import type { KeyLog } from './log.ts'
import type { Marks } from './marks.ts'
import { storedMarks, thresholdOf } from './marks.ts'
import type { KeyRecord } from './record.ts'
import { decodeRecord } from './record.ts'

/** How keys that end soon are looked for. */
export interface ExpiringOptions {
  /** How many days before its end a key is told of: once for each of these. Default 7. */
  readonly withinDays?: readonly number[]
  readonly at: EpochSeconds
  /** Told of each key once for each threshold and end; absent: nothing is told or marked. */
  readonly sink?: Sink
  /** The keys' own logs, which are told too. */
  readonly log?: KeyLog
}

/** A key that ends soon. */
export interface ExpiringKey {
  readonly id: string
  readonly name: string
  readonly owner: string | null
  readonly state: KeyRecord['state']
  readonly expiresAt: EpochSeconds
  /** The least threshold, in days, that its end is within. */
  readonly withinDays: number
  /** Whether it was told of just now. */
  readonly isTold: boolean
}

/** Keys that end soon, the first to end first. */
export interface ExpiringKeys {
  readonly keys: readonly ExpiringKey[]
  /** Records that a later version has written: of these nothing is known. */
  readonly unreadable: number
}

export const NEAR_EXPIRY_DAYS: readonly number[] = [7]
const DAY_SECONDS = 86_400
const KEY_PREFIX = 'key:'
/** Comes before all ids of keys. */
const BEFORE_KEYS = 'key:!'
const PAGE = 100

/**
 * Finds the keys that are not revoked, have not ended, and end within the longest threshold. A key that is within several
 * thresholds at once is told of once. Rejects with a `StoreError`; what was told until then is not told again.
 *
 * A key is marked before it is told of, so that of many processes one tells; on Workers KV, which has no conditional
 * write, two that run at the same time may both. A key that is given another end is told of again.
 */
export async function expiring(store: Store, options: ExpiringOptions): Promise<ExpiringKeys> {
  const { withinDays = NEAR_EXPIRY_DAYS, at, sink } = options
  const latest = at + Math.max(...withinDays) * DAY_SECONDS
  const marks = sink && (await storedMarks(store))
  const keys: ExpiringKey[] = []
  let unreadable = 0
  for await (const record of recordsByEnd(store, at)) {
    if (!record) unreadable++
    if (record?.expiresAt === undefined) continue
    const { id, name, owner = null, state, expiresAt } = record
    // Ends are listed by whole seconds.
    if (expiresAt > latest + 1) break
    const threshold = thresholdOf(expiresAt - at, withinDays)
    if (at >= expiresAt || state === 'revoked' || threshold === undefined) continue
    const key = { id, name, owner, state, expiresAt, withinDays: threshold }
    const isTold = marks !== undefined && (await isFirst(key, marks))
    if (isTold) await tell(key, options)
    keys.push({ ...key, isTold })
  }
  return { keys, unreadable }
}

type Ending = Omit<ExpiringKey, 'isTold'>

function isFirst({ id, withinDays, expiresAt }: Ending, marks: Marks): Promise<boolean> {
  const end = Math.ceil(expiresAt)
  return marks.isFirst(`${id}:${withinDays}:${end}`, end + DAY_SECONDS)
}

async function tell(key: Ending, { at, sink, log }: ExpiringOptions): Promise<void> {
  const timeOf = timestamps()
  const event: KeyEvent = {
    type: 'key-near-expiry',
    time: timeOf(at),
    keyId: key.id,
    name: key.name,
    owner: key.owner,
    actor: null,
    until: timeOf(key.expiresAt),
    detail: `within ${key.withinDays} ${key.withinDays === 1 ? 'day' : 'days'}`,
  }
  sink?.write(event)
  await log?.append(event)
}

/** Records with an end, the first to end first; undefined for one that cannot be read. */
async function* recordsByEnd(store: Store, at: EpochSeconds): AsyncIterable<KeyRecord | undefined> {
  // Keys that have ended stay in the listing: it begins behind them, however many they are.
  let from: string | undefined = cursorAt('expires', { key: Math.floor(at), id: BEFORE_KEYS })
  while (from !== undefined) {
    const page: Page = await store.list({ prefix: KEY_PREFIX, by: 'expires', limit: PAGE, from })
    for (const { value } of page.items) yield readable(value)
    from = page.cursor
  }
}

function readable(value: string): KeyRecord | undefined {
  try {
    return decodeRecord(value)
  } catch {
    return undefined
  }
}
