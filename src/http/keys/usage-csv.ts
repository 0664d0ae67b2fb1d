import type { UsageRowView } from './replies.ts'

type Column = readonly [name: string, of: (row: UsageRowView) => string | number | null]

const COLUMNS: readonly Column[] = [
  ['owner', ({ owner }) => owner],
  ['key', ({ key }) => key],
  ['day', ({ day }) => day],
  ['allowed', ({ allowed }) => allowed],
  ['refused', ({ refused }) => Object.values(refused).reduce((sum, times) => sum + times, 0)],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['lastSeen', ({ lastSeen }) => lastSeen],
  ['reasons', ({ refused }) => countsText(refused)],
  ['routes', ({ routes }) => countsText(routes)],
]

/** Usage as CSV (RFC 4180) with a header line; reasons and routes as `name=count`, separated by spaces. */
export function usageCsv(rows: readonly UsageRowView[]): string {
  const lines = rows.map((row) => COLUMNS.map(([, of]) => fieldOf(`${of(row) ?? ''}`)))
  return [COLUMNS.map(([name]) => name), ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a)
  return sorted.map(([name, times]) => `${name}=${times}`).join(' ')
}

/** What a spreadsheet would take for a formula is marked as text. */
function fieldOf(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
