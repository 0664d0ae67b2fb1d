import type { Entry } from '../model/ports.ts'
import type { Actor } from './actor.ts'
import { isWithinSight } from './actor.ts'
import type { Kept, KeyPage, KeyQuery } from './asked.ts'
import { cursorsFor } from './cursors.ts'
import type { Desk } from './desk.ts'
import { KEY_PREFIX } from './desk.ts'
import type { KeyRecord } from './record.ts'
import { decodeRecord, RecordUnreadable } from './record.ts'

/** How many pages of the store one page of keys may take. */
const MOST_PAGES = 5

/**
 * A page of the keys that fit, of those that the actor may see. So much of the store is read and no more, so a page may
 * hold fewer than were asked for although others follow.
 */
export async function list(desk: Desk, query: KeyQuery, by: Actor): Promise<KeyPage> {
  const most = Math.max(1, Math.trunc(query.limit) || 1)
  const items: Kept[] = []
  let unreadable = 0
  const cursors = cursorsFor(by, desk)
  let from = query.from === undefined ? undefined : await cursors.opened(query.from)
  for (let page = 0; page < MOST_PAGES && items.length < most; page++) {
    const limit = most - items.length
    const order = { by: query.by ?? 'id', ...(from !== undefined && { from }) } as const
    const found = await desk.store.list({ prefix: KEY_PREFIX, limit, ...order })
    for (const entry of found.items) {
      const kept = readable(entry)
      if (!kept) unreadable++
      else if (isWithinSight(by, kept.record) && fits(kept.record, query)) items.push(kept)
    }
    from = found.cursor
    if (from === undefined) break
  }
  return { items, unreadable, ...(from !== undefined && { cursor: await cursors.given(from) }) }
}

/** One record that a later version has written must not hide all others. */
function readable({ value, version }: Entry): Kept | undefined {
  try {
    return { record: decodeRecord(value), version }
  } catch (error) {
    if (error instanceof RecordUnreadable) return undefined
    throw error
  }
}

function fits(record: KeyRecord, { owner, state, surface, type, search }: KeyQuery): boolean {
  return (
    isAbsentOr(owner, record.owner) &&
    isAbsentOr(state, record.state) &&
    isAbsentOr(surface, record.surface) &&
    isAbsentOr(type, record.type) &&
    (search === undefined ||
      [record.name, record.description ?? ''].some((text) => folded(text).includes(folded(search))))
  )
}

function isAbsentOr(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
