import { decodeBytes, decodeUtf8 } from './percent.ts'

/** A request target in origin form (RFC 9112 3.2.1), as it was sent. `query` has no `?`; undefined where none was sent. */
export interface Target {
  readonly path: string
  readonly query: string | undefined
}

/** Splits a target in origin form; undefined for absolute, authority and asterisk form, and for a fragment. */
export function splitTarget(target: string): Target | undefined {
  if (target.charCodeAt(0) !== 0x2f || target.includes('#')) return undefined
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: undefined } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/**
 * How many ways a path can be read.
 * - `plain`: no escapes; every server reads it alike.
 * - `escaped`: escapes that are data to every server that decodes once.
 * - `opaque`: holds `%2F`, `;`, `//`, an escaped escape, or bytes that are not UTF-8: only a tail that is declared
 *   opaque may hold these.
 * - `ambiguous`: dot segments in any reading, an escaped dot, a backslash, NUL, a broken escape, or a byte that
 *   RFC 3986 (3.3) does not allow in a path. Proxies and frameworks are known to disagree on each of them.
 */
export type PathClass = 'plain' | 'escaped' | 'opaque' | 'ambiguous'

const PLAIN = /^(?:\/[A-Za-z0-9\-._~!$&'()*+,=:@]+)*\/?$/
const ALLOWED = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@;/]|%[0-9A-Fa-f]{2})*$/
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:;[^/]*)?(?:\/|$)/
const ESCAPED_DOT = /%2e/i
const ESCAPED_SLASH = /%2f/i
const ESCAPE = /%[0-9A-Fa-f]{2}/
/** Each decoding is shorter by a third of what it decodes; more rounds than this are nobody's data. */
const MOST_DECODINGS = 8

/** Classifies a path that begins with `/`. */
export function classifyPath(path: string): PathClass {
  if (PLAIN.test(path)) return path.includes('/.') && DOT_SEGMENT.test(path) ? 'ambiguous' : 'plain'
  if (!ALLOWED.test(path) || ESCAPED_DOT.test(path)) return 'ambiguous'
  let reading = path
  for (let round = 0; ; round++) {
    if (DOT_SEGMENT.test(reading) || reading.includes('\0') || reading.includes('\\')) return 'ambiguous'
    if (!ESCAPE.test(reading)) break
    if (round === MOST_DECODINGS) return 'ambiguous'
    reading = decodeBytes(reading)
  }
  const decoded = decodeUtf8(path)
  const opaque =
    decoded === undefined ||
    ESCAPE.test(decoded) ||
    ESCAPED_SLASH.test(path) ||
    path.includes(';') ||
    path.includes('//')
  return opaque ? 'opaque' : 'escaped'
}

/** The path's segments: `/a/b` gives `a`, `b`; `/a/` gives `a` and an empty one; `/` gives one empty one. */
export function segmentsOf(path: string): string[] {
  // By hand, as `split` takes twice as long, and this is done for every request.
  const segments: string[] = []
  let start = 1
  for (let end = path.indexOf('/', start); end >= 0; end = path.indexOf('/', start)) {
    segments.push(path.slice(start, end))
    start = end + 1
  }
  segments.push(path.slice(start))
  return segments
}

/** Whether a path is a prefix of whole segments, or lies under it. A prefix has no `/` at its end. */
export function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

/**
 * What the most liberal server would make of a path: escapes decoded until none is left, `;` parameters dropped,
 * slashes merged. Only for comparing routes; nothing is ever served by it.
 */
export function loosestReading(path: string): string {
  let reading = path
  for (let round = 0; round < MOST_DECODINGS && ESCAPE.test(reading); round++) {
    reading = decodeUtf8(reading) ?? decodeBytes(reading)
  }
  return reading.replace(/;[^/]*/g, '').replace(/\/{2,}/g, '/')
}

/** Writes the hex digits of escapes in upper case, so that `%c3` and `%C3` are one text (RFC 3986 6.2.2.1). */
export function upperEscapes(text: string): string {
  return text.includes('%') ? text.replace(/%[0-9a-f]{2}/gi, (each) => each.toUpperCase()) : text
}
