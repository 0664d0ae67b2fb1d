import type { UsageRowView } from './replies.ts'

const COLUMNS = ['owner', 'key', 'day', 'allowed', 'refused', 'firstSeen', 'lastSeen'] as const

/** Usage as CSV (RFC 4180) with a header line. `refused` is a sum: reasons and routes are in the JSON alone. */
export function usageCsv(rows: readonly UsageRowView[]): string {
  const lines = rows.map((row) => {
    const refused = Object.values(row.refused).reduce((sum, times) => sum + times, 0)
    const { owner, key, day, allowed, firstSeen, lastSeen } = row
    return [owner, key, day, allowed, refused, firstSeen, lastSeen].map((value) => fieldOf(`${value ?? ''}`))
  })
  return [COLUMNS, ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

/** What a spreadsheet would take for a formula is marked as text. */
function fieldOf(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
