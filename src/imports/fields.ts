import type { Row } from './source.ts'

/** A field under the first of its names that the row has with a value: exports of one system differ in spelling. */
export function field(row: Row, ...names: readonly string[]): unknown {
  const name = names.find((each) => Object.hasOwn(row, each) && row[each] !== undefined && row[each] !== null)
  return name === undefined ? undefined : row[name]
}

/** A field as text: a number is written out, anything else that is no text is none. */
export function text(row: Row, ...names: readonly string[]): string | undefined {
  const value = field(row, ...names)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return typeof value === 'string' ? value : undefined
}

/** Yes or no, as databases write it: `true`, `t`, `1`. Absent: undefined; anything else: `unreadable`. */
export function flag(row: Row, ...names: readonly string[]): boolean | undefined | 'unreadable' {
  const value = field(row, ...names)
  if (value === undefined || value === '') return undefined
  const word = String(value).toLowerCase()
  if (['true', 't', '1', 'yes'].includes(word)) return true
  return ['false', 'f', '0', 'no'].includes(word) ? false : 'unreadable'
}

/** A value that some exports hold as JSON text, and some as it is; undefined where the text is no JSON. */
export function json(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return undefined
  }
}

/** Whether a value has fields: an object that is no list. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list of rows; undefined where the value is none. */
export function rowsIn(value: unknown): readonly Row[] | undefined {
  return Array.isArray(value) && value.every(isRow) ? value : undefined
}

/** Permissions of a system in which `*` is a letter like any other: those with one would mean more here than there. */
export function literalPermissions(all: readonly string[]): {
  readonly permissions: readonly string[]
  readonly warnings: readonly string[]
} {
  const permissions = all.filter((each) => !each.split(/[.:]/).includes('*'))
  const dropped = all.length - permissions.length
  const why = `not taken, as "*" would mean more here than there: ${dropped} of its permissions`
  return { permissions, warnings: dropped === 0 ? [] : [why] }
}
