import { timestamps } from '../lib/time.ts'
import type { UsageReport, UsageRow } from './usage.ts'

type Column = readonly [name: string, of: (row: UsageRow) => string | number | null]

const timeOf = /* @__PURE__ */ timestamps()
const COLUMNS: readonly Column[] = [
  ['key', ({ key }) => key],
  ['name', ({ name = null }) => name],
  ['owner', ({ owner }) => owner],
  ['day', ({ day }) => day],
  ['allowed', ({ allowed }) => allowed],
  ['refused', ({ refused }) => Object.values(refused).reduce((sum, times) => sum + times, 0)],
  ['first_seen', ({ firstSeen }) => timeOf(firstSeen)],
  ['last_seen', ({ lastSeen }) => timeOf(lastSeen)],
  ['reasons', ({ refused }) => countsText(refused)],
  ['routes', ({ routes }) => countsText(routes)],
]

/**
 * A report as CSV (RFC 4180, with a header, lines end in LF): times in RFC 3339, reasons and routes as `name=count` with a space
 * between. What a spreadsheet would take for a formula gets a `'` before it.
 */
export function usageCsv({ rows }: Pick<UsageReport, 'rows'>): string {
  const lines = rows.map((row) => COLUMNS.map(([, of]) => cell(of(row))).join(','))
  return `${[COLUMNS.map(([name]) => name).join(','), ...lines].join('\n')}\n`
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a)
  return sorted.map(([name, times]) => `${name}=${times}`).join(' ')
}

function cell(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
