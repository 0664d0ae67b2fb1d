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

/**
 * Writes epoch seconds as RFC 3339 in UTC, with milliseconds. What stands before those is kept for as long as the second
 * lasts: on a busy host a `Date` for each text would cost more than a comparison of tokens.
 */
export function timestamps(): (at: number) => string {
  let second = Number.NaN
  let text = ''
  return (at) => {
    const milliseconds = Math.trunc(at * 1000)
    const current = Math.floor(milliseconds / 1000)
    if (current !== second) {
      text = new Date(current * 1000).toISOString().slice(0, -'000Z'.length)
      second = current
    }
    return `${text}${String(milliseconds - current * 1000).padStart(3, '0')}Z`
  }
}
