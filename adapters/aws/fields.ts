import type { MultiValues, Values } from './event.ts'

/** The fields of a request: every value, by lower-case name. */
export type Fields = ReadonlyMap<string, readonly string[]>

/**
 * Reads the fields of an event. API Gateway keeps the client's spelling on HTTP/1.1, so two spellings of a name are two
 * values of it; a value that only one of the two lists has is one more, so that no second credential is overlooked.
 */
export function fieldsOf(multiple: unknown, single: unknown, cookies?: unknown): Fields {
  const fields = new Map<string, string[]>()
  for (const [name, values] of entriesOf(multiple as MultiValues)) add(fields, name, listOf(values))
  const listed = new Map(fields)
  for (const [name, value] of entriesOf(single as Values)) {
    if (typeof value !== 'string' || listed.get(name.toLowerCase())?.includes(value)) continue
    add(fields, name, [value])
  }
  const line = listOf(cookies).join('; ')
  if (line !== '' && !fields.get('cookie')?.includes(line)) add(fields, 'cookie', [line])
  return fields
}

/** Writes a query again that API Gateway has decoded. */
export function queryOf(multiple: unknown, single: unknown): string {
  const pairs = entriesOf((multiple ?? single) as Readonly<Record<string, unknown>> | null).flatMap(([name, values]) =>
    listOf(values).map((value) => `${encode(name)}=${encode(value)}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function entriesOf<Value>(record: Readonly<Record<string, Value>> | null | undefined): [string, Value][] {
  return typeof record === 'object' && record !== null ? Object.entries(record) : []
}

function listOf(values: unknown): string[] {
  return (Array.isArray(values) ? values : [values]).filter((value) => typeof value === 'string')
}

function add(fields: Map<string, string[]>, name: string, values: readonly string[]): void {
  const lower = name.toLowerCase()
  if (values.length > 0) fields.set(lower, [...(fields.get(lower) ?? []), ...values])
}

/** JSON can hold half a surrogate pair, which encodeURIComponent throws at; as bytes it is U+FFFD. */
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
