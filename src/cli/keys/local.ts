import { PROBLEMS } from '../../http/keys/problems.ts'
import type { ImportResult, KeyView, UsageView } from '../../http/keys/replies.ts'
import { timeText, viewOf } from '../../http/keys/view.ts'
import type { ImportedKey, Kept, KeyQuery, Unchanged } from '../../keys/asked.ts'
import { KEY_PREFIX } from '../../keys/desk.ts'
import { expiring } from '../../keys/expiring.ts'
import type { UsageReport } from '../../keys/usage.ts'
import { usageOf } from '../../keys/usage.ts'
import { lastUsed } from '../../keys/used.ts'
import { cursorAt } from '../../lib/listing.ts'
import type { Store } from '../../model/ports.ts'
import { Failure } from '../failure.ts'
import { warn } from '../terminal.ts'
import type { Parts } from './parts.ts'
import type { KeyService, Page } from './service.ts'
import { pagesOf } from './service.ts'
import { now } from './times.ts'

/** What keys in a store are reached by. */
export interface LocalParts extends Parts {
  readonly store: Store
  readonly close: () => Promise<void>
}

const LISTED = 100
const FEW = 2
/** Comes before all ids of keys, so that a listing by name can begin at one. */
const BEFORE_KEYS = `${KEY_PREFIX}!`
const BY = 'operator'

/** Keys in a store that the operator's own credentials reach: whoever has those may do everything. */
export function localKeys({ store, registry, log, sink, nearExpiryDays, close }: LocalParts): KeyService {
  async function view({ record }: Kept): Promise<KeyView> {
    return viewOf(record, await lastUsed(store, record.id), now())
  }

  /** The last use is read before the change: a read that fails after it would hide a token that is told only once. */
  async function changed<Done extends Kept>(
    id: string,
    change: () => Promise<Done | Unchanged>,
  ): Promise<{ readonly key: KeyView; readonly result: Done }> {
    const lastUse = await lastUsed(store, id)
    const result = done(await change())
    return { key: viewOf(result.record, lastUse, now()), result }
  }

  async function pageOf(query: KeyQuery): Promise<Page<Kept>> {
    const { items, cursor } = await registry.list(query, BY)
    return { items, cursor: cursor ?? null }
  }

  async function imported(key: ImportedKey): Promise<ImportResult> {
    const { name } = key
    const result = await registry.import(key, BY, now())
    if (!('problem' in result)) return { name, result: result.already ? 'already' : 'imported', id: result.record.id }
    const errors = (result.faults ?? []).map(({ pointer, message }) => ({ pointer, detail: message }))
    return { name, result: 'refused', reason: result.problem, errors }
  }

  return {
    async create(key) {
      const { record, token } = done(await registry.create(key, BY, now()))
      return { key: viewOf(record, undefined, now()), token }
    },
    async show(id) {
      const kept = await registry.show(id, BY)
      return kept && view(kept)
    },
    async list(query) {
      const { items, cursor } = await pageOf(query)
      return { items: await Promise.all(items.map(view)), cursor }
    },
    async named(name) {
      const found: KeyView[] = []
      const pages = pagesOf((from = cursorAt('name', { key: name, id: BEFORE_KEYS })) => {
        return pageOf({ by: 'name', limit: FEW, from })
      })
      for await (const kept of pages) {
        if (kept.record.name !== name) break
        found.push(await view(kept))
      }
      return found
    },
    update: async (id, change) => (await changed(id, () => registry.update(id, change, BY, now()))).key,
    async rotate(id, rotation) {
      const { key, result } = await changed(id, () => registry.rotate(id, rotation, BY, now()))
      return { key, token: result.token }
    },
    suspend: async (id) => (await changed(id, () => registry.suspend(id, BY, now()))).key,
    resume: async (id) => (await changed(id, () => registry.resume(id, BY, now()))).key,
    async revoke(id, reason) {
      const why = reason === undefined ? {} : { reason }
      return (await changed(id, () => registry.revoke(id, BY, now(), why))).key
    },
    async remove(id) {
      const result = await registry.remove(id, BY, now())
      if (result !== 'removed') done(result)
    },
    reveal: async (id) => done(await registry.reveal(id, BY, now())).token,
    async *import(keys) {
      // One after the other: two of them may want one name.
      for (const key of keys) yield imported(key)
    },
    async *export() {
      for await (const kept of pagesOf((from) => pageOf({ limit: LISTED, ...(from !== undefined && { from }) }))) {
        yield { ...(await view(kept)), pepperVersion: kept.record.secret.pepperVersion }
      }
    },
    async log(id, from) {
      const { items, cursor } = await log.read(id, { limit: LISTED, from })
      return { items, cursor: cursor ?? null }
    },
    usage: async (query) => usageView(await usageOf(store, query)),
    async expiring(withinDays) {
      const days = withinDays ?? nearExpiryDays
      const told = { at: now(), sink, log, ...(days !== undefined && { withinDays: [days] }) }
      const { keys, unreadable } = await expiring(store, told)
      if (unreadable > 0) warn(`${unreadable} keys could not be read: a later version has written them`)
      return keys.map(({ id, name, owner, state, expiresAt }) => ({
        id,
        name,
        owner,
        state,
        expiresAt: timeText(expiresAt),
      }))
    },
    close,
  }
}

/** As the API tells it. */
function usageView({ rows, ...report }: UsageReport): UsageView {
  return {
    ...report,
    rows: rows.map(({ key, owner, day, allowed, refused, routes, firstSeen, lastSeen }) => {
      return { key, owner, day, allowed, refused, routes, firstSeen: timeText(firstSeen), lastSeen: timeText(lastSeen) }
    }),
  }
}

/** What was done; what was not, and why, as a `Failure`. */
function done<Done extends object>(result: Done | Unchanged): Done {
  if (!('problem' in result)) return result
  const { problem, faults = [] } = result
  throw new Failure(
    `${problem}: ${WORDS[problem] ?? PROBLEMS[problem].title}`,
    faults.map(({ pointer, message }) => `${pointer || '/'}  ${message}`),
  )
}

/** Where the words for a caller of the API are none for an operator. */
const WORDS: Partial<Readonly<Record<Unchanged['problem'], string>>> = {
  'not-viewable': 'Rotate the key: no viewable copy of its token is kept, or not under this encryption key.',
  'wrong-pepper': 'Use the pepper under which the keys of this store were made: this is another.',
}
