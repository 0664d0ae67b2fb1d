import type { Row } from '../../lib/storable.ts'
import { familyOf } from '../../lib/storable.ts'
import type { KvNamespace } from '../../stores/cloudflare-kv.ts'
import { cloudflareKv } from '../../stores/cloudflare-kv.ts'
import { itemOf } from '../../stores/dynamodb.ts'

/** Entries as the vendors' own tools take them, for stores that this machine does not reach. */

/** What every key of a pepper shares: it may be there already, and must then be the same. */
const SHARED = 'meta:'

/**
 * SQL for `wrangler d1 execute --file`, which does all of it or nothing: where a name is taken, or the database was made
 * under another pepper, it fails.
 */
export function sqlOf(rows: readonly Row[]): string {
  return rows.map((row) => `${insertOf(row)};\n`).join('')
}

function insertOf({ id, value, version, name, expires, gone }: Row): string {
  const values = [id, familyOf(id), value, version, name, expires, gone].map(literal).join(', ')
  const insert = `INSERT INTO entries (id, family, value, version, name, expires, gone) VALUES (${values})`
  if (familyOf(id) !== SHARED) return insert
  // A value is never NULL, so another one makes the whole fail.
  return `${insert} ON CONFLICT (id) DO UPDATE SET value = iif(entries.value = excluded.value, entries.value, NULL)`
}

function literal(value: string | number | undefined): string {
  if (value === undefined) return 'NULL'
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}

/** A pair of `wrangler kv bulk put`. */
interface Pair {
  readonly key: string
  readonly value: string
  readonly metadata: unknown
  readonly expiration?: number
}

/** JSON for `wrangler kv bulk put`, as the driver itself writes each entry. It replaces what is there. */
export async function kvOf(rows: readonly Row[]): Promise<string> {
  const pairs: Pair[] = []
  const store = cloudflareKv(writesTo(pairs))
  for (const { id, value, name, expires, gone } of rows) {
    const index = { ...(name !== undefined && { name }), ...(expires !== undefined && { expires }) }
    await store.put(id, value, { index, ...(gone !== undefined && { expiresAt: gone }) })
  }
  return `${JSON.stringify(pairs, null, 2)}\n`
}

function writesTo(pairs: Pair[]): KvNamespace {
  return {
    put: async (key, value, options) => void pairs.push({ key, value, ...options }),
    getWithMetadata: async () => ({ value: null, metadata: null }),
    list: async () => ({ keys: [], list_complete: true }),
    delete: async () => undefined,
  }
}

/** JSON for `aws dynamodb transact-write-items`, which does all of it or nothing, as the SQL does. */
export function dynamodbOf(rows: readonly Row[], table: string): string {
  const puts = rows.map((row) => ({ Put: { TableName: table, Item: itemOf(row), ...conditionOf(row) } }))
  return `${JSON.stringify(puts, null, 2)}\n`
}

function conditionOf({ id, value }: Row): object {
  if (familyOf(id) !== SHARED) return { ConditionExpression: 'attribute_not_exists(id)' }
  return {
    ConditionExpression: 'attribute_not_exists(id) OR #value = :value',
    ExpressionAttributeNames: { '#value': 'value' },
    ExpressionAttributeValues: { ':value': { S: value } },
  }
}
