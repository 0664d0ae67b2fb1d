import { PROBLEMS } from '../../http/keys/problems.ts'
import type { ImportResult, KeyView } from '../../http/keys/replies.ts'
import { viewOf } from '../../http/keys/view.ts'
import type { ImportedKey, Kept, Unchanged } from '../../keys/asked.ts'
import type { KeyLog } from '../../keys/log.ts'
import type { Registry } from '../../keys/registry.ts'
import { lastUsed } from '../../keys/used.ts'
import type { Reader } from '../../model/ports.ts'
import { Failure } from '../failure.ts'
import type { KeyService } from './service.ts'
import { now } from './times.ts'

/** What keys in a store are reached by. */
export interface LocalParts {
  readonly store: Reader
  readonly registry: Registry
  readonly log: KeyLog
  readonly close: () => Promise<void>
}

const LISTED = 100
const BY = 'operator'

/** Keys in a store that the operator's own credentials reach: whoever has those may do everything. */
export function localKeys({ store, registry, log, close }: LocalParts): KeyService {
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
      const { items, cursor } = await registry.list(query, BY)
      return { items: await Promise.all(items.map(view)), cursor: cursor ?? null }
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
    async import(keys) {
      const results: ImportResult[] = []
      // One after the other: two of them may want one name.
      for (const key of keys) results.push(await imported(key))
      return results
    },
    async log(id, from) {
      const { items, cursor } = await log.read(id, { limit: LISTED, from })
      return { items, cursor: cursor ?? null }
    },
    close,
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
