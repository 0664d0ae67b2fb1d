import { paint, plain } from './terminal.ts'

/** A column: its head, and what a row shows there. */
export interface Column<Row> {
  readonly head: string
  text(row: Row): string
}

/** In a cell where there is nothing to show. */
export const NOTHING = '-'

const BETWEEN = '  '

/**
 * Rows as lines: on a terminal in columns under their heads; elsewhere with tabs between the cells and no heads, as
 * `cut` and `awk` want them. Nothing in a cell can break its line or move a cursor.
 */
export function tableOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  stream: NodeJS.WriteStream = process.stdout,
): string {
  const cells = rows.map((row) => columns.map((column) => plain(column.text(row)) || NOTHING))
  if (!stream.isTTY) return cells.map((line) => line.join('\t')).join('\n')
  const heads = columns.map(({ head }) => head)
  const widths = heads.map((head, place) => Math.max(head.length, ...cells.map((line) => widthOf(line[place] ?? ''))))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, place) => text + ' '.repeat((widths[place] ?? 0) - widthOf(text)))
      .join(BETWEEN)
      .trimEnd()
  return [paint('bold', line(heads), stream), ...cells.map(line)].join('\n')
}

/** Names and values, a line each, for what has one row. Lines without a value are left out. */
export function linesOf(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const shown = pairs.filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${name.padEnd(width)}${BETWEEN}${plain(value ?? '')}`).join('\n')
}

/** In characters as people count them. */
function widthOf(text: string): number {
  return Array.from(new Intl.Segmenter().segment(text)).length
}
