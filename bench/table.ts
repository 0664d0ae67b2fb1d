import type { Quartiles } from './statistics.ts'

/** A line of the result: a ratio, or a value with its unit, and what it was allowed to be. */
export interface Row {
  readonly name: string
  readonly clock?: Quartiles | undefined
  readonly cpu?: Quartiles | undefined
  readonly unit?: 's' | 'KB' | 'us'
  /** Absent where the line only informs. */
  readonly budget?: Budget
  /** Says what could not be measured, and why. */
  readonly missing?: string
}

/** What a line must keep, and which column counts: the clock, unless other load disturbs that one too much. */
export interface Budget {
  readonly limit: 'at most' | 'at least'
  readonly value: number
  readonly by?: 'clock' | 'cpu'
}

/** The lines of one case. */
export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

const HEAD = ['case', 'clock, median (quartiles)', 'CPU, median (quartiles)', 'budget', 'verdict']

/** The whole result as a Markdown table. */
export function table(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ title, rows }) => [[`**${title}**`, '', '', '', ''], ...rows.map(cells)])
  const widths = HEAD.map((head, column) => Math.max(head.length, ...lines.map((line) => (line[column] ?? '').length)))
  const written = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [written(HEAD), written(widths.map((width) => '-'.repeat(width))), ...lines.map(written)].join('\n')
}

/** Whether a line kept its budget; undefined where it has none or was not measured. */
export function passes({ clock, cpu, budget }: Row): boolean | undefined {
  const counted = budget?.by === 'cpu' ? cpu : clock
  if (budget === undefined || counted === undefined) return undefined
  return budget.limit === 'at most' ? counted.median <= budget.value : counted.median >= budget.value
}

function cells(row: Row): string[] {
  const { name, clock, cpu, unit, budget, missing } = row
  const verdict = { true: 'pass', false: 'miss', undefined: budget ? 'not measured' : '' }[
    String(passes(row))
  ] as string
  const limit = budget ? `${budget.limit} ${budget.value}${unit ? ` ${unit}` : ''}${budget.by ? ' (CPU)' : ''}` : ''
  return [name, missing ?? text(clock, unit), text(cpu, unit), limit, verdict]
}

function text(quartiles: Quartiles | undefined, unit: string | undefined): string {
  if (!quartiles) return ''
  const { low, median, high } = quartiles
  const spread = low === high ? '' : ` (${digits(low)} to ${digits(high)})`
  return `${digits(median)}${unit ? ` ${unit}` : ''}${spread}`
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
