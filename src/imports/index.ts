import { apigateway } from './apigateway.ts'
import { apim } from './apim.ts'
import { batchesOf } from './batches.ts'
import { betterAuth } from './better-auth.ts'
import { csv } from './csv.ts'
import { kong } from './kong.ts'
import { sha256 } from './sha256.ts'
import type { Seen } from './shape.ts'
import { note, nothingSeen, prefixOf, shapeOf } from './shape.ts'
import type { Batch, ImportOptions, Source } from './source.ts'
import { strapi } from './strapi.ts'
import type { Input } from './text.ts'
import { rowsOf } from './text.ts'
import { unkey } from './unkey.ts'

export { reportOf } from './batches.ts'
export { alternateName } from './names.ts'
export type { Batch, ImportedKey, ImportOptions, Note, Report, Row, Source } from './source.ts'
export { ImportUnreadable, Unread } from './source.ts'
export { STRAPI_TABLES } from './strapi-tables.ts'
export type { Input, Text } from './text.ts'

/** The systems that keys can come from. */
export type SourceName = 'strapi' | 'unkey' | 'better-auth' | 'kong' | 'apigateway' | 'apim' | 'sha256' | 'csv'

export const SOURCES: Readonly<Record<SourceName, () => Source>> = {
  strapi,
  unkey,
  'better-auth': betterAuth,
  kong,
  apigateway,
  apim,
  sha256,
  csv,
}

/**
 * Turns what another system exports into keys, batch by batch. The last batch holds no keys: it tells what many of them
 * lost alike, and the entry of the document's `imports`. Throws `ImportUnreadable` where nothing can be read at all.
 */
export async function* importing(
  name: SourceName,
  input: Input,
  options: ImportOptions,
): AsyncGenerator<Batch, void, undefined> {
  const source = SOURCES[name]()
  const seen = nothingSeen()
  const reading = { name, read: source.read, seen, entry: () => entryOf(name, seen) }
  yield* batchesOf(rowsOf(input, source), reading, options)
}

/** What tokens look like whose system says so, behind their prefix. */
const MADE: Partial<Readonly<Record<SourceName, (prefix: string) => string>>> = {
  // Base58 of 18 bytes or more: a version, a length, and 16 random ones at least.
  unkey: (prefix) => `^${prefix}[1-9A-HJ-NP-Za-km-z]{20,}$`,
  'better-auth': (prefix) => `^${prefix}[A-Za-z]{64}$`,
  apim: () => '^[^&]{1,80}&[0-9]{12}&[A-Za-z0-9+/]{86}==$',
}

/** What tokens look like of which nothing is known. */
const UNKNOWN = '^[A-Za-z0-9_-]{20,}$'

/**
 * The entry of the document's `imports` that these tokens need, as JSON: only a token that fits its `shape` is looked up.
 * `tokens` are those that were read, where they are known; they are not kept.
 */
export function shapeFor(name: SourceName, tokens: Iterable<string> = []): string {
  const seen = nothingSeen()
  for (const token of tokens) note(seen, token)
  return entryOf(name, seen)
}

function entryOf(name: SourceName, seen: Seen): string {
  if (name === 'strapi') return JSON.stringify({ scheme: 'strapi', salt: { secret: 'API_TOKEN_SALT' } })
  const shape = shapeOf(seen) ?? MADE[name]?.(prefixOf(seen)) ?? UNKNOWN
  return JSON.stringify({ scheme: 'sha256', shape })
}
