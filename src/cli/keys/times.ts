/** A time for people: to the minute, in UTC; null is `never`. */
export function shortTime(time: string | null): string {
  return time === null ? 'never' : `${time.slice(0, 10)} ${time.slice(11, 16)}`
}

/** Now, as the registry counts: epoch seconds. */
export function now(): number {
  return Date.now() / 1000
}
