import { parseTimestamp } from '../../lib/time.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { Limit } from '../../model/principal.ts'
import { shown, UsageError } from '../usage.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const DURATION = /^(\d{1,9})([smhdw])$/

/** Seconds of `45s`, `30m`, `12h`, `90d` or `2w`; undefined for anything else: a number alone has no unit. */
export function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  const seconds = UNIT_SECONDS[unit]
  return seconds === undefined ? undefined : Number(count) * seconds
}

/** Seconds of a flag's duration. `0` alone needs no unit. */
export function durationGiven(flag: string, text: string): number {
  const seconds = text === '0' ? 0 : durationOf(text)
  if (seconds === undefined) throw new UsageError(`--${flag} takes a duration with its unit, such as 30m, 24h or 90d`)
  return seconds
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** A time as it is typed: a date (its first second in UTC), or RFC 3339 with a zone. */
function timeOf(text: string): EpochSeconds | undefined {
  if (DATE.test(text)) return parseTimestamp(`${text}T00:00:00Z`)
  return TIMESTAMP.test(text) ? parseTimestamp(text) : undefined
}

/** When a key ends: so long from now, a date, a time, or `never`. */
export function endGiven(flag: string, text: string, at: EpochSeconds): EpochSeconds | 'never' {
  if (text === 'never') return 'never'
  const seconds = durationOf(text)
  const end = seconds === undefined ? timeOf(text) : at + seconds
  if (end !== undefined) return end
  throw new UsageError(`--${flag} takes a duration with its unit (90d, 12h), a date (2027-01-31), a time or never`)
}

/** A time that is over: so long ago, a date, or a time. */
export function pastGiven(flag: string, text: string, at: EpochSeconds): EpochSeconds {
  const seconds = durationOf(text)
  const time = seconds === undefined ? timeOf(text) : at - seconds
  if (time !== undefined) return time
  throw new UsageError(`--${flag} takes how long ago (30d, 12h), a date (2027-01-31) or a time`)
}

/** A limit: `100/60s`, or `10000/month` for a calendar unit (hour, day, month). */
export function limitGiven(text: string): Limit {
  const [, count, span = ''] = /^(\d{1,10})\/(\w+)$/.exec(text) ?? []
  const requests = Number(count)
  if (span === 'hour' || span === 'day' || span === 'month') return { requests, per: span }
  const windowSeconds = durationOf(span)
  if (windowSeconds !== undefined) return { requests, windowSeconds }
  throw new UsageError(`--limit takes requests and a span, such as 100/60s or 10000/month, not '${shown(text)}'`)
}
