import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Page, Store } from '../model/ports.ts'
import { decodeBatch, USAGE_PREFIX } from './batches.ts'
import type { DraftFault } from './draft.ts'
import type { Tally } from './tally.ts'
import { add, dayOf, dayText } from './tally.ts'

/** What is asked about usage. */
export interface UsageQuery {
  /** Only of this owner. */
  readonly owner?: string | undefined
  /** Only of this key, by its id. */
  readonly key?: string | undefined
  /** The first UTC day, `YYYY-MM-DD`. */
  readonly from: string
  /** The last one, which counts. */
  readonly to: string
  /** What has a row of its own; what it leaves out is summed up. Default: each key, owner and day. */
  readonly group?: UsageGroup | undefined
  /** The owner that whoever asks is bound to: of others he learns nothing, whatever `owner` says. */
  readonly onlyOwner?: string | undefined
}

export type UsageGroup = 'key' | 'owner' | 'day'

/** How often something was used. */
export interface UsageRow {
  /** The key's id; null where keys are summed up. */
  readonly key: string | null
  /** Null where there is none, or where owners are summed up. */
  readonly owner: string | null
  /** UTC, `YYYY-MM-DD`; null where days are summed up. */
  readonly day: string | null
  readonly allowed: number
  readonly refused: Readonly<Record<string, number>>
  /** Requests, allowed or refused, by the matched route's path as configured; `other` where those were too many. */
  readonly routes: Readonly<Record<string, number>>
  /** Epoch seconds. */
  readonly firstSeen: EpochSeconds
  readonly lastSeen: EpochSeconds
}

/** What was counted, in the order of owner, key and day. */
export interface UsageReport {
  readonly from: string
  readonly to: string
  readonly rows: readonly UsageRow[]
  /** Entries that a later version has written, or that are damaged: what they hold is not counted here. */
  readonly unreadable: number
}

/** For how many days usage is kept, and asked about at most. */
export const MOST_USAGE_DAYS = 400
const DAY_LENGTH = 'YYYY-MM-DD'.length
const DAY_MILLISECONDS = 86_400_000
const PAGE = 100

/** The UTC day of a time, as a query names it. */
export function usageDay(at: EpochSeconds): string {
  return dayText(dayOf(at))
}

/** The members of a query that may have faults, as somebody has sent them. */
export interface UsageQuestion {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly group?: string | undefined
}

/** What is wrong with a query. */
export function usageFaults({ from, to, group }: UsageQuestion): DraftFault[] {
  const [first, last] = [dayNumber(from), dayNumber(to)]
  const faults: DraftFault[] = []
  if (first === undefined) faults.push({ pointer: '/from', message: 'a day such as "2026-06-01"' })
  if (last === undefined) faults.push({ pointer: '/to', message: 'a day such as "2026-06-30"' })
  if (first !== undefined && last !== undefined) {
    if (last < first) faults.push({ pointer: '/to', message: 'a day that is not before "from"' })
    if (last - first >= MOST_USAGE_DAYS) faults.push({ pointer: '/from', message: `${MOST_USAGE_DAYS} days at most` })
  }
  if (group !== undefined && !GROUPS.has(group)) faults.push({ pointer: '/group', message: '"key", "owner" or "day"' })
  return faults
}

const GROUPS: ReadonlySet<unknown> = new Set<UsageGroup>(['key', 'owner', 'day'])

/**
 * Adds up what all processes have written. Asks the store for each whole month, or each day of one that is not whole, and
 * for every 100 entries. Rejects with a `StoreError`, and with a `RangeError` where the query has faults.
 */
export async function usageOf(store: Store, query: UsageQuery): Promise<UsageReport> {
  if (usageFaults(query).length > 0) throw new RangeError('a query about usage with faults')
  const { from, to, owner, key, group, onlyOwner } = query
  const sums = new Map<string, Tally>()
  let unreadable = 0
  const isWanted = (tally: Tally) => is(tally.owner, owner) && is(tally.owner, onlyOwner) && is(tally.key, key)

  for (const prefix of prefixesOf(dayNumber(from) as number, dayNumber(to) as number)) {
    for await (const { id, value } of entriesUnder(store, prefix)) {
      const tallies = decodeBatch(value, dayNumber(id.slice(USAGE_PREFIX.length).slice(0, DAY_LENGTH)) ?? 0)
      if (!tallies) unreadable++
      for (const tally of tallies?.filter(isWanted) ?? []) {
        const row = JSON.stringify(placeOf(tally, group))
        const sum = sums.get(row)
        if (sum) add(sum, tally, Number.POSITIVE_INFINITY)
        else sums.set(row, tally)
      }
    }
  }
  const rows = Array.from(sums.values(), (tally) => rowOf(tally, group))
  return { from, to, rows: rows.sort(inOrder), unreadable }
}

/** The beginnings of the ids of all entries of some days. */
function prefixesOf(first: number, last: number): string[] {
  const prefixes: string[] = []
  for (let day = first; day <= last; ) {
    const text = dayText(day)
    const [year, month] = text.split('-').map(Number) as [number, number]
    const nextMonth = Date.UTC(year, month, 1) / DAY_MILLISECONDS
    const isWhole = text.endsWith('-01') && nextMonth - 1 <= last
    prefixes.push(USAGE_PREFIX + (isWhole ? text.slice(0, 'YYYY-MM-'.length) : `${text}:`))
    day = isWhole ? nextMonth : day + 1
  }
  return prefixes
}

async function* entriesUnder(store: Store, prefix: string): AsyncIterable<Entry> {
  let from: string | undefined
  do {
    const page: Page = await store.list({ prefix, limit: PAGE, ...(from !== undefined && { from }) })
    yield* page.items
    from = page.cursor
  } while (from !== undefined)
}

function is(value: string | null, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted
}

function dayNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MILLISECONDS
  // A day that the calendar does not have becomes another one, or none.
  return Number.isInteger(day) && dayText(day) === text ? day : undefined
}

function placeOf({ key, owner, day }: Tally, group: UsageGroup | undefined): Pick<UsageRow, 'key' | 'owner' | 'day'> {
  return {
    key: group === 'owner' || group === 'day' ? null : key,
    owner: group === 'day' ? null : owner,
    day: group === 'key' || group === 'owner' ? null : dayText(day),
  }
}

function rowOf(tally: Tally, group: UsageGroup | undefined): UsageRow {
  const { allowed, refused, routes, firstSeen, lastSeen } = tally
  const counts = { allowed, refused: Object.fromEntries(refused), routes: Object.fromEntries(routes) }
  return { ...placeOf(tally, group), ...counts, firstSeen, lastSeen }
}

function inOrder(a: UsageRow, b: UsageRow): number {
  for (const member of ['owner', 'key', 'day'] as const) {
    const [one, other] = [a[member] ?? '', b[member] ?? '']
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}
