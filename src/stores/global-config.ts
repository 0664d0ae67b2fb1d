import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import { isGone, pageOf } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { isId } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Store } from '../model/ports.ts'
import type { StoreTrouble } from '../model/store-error.ts'
import { StoreError } from '../model/store-error.ts'
import { exchange, storeUrl } from './exchange.ts'

export interface GlobalConfigOptions {
  readonly now?: () => EpochSeconds
  readonly patienceMilliseconds?: number
}

/** Vercel's limit for the name of an item. */
const MOST_NAME_CHARACTERS = 256

/**
 * Entries in a Vercel Global Config (Edge Config, as it was called), read over its REST interface; the connection string is
 * the one that Vercel gives: `https://global-config.vercel.com/<id>?token=<token>`.
 *
 * An item's name may only have `[A-Za-z0-9_-]`: every other character of an id, and `_`, is `_` and two hex digits
 * (`key:a` is `key_3aa`). Its value is `{ "value", "version" }`, and where there are such `"name"`, `"expires"` and
 * `"expiresAt"`.
 *
 * Consistency: eventual; what is written by Vercel's API or dashboard is everywhere within 10 seconds.
 * Limits: read only: put and delete fail as `read-only`. 8 KB for the whole store on Hobby, 64 KB on Pro, 512 KB on
 * Enterprise: some dozens to some hundreds of keys. An id may take 256 characters as it is encoded.
 * Cost: a read is one read; a page reads the whole store once.
 */
export function globalConfig(connection: string, options: GlobalConfigOptions = {}): Store {
  const { now = () => Date.now() / 1000, patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const { base, token } = connectionOf(connection)

  async function read(path: string): Promise<unknown> {
    const headers = { Authorization: `Bearer ${token}` }
    const {
      status,
      headers: answered,
      body,
    } = await exchange('global-config', `${base}/${path}?version=1`, { headers }, patienceMilliseconds)
    if (status === 200) return body
    // Without the digest it is the whole store that is missing.
    if (status === 404 && answered.has('x-edge-config-digest')) return undefined
    throw new StoreError('global-config', ...troubleOf(status))
  }

  const refuse = async (): Promise<never> => {
    throw new StoreError('global-config', 'read-only', 'write by the API or the dashboard of Vercel')
  }

  return {
    async get(id) {
      const name = nameOf(id)
      if (!isId(id) || name.length > MOST_NAME_CHARACTERS) return undefined
      const row = rowOfItem(id, await read(`item/${name}`))
      return row && !isGone(row, now()) ? entryOf(row) : undefined
    },
    put: refuse,
    delete: refuse,
    async list(query) {
      const all = await read('items')
      const rows = Object.entries(typeof all === 'object' && all !== null ? all : {}).flatMap(([name, item]) => {
        const id = idOf(name)
        const isOurs = isId(id) && typeof item === 'object' && item !== null && 'value' in item
        return isOurs ? [rowOfItem(id, item) as Row] : []
      })
      const { items, ...rest } = pageOf(rows, query, now())
      return { items: items.map(entryOf), ...rest }
    },
  }
}

/** Nothing of the string is told: it holds the token. */
function connectionOf(connection: string): { base: string; token: string } {
  const url = storeUrl('global-config', connection)
  const token = url.searchParams.get('token')
  if (token === null || token === '' || url.pathname === '/') {
    throw new StoreError('global-config', 'refused', 'its connection string is https://HOST/ID?token=TOKEN')
  }
  return { base: `${url.origin}${url.pathname}`, token }
}

/** The name of an entry's item. Injective. */
function nameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function idOf(name: string): string {
  return name.replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function rowOfItem(id: string, item: unknown): Row | undefined {
  if (item === undefined) return undefined
  const { value, version, name, expires, expiresAt } = (item ?? {}) as Readonly<Record<string, unknown>>
  if (typeof value !== 'string' || typeof version !== 'string') {
    throw new StoreError('global-config', 'unreadable', 'an item is no entry: it needs "value" and "version"')
  }
  return {
    ...{ id, value, version },
    name: typeof name === 'string' ? name : undefined,
    expires: typeof expires === 'number' ? expires : undefined,
    gone: typeof expiresAt === 'number' ? expiresAt : undefined,
  }
}

function entryOf({ id, value, version }: Row): Entry {
  return { id, value, version }
}

function troubleOf(status: number): [StoreTrouble, string] {
  if (status === 401 || status === 403) return ['refused', 'the token is not accepted']
  if (status === 404) return ['refused', 'there is no such store']
  if (status === 429) return ['busy', 'too many requests']
  return ['down', `status ${status}`]
}
