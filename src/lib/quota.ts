/** How long requests are counted together: so many seconds, or a calendar unit. Exactly one of the two is there. */
export interface Span {
  readonly windowSeconds?: number | undefined
  readonly per?: 'hour' | 'day' | 'month' | undefined
}

/** A stretch of time, in epoch seconds: `startsAt` is in it, `endsAt` is not. */
export interface Window {
  readonly startsAt: number
  readonly endsAt: number
}

const SECONDS = { hour: 3600, day: 86_400 }

/**
 * The window that a time lies in. Windows of so many seconds follow one another from the epoch on; hours, days and months
 * are those of UTC. So every process finds the same one, and nobody has to keep when it began.
 */
export function windowAt({ windowSeconds, per }: Span, at: number): Window {
  if (per === 'month') return monthAt(at)
  const seconds = windowSeconds ?? SECONDS[per as 'hour' | 'day']
  const second = Math.floor(at)
  const startsAt = second - (second % seconds)
  return { startsAt, endsAt: startsAt + seconds }
}

function monthAt(at: number): Window {
  const date = new Date(Math.floor(at) * 1000)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { startsAt: Date.UTC(year, month) / 1000, endsAt: Date.UTC(year, month + 1) / 1000 }
}

/** What a span is called: `60s`, `month`. */
export function spanName({ windowSeconds, per }: Span): string {
  return per ?? `${windowSeconds}s`
}

/** What is counted, and over which span: a limit that is raised or lowered goes on with what was counted. */
export function quotaId(counted: string, span: Span): string {
  return `${counted}/${spanName(span)}`
}

/** What a quota counts, whatever its span. */
export function countedIn(quotaId: string): string {
  return quotaId.slice(0, quotaId.lastIndexOf('/'))
}
