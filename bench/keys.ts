import { randomBytes } from 'node:crypto'
import { nodeDigests } from '../src/crypto/node.ts'
import type { Pepper } from '../src/keys/format.ts'
import { digestOf, drawKey, formatKey } from '../src/keys/format.ts'
import type { KeyRecord } from '../src/keys/record.ts'
import { encodeRecord } from '../src/keys/record.ts'
import { base62 } from '../src/lib/base62.ts'
import { openSqliteFile } from '../src/lib/sqlite-file.ts'
import type { Store } from '../src/model/ports.ts'
import { PEPPER, PERMISSION, PREFIX } from './document.ts'

/** A key as it is shown, and its entry as a store keeps it. */
export interface IssuedKey {
  readonly token: string
  readonly entry: { readonly id: string; readonly value: string; readonly name: string; readonly expires: number }
}

const digests = nodeDigests()
const pepper: Pepper = { version: '1', secret: PEPPER }

/** A new key that may do what the bench asks. Nothing is written. */
export function issue(number: number, more: Partial<KeyRecord> = {}): IssuedKey {
  const key = drawKey(randomBytes)
  const token = formatKey(PREFIX, key, pepper, digests) as string
  return { token, entry: entryOf(key.id, digestOf(key.id, key.secret, pepper, digests) as string, number, more) }
}

/** A key of the right form and check whose id nobody has issued. */
export function forge(): string {
  return formatKey(PREFIX, drawKey(randomBytes), { ...pepper, secret: 'another pepper' }, digests) as string
}

/** Puts a key into a store as the registry does. */
export async function keep({ entry: { id, value, name, expires } }: IssuedKey, store: Store): Promise<void> {
  await store.put(id, value, { ifVersion: null, index: { name, expires } })
}

/**
 * Makes a file with so many keys, and gives the tokens of some that lie anywhere among them. All rows go in by one
 * transaction, in the order of their ids; of keys that nobody shows the secret was never drawn.
 */
export function fill(path: string, keys: number, shown: number): string[] {
  const issued = Array.from({ length: shown }, (_, number) => issue(number))
  const others = Array.from({ length: keys - shown }, (_, place) =>
    entryOf(base62(randomBytes(12)), DIGEST_OF_NOTHING, shown + place, {}),
  )
  const entries = [...issued.map(({ entry }) => entry), ...others].sort((a, b) => (a.id < b.id ? -1 : 1))
  const database = openSqliteFile(path, { synchronous: 'NORMAL' })
  const insert = database.prepare(
    'INSERT INTO entries (id, family, value, version, name, expires) VALUES (?, ?, ?, ?, ?, ?)',
  )
  database.exec('BEGIN')
  for (const { id, value, name, expires } of entries) insert.run(id, 'key:', value, id.slice(4), name, expires)
  database.exec('COMMIT')
  database.close()
  return issued.map(({ token }) => token)
}

const DIGEST_OF_NOTHING = base62(new Uint8Array(32))
const NOW = Math.floor(Date.now() / 1000)
const LIFETIME_SECONDS = 90 * 86_400

function entryOf(id: string, digest: string, number: number, more: Partial<KeyRecord>): IssuedKey['entry'] {
  const name = `bench ${String(number).padStart(7, '0')}`
  const expires = NOW + LIFETIME_SECONDS
  const record: KeyRecord = {
    id,
    name,
    description: 'a key of the bench',
    type: 'custom',
    permissions: [PERMISSION],
    surface: 'api',
    owner: `owner-${number % 1000}`,
    createdAt: NOW,
    expiresAt: expires,
    state: 'active',
    secret: { digest, pepperVersion: pepper.version },
    metadata: { plan: 'bench' },
    ...more,
  }
  return { id: `key:${id}`, value: encodeRecord(record), name, expires }
}
