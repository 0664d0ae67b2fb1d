import type { Rows } from './batches.ts'
import { csvRecords } from './csv-text.ts'
import type { Row, Source } from './source.ts'
import { ImportUnreadable, Unread } from './source.ts'

/** A text that may arrive in pieces. */
export type Text = Iterable<string> | AsyncIterable<string>

/** The rows of an export as text: JSON, JSON Lines, CSV with a line of columns, or a line each. Throws `ImportUnreadable`. */
export async function* rowsOfText(text: Text, source: Source): AsyncGenerator<Row | Unread, void, undefined> {
  const { first, pieces } = await begun(text)
  if (first === '') throw new ImportUnreadable('the export is empty')
  if (/^[{[]/.test(first)) yield* jsonRows(pieces, source)
  else if (source.line?.(first)) yield* singleRows(pieces, source.line)
  else yield* tableRows(pieces, source)
}

/** The first line that is not empty, and all pieces, from the first one on. */
async function begun(text: Text): Promise<{ readonly first: string; readonly pieces: AsyncIterable<string> }> {
  const rest = (async function* () {
    yield* text
  })()
  const read: string[] = []
  let first = ''
  for (let isWhole = false; !isWhole; ) {
    const { value, done } = await rest.next()
    if (!done) read.push(value)
    first = (first + (value ?? '')).replace(/^[\s\ufeff]+/, '')
    // JSON shows in its first character, and may be one long line.
    isWhole = done === true || /^[{[]|\n/.test(first)
  }
  return {
    first: first.split(/\r?\n/, 1)[0] as string,
    pieces: (async function* () {
      yield* read
      yield* rest
    })(),
  }
}

/** Lines without their ends; a byte order mark and empty lines are dropped. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let begun: string[] = []
  for await (const piece of pieces) {
    begun.push(piece)
    // A long line comes in many pieces: it is put together once.
    if (!piece.includes('\n')) continue
    const lines = begun.join('').split('\n')
    begun = [lines.pop() as string]
    for (const line of lines) if (line.trim() !== '') yield bare(line)
  }
  const last = begun.join('')
  if (last.trim() !== '') yield bare(last)
}

function bare(line: string): string {
  return line.replace(/^\ufeff|\r$/g, '')
}

/** Where the first line is a whole JSON value and another follows, each is one: JSON Lines. Else the text is one value. */
async function* jsonRows(pieces: AsyncIterable<string>, source: Source): AsyncGenerator<Row | Unread> {
  const lines = linesOf(pieces)
  const first = ((await lines.next()).value ?? '') as string
  const parsed = parse(first)
  const second = await lines.next()
  if (parsed !== undefined && !second.done) {
    yield* lineRows(first, source)
    yield* lineRows(second.value, source)
    for await (const line of lines) yield* lineRows(line, source)
    return
  }
  let whole = parsed
  if (whole === undefined) {
    const all = [first, ...(second.done ? [] : [second.value])]
    for await (const line of lines) all.push(line)
    whole = parse(all.join('\n'))
  }
  if (whole === undefined) throw new ImportUnreadable('the export begins as JSON, and is none')
  yield* known(source, whole)
}

function lineRows(line: string, source: Source): Iterable<Row | Unread> {
  const value = parse(line)
  if (value === undefined) return [new Unread('the line is no JSON')]
  // A line is a row, whatever a whole export of that form would be.
  return source.rows([value]) ?? [new Unread('the line is no JSON object')]
}

/** The rows of an export that is one JSON value. Throws `ImportUnreadable`. */
export function known(source: Source, json: unknown): Iterable<Row> {
  const rows = source.rows(json)
  if (!rows) throw new ImportUnreadable(`the JSON is none of what is known here: ${source.forms}`)
  return rows
}

/** What V8 says of a text that is no JSON quotes it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

async function* singleRows(
  pieces: AsyncIterable<string>,
  read: NonNullable<Source['line']>,
): AsyncGenerator<Row | Unread> {
  for await (const line of linesOf(pieces))
    yield read(line) ?? new Unread('the line is none of those that are known here')
}

/** Columns that are not known are refused: a misspelt `expires` would make keys that never end. */
async function* tableRows(pieces: AsyncIterable<string>, { columns, forms }: Source): AsyncGenerator<Row | Unread> {
  const records = csvRecords(pieces)
  const head = await records.next()
  const header = head.done || head.value === 'broken' ? [] : head.value.map((column) => column.trim().toLowerCase())
  if (!columns || !header.includes(columns[0])) {
    const csv = columns ? `, or CSV with the column "${columns[0]}" in its first line` : ''
    throw new ImportUnreadable(`the export is none of what is known here: JSON with ${forms}${csv}`)
  }
  const isKnown = header.every((column, place) => columns.includes(column) && header.indexOf(column) === place)
  if (!isKnown) throw new ImportUnreadable(`the CSV has a column twice, or other columns than ${columns.join(', ')}`)
  yield* namedRows(records, header)
}

/** A record with another number of fields would put values under the wrong columns. */
async function* namedRows(
  records: AsyncIterable<readonly string[] | 'broken'>,
  header: readonly string[],
): AsyncGenerator<Row | Unread> {
  for await (const record of records) {
    if (record === 'broken') yield new Unread('its quotes are not those of CSV: neither it nor what follows is read')
    else if (record.length !== header.length) yield new Unread(`it has ${record.length} fields, not ${header.length}`)
    else yield Object.fromEntries(header.map((column, place) => [column, record[place]]))
  }
}

/** Rows as they are, of a table that was read elsewhere. */
export type Input = { readonly text: Text } | { readonly json: unknown } | { readonly rows: Rows }

/** The rows of what is imported. */
export function rowsOf(input: Input, source: Source): Rows {
  if ('rows' in input) return input.rows
  return 'json' in input ? known(source, input.json) : rowsOfText(input.text, source)
}
