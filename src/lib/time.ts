/**
 * Reads an RFC 3339 timestamp to epoch seconds; undefined where the calendar has no such day: `Date.parse` would turn
 * 30 February into March.
 */
export function parseTimestamp(text: string): number | undefined {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) return undefined
  const day = Number(text.slice(8, 10))
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return day >= 1 && day <= lastDay ? milliseconds / 1000 : undefined
}
