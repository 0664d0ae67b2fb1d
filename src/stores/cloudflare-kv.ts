import { inTime, PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import { cursorAt, isGone, pageOf, positionAt } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { checkedQuery, isId, rowOf } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, ListQuery, Page, Store } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'

const STORE = 'cloudflare-kv'

/** What is used of a Workers KV binding. */
export interface KvNamespace {
  getWithMetadata(key: string): Promise<{ readonly value: string | null; readonly metadata: unknown }>
  put(key: string, value: string, options: { expiration?: number; metadata: Head }): Promise<void>
  delete(key: string): Promise<void>
  list(options: { prefix: string; limit: number; cursor?: string | null }): Promise<Listing>
}

interface Listing {
  readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[]
  readonly list_complete: boolean
  readonly cursor?: string
}

/** What stands beside a value, at most 1,024 bytes as JSON: version, name, end, and when the entry is gone. */
interface Head {
  readonly v: string
  readonly n?: string
  readonly e?: number
  readonly g?: number
}

type Place = Omit<Row, 'value'>

export interface CloudflareKvOptions {
  readonly now?: () => EpochSeconds
  readonly patienceMilliseconds?: number
}

/** KV forgets nothing sooner than this after it was written. */
const LEAST_LIFE_SECONDS = 60
/** workerd reads an expiration as 32 bits: what ends after January 2038 is kept until it is deleted. */
const LATEST_EXPIRATION = 2 ** 31 - 1
/** Keys of one `list` call, and how many calls a sorted listing may take: 50 are what a free plan allows in a request. */
const KEYS_PER_CALL = 1000
const MOST_CALLS = 40

/**
 * Entries in Cloudflare Workers KV: reads are fast everywhere, writes spread within about 60 seconds.
 *
 * Consistency: eventual. A read may give what was there up to 60 seconds ago, or longer where the network is cut; that a
 * key is missing is remembered for 60 seconds too. There is no conditional write. `ifVersion` is compared with a listing,
 * just before the write or the deletion (a `get` would make this place remember that a new entry is missing), so a writer
 * that comes later gets its conflict; of two at the same time, or within those 60 seconds in two places, the later one
 * wins and the earlier is told that it was done. So a name may be taken twice, and a change may be lost, where two
 * administrators write at once. Whoever needs more takes D1 for the store.
 * Limits: one write a second for each key, else `busy`; entries with an end stay at least 60 seconds but are not found
 * after it; a listing by name or end reads the heads of the whole family, at most 40,000.
 * Cost: a read is one KV read; a conditional write or deletion is one list more; a page by id is one list and a read for each
 * entry; by name or end one list for each 1,000 entries of the family and a read for each on the page.
 */
export function cloudflareKv(namespace: KvNamespace, options: CloudflareKvOptions = {}): Store {
  const { now = () => Date.now() / 1000, patienceMilliseconds = PATIENCE_MILLISECONDS } = options

  async function asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await inTime(work(), patienceMilliseconds)
    } catch (error) {
      throw told(error)
    }
  }

  async function read(id: string): Promise<Entry | undefined> {
    const { value, metadata } = await asked(() => namespace.getWithMetadata(id))
    if (value === null) return undefined
    const place = placeOf(id, metadata)
    return isGone(place, now()) ? undefined : { id, value, version: place.version }
  }

  /** The version that a listing tells: the id itself is the first of all that begin with it. */
  async function versionOf(id: string): Promise<string | null> {
    const { keys } = await asked(() => namespace.list({ prefix: id, limit: 1 }))
    const [first] = keys
    if (first?.name !== id) return null
    const place = placeOf(id, first.metadata)
    return isGone(place, now()) ? null : place.version
  }

  async function entriesOf(places: readonly Place[]): Promise<Entry[]> {
    return (await Promise.all(places.map(({ id }) => read(id)))).filter((entry) => entry !== undefined)
  }

  async function listById({ prefix, from, limit }: ListQuery): Promise<Page> {
    const most = checkedQuery(prefix, 'id', limit)
    const cursor = from === undefined ? undefined : String(positionAt('id', from).key)
    const listing = await asked(() => namespace.list({ prefix, limit: most, ...(cursor !== undefined && { cursor }) }))
    const items = await entriesOf(listing.keys.map(({ name, metadata }) => placeOf(name, metadata)))
    if (listing.list_complete) return { items }
    return { items, cursor: cursorAt('id', { key: listing.cursor ?? '', id: '' }) }
  }

  async function wholeFamily(prefix: string): Promise<Place[]> {
    const places: Place[] = []
    let cursor: string | undefined
    for (let call = 0; call < MOST_CALLS; call++) {
      const from = cursor === undefined ? {} : { cursor }
      const listing = await asked(() => namespace.list({ prefix, limit: KEYS_PER_CALL, ...from }))
      places.push(...listing.keys.map(({ name, metadata }) => placeOf(name, metadata)))
      if (listing.list_complete) return places
      cursor = listing.cursor
    }
    throw new StoreError(STORE, 'full', `more than ${KEYS_PER_CALL * MOST_CALLS} entries cannot be sorted`)
  }

  return {
    async get(id) {
      return isId(id) ? read(id) : undefined
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const { ifVersion } = given
      if (ifVersion !== undefined && (await versionOf(id)) !== ifVersion) return 'conflict'
      const metadata = headOf(row)
      const expiration = expirationOf(row, now())
      await asked(() => namespace.put(id, value, { metadata, ...(expiration !== undefined && { expiration }) }))
      return { version: row.version }
    },
    async delete(id, { ifVersion } = {}) {
      const isHere = isId(id)
      if (ifVersion !== undefined && (isHere ? await versionOf(id) : null) !== ifVersion) return 'conflict'
      if (isHere) await asked(() => namespace.delete(id))
      return 'deleted'
    },
    async list(query) {
      if (query.by === undefined || query.by === 'id') return listById(query)
      checkedQuery(query.prefix, query.by, query.limit)
      const { items, ...rest } = pageOf(await wholeFamily(query.prefix), query, now())
      return { items: await entriesOf(items), ...rest }
    },
  }
}

/** When KV may forget it; undefined: never by itself. Until then its head says that it is gone. */
function expirationOf({ gone }: Row, now: EpochSeconds): number | undefined {
  if (gone === undefined || gone > LATEST_EXPIRATION) return undefined
  return Math.max(gone, Math.ceil(now) + LEAST_LIFE_SECONDS)
}

function headOf({ version, name, expires, gone }: Row): Head {
  return {
    v: version,
    ...(name !== undefined && { n: name }),
    ...(expires !== undefined && { e: expires }),
    ...(gone !== undefined && { g: gone }),
  }
}

/** What was written by the vendor's own tool may have no head: then it has no version that a writer could know. */
function placeOf(id: string, metadata: unknown): Place {
  const { v, n, e, g } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Partial<Head>
  return { id, version: v ?? '', name: n, expires: e, gone: g }
}

/** KV tells what happened by its message alone. */
function told(error: unknown): StoreError {
  const message = error instanceof Error ? error.message : ''
  if (/\b429\b|too many requests/i.test(message)) return new StoreError(STORE, 'busy', 'too many writes of one entry')
  if (/limit exceeded/i.test(message)) return new StoreError(STORE, 'full', 'the plan allows no more today')
  return unanswered(STORE, error)
}
