import type { EpochSeconds } from '../model/access.ts'

/** What a number stands for. `either`: milliseconds from 1e11 on, which as seconds would lie in the year 5138. */
type Unit = 'seconds' | 'milliseconds' | 'either'

const FIRST_MILLISECONDS = 1e11
/** The last second that stores keep, which has twelve digits. */
const LATEST = 999_999_999_999

const NUMBER = /^\d{1,16}(?:\.\d+)?$/
const TEXT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * Reads a time as exports write it: a number, a number as text, or ISO 8601, with a space for the `T` and without a
 * zone too, which is UTC then. Undefined where it is none of these, or where the calendar has no such day.
 */
export function momentOf(value: unknown, unit: Unit): EpochSeconds | undefined {
  const moment = secondsOf(value instanceof Date ? value.toISOString() : value, unit)
  return moment !== undefined && moment >= 0 && moment <= LATEST ? moment : undefined
}

function secondsOf(value: unknown, unit: Unit): number | undefined {
  if (typeof value === 'bigint') return secondsOf(Number(value), unit)
  if (typeof value === 'number') return Number.isFinite(value) ? inSeconds(value, unit) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return NUMBER.test(text) ? inSeconds(Number(text), unit) : secondsOfText(text)
}

function inSeconds(value: number, unit: Unit): number {
  return unit === 'milliseconds' || (unit === 'either' && value >= FIRST_MILLISECONDS) ? value / 1000 : value
}

function secondsOfText(text: string): number | undefined {
  const match = TEXT.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = match
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // `Date` turns 30 February into March.
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined
  return date.getTime() / 1000 + Number(fraction) - offsetOf(zone)
}

function offsetOf(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (!match) return 0
  const [, sign, hours, minutes = '00'] = match
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

/** When a key ends: `never` where its source names no end, undefined where it names one that cannot be read. */
export function endOf(value: unknown, unit: Unit): EpochSeconds | 'never' | undefined {
  return value === undefined || value === null || value === '' ? 'never' : momentOf(value, unit)
}

/** What keys lose whose end names no zone: a database may have kept the time of another one. */
export function lossOfZone(value: unknown): string[] {
  const zone = typeof value === 'string' ? TEXT.exec(value.trim())?.slice(-1) : undefined
  return zone && zone[0] === undefined ? ['their ends name no zone, and are taken for UTC'] : []
}
