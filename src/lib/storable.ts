import { base62 } from './base62.ts'

/** Limits that every store keeps, so that entries move from one to another. */
export const MOST_ID_CHARACTERS = 256
export const MOST_VALUE_BYTES = 65_536
export const MOST_NAME_BYTES = 400
export const MOST_LISTED = 100

const ID = /^[a-z][a-z0-9-]{0,31}:[!-~]+$/
const PREFIX = /^[a-z][a-z0-9-]{0,31}:[!-~]*$/
const FAMILY = /^[a-z][a-z0-9-]{0,31}:$/
/** Twelve digits: stores that only know text keep a time as so many. */
const LATEST = 999_999_999_999

/** What no store takes: a fault of whoever asks, never of the store. */
export class Unstorable extends RangeError {
  override readonly name: string = 'Unstorable'
  readonly what: 'id' | 'value' | 'name' | 'time' | 'prefix' | 'cursor'

  constructor(what: Unstorable['what'], rule: string) {
    super(`${what}: ${rule}`)
    this.what = what
  }
}

/** An entry as stores keep it. */
export interface Row {
  readonly id: string
  readonly value: string
  readonly version: string
  readonly name?: string | undefined
  readonly expires?: number | undefined
  /** From this second on the row counts as gone. */
  readonly gone?: number | undefined
}

interface Given {
  readonly expiresAt?: number
  readonly index?: { readonly name?: string; readonly expires?: number }
}

/** Whether an entry may have this id. */
export function isId(id: string): boolean {
  return id.length <= MOST_ID_CHARACTERS && ID.test(id)
}

/** What an id begins with, the colon included. */
export function familyOf(id: string): string {
  return id.slice(0, id.indexOf(':') + 1)
}

/** The row of a new writing, with a version of its own. Throws `Unstorable` where no store could hold it. */
export function rowOf(id: string, value: string, { expiresAt, index }: Given): Row {
  if (!isId(id)) {
    throw new Unstorable('id', `a family, a colon, and visible ASCII: at most ${MOST_ID_CHARACTERS} characters`)
  }
  if (bytesOf(value) > MOST_VALUE_BYTES) throw new Unstorable('value', `at most ${MOST_VALUE_BYTES} bytes of UTF-8`)
  if (!isText(value)) throw new Unstorable('value', 'whole characters, none of them NUL')
  return {
    id,
    value,
    version: newVersion(),
    name: index?.name === undefined ? undefined : checkedName(index.name),
    expires: index?.expires === undefined ? undefined : checkedTime(index.expires),
    gone: expiresAt === undefined ? undefined : checkedTime(expiresAt),
  }
}

/** What a listing asks for, within the limits. */
export function checkedQuery(prefix: string, by: 'id' | 'name' | 'expires', limit: number): number {
  if (prefix.length > MOST_ID_CHARACTERS || !(by === 'id' ? PREFIX : FAMILY).test(prefix)) {
    throw new Unstorable('prefix', by === 'id' ? 'begins with a family and a colon' : 'is one family and its colon')
  }
  return Math.max(1, Math.min(Math.trunc(limit) || 1, MOST_LISTED))
}

/** The least text after all that begin with a prefix: ids are ASCII below DEL, so its last character has a next one. */
export function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}

/** Random, so that it differs from that of every other writing: of another process, and of an entry since deleted. */
function newVersion(): string {
  return base62(crypto.getRandomValues(new Uint8Array(12)))
}

function checkedName(name: string): string {
  if (/^[^\x00-\x1f\x7f]+$/.test(name) && isText(name) && bytesOf(name) <= MOST_NAME_BYTES) return name
  throw new Unstorable('name', `1 to ${MOST_NAME_BYTES} bytes of UTF-8, no control characters`)
}

/** Rounded up: a fraction of a second must not end anything early. */
function checkedTime(time: number): number {
  const seconds = Math.ceil(time)
  if (seconds >= 0 && seconds <= LATEST) return seconds
  throw new Unstorable('time', 'epoch seconds')
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Half a surrogate pair has no UTF-8, and NUL ends a text in some databases. */
function isText(text: string): boolean {
  return !/[\0\ud800-\udfff]/u.test(text)
}
