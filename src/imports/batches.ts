import type { Proven } from './proof.ts'
import { proven, secretsIn } from './proof.ts'
import { settling } from './settle.ts'
import type { Seen } from './shape.ts'
import type { Batch, ImportedKey, ImportOptions, Left, Note, Report, Row, Source } from './source.ts'
import { Unread } from './source.ts'

/** A source at work. */
interface Reading {
  /** What keys without a name are called after. */
  readonly name: string
  readonly read: Source['read']
  /** Gathers what the tokens look like. */
  readonly seen: Seen
  /** The entry of the document's `imports`, once all rows are read. */
  readonly entry: () => string
}

/** So many rows are hashed at once, and told of in one batch. */
const ROWS = 256

/** Rows, and what was read in the place of one. */
export type Rows = Iterable<Row | Unread> | AsyncIterable<Row | Unread>

/** Turns rows into keys, batch by batch, so that an import never holds more of a long file than it must. */
export async function* batchesOf(
  rows: Rows,
  { name, read, seen, entry }: Reading,
  options: ImportOptions,
): AsyncGenerator<Batch, void, undefined> {
  const settle = settling(name, options)
  let count = 0
  for await (const group of groupsOf(rows)) {
    const found = await Promise.all(group.map(foundIn))
    const keys: ImportedKey[] = []
    const left: Note[] = []
    const warnings: Note[] = []
    for (const each of found) {
      const settled = settle.row(each, ++count)
      if ('left' in settled) left.push(settled.left)
      else {
        keys.push(settled.key)
        warnings.push(...settled.warnings)
      }
    }
    yield { keys, left, warnings, read: count }
  }
  yield { keys: [], left: [], warnings: settle.losses(), read: count, entry: entry() }

  async function foundIn(row: Row | Unread): Promise<Proven | Left> {
    if (row instanceof Unread) return { left: row.why }
    const found = await read(row, options)
    return proven({ ...found, hidden: [...(found.hidden ?? []), ...secretsIn(row)] }, seen)
  }
}

async function* groupsOf(rows: Rows): AsyncGenerator<(Row | Unread)[]> {
  let group: (Row | Unread)[] = []
  for await (const row of rows) {
    if (group.push(row) < ROWS) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/** All batches as one report. */
export async function reportOf(batches: AsyncIterable<Batch>): Promise<Report> {
  const report = { keys: [] as ImportedKey[], left: [] as Note[], warnings: [] as Note[] }
  for await (const { keys, left, warnings } of batches) {
    report.keys.push(...keys)
    report.left.push(...left)
    report.warnings.push(...warnings)
  }
  return report
}
