import { PREFIXED } from './prefix.ts'

/** What is gathered of the tokens of an import, so that their shape can be told: none of them is kept. */
export interface Seen {
  tokens: number
  shortest: number
  longest: number
  /** The public beginnings that they have, and how many have each. */
  readonly prefixes: Map<string, number>
  readonly classes: Set<string>
}

/** So many prefixes are told apart; with more of them the shape names none. */
const MOST_PREFIXES = 8

/** In the order in which they stand in a pattern. */
const CLASSES: readonly (readonly [characters: string, pattern: RegExp])[] = [
  ['0-9', /[0-9]/],
  ['A-Z', /[A-Z]/],
  ['a-z', /[a-z]/],
  ['_', /_/],
  ['-', /-/],
]
const OTHERS = /[^0-9A-Za-z_-]/
/** Behind what is taken for a prefix there is so much at least; else it may be a part of the secret. */
const SHORTEST_BODY = 16
const ANY_PREFIX = '(?:[A-Za-z0-9-]{1,20}_){0,2}'

export function nothingSeen(): Seen {
  return { tokens: 0, shortest: Number.POSITIVE_INFINITY, longest: 0, prefixes: new Map(), classes: new Set() }
}

/** Notes what a token looks like. */
export function note(seen: Seen, token: string): void {
  const found = PREFIXED.exec(token)?.[0] ?? ''
  const prefix = token.length - found.length < SHORTEST_BODY ? '' : found
  const body = token.slice(prefix.length)
  seen.tokens++
  seen.shortest = Math.min(seen.shortest, body.length)
  seen.longest = Math.max(seen.longest, body.length)
  notePrefix(seen, prefix)
  if (OTHERS.test(body)) seen.classes.add('others')
  for (const [characters, pattern] of CLASSES) if (pattern.test(body)) seen.classes.add(characters)
}

/** Notes the beginning of a token of which only that is known. */
export function notePrefix({ prefixes }: Seen, prefix: string): void {
  if (prefixes.has(prefix) || prefixes.size <= MOST_PREFIXES) prefixes.set(prefix, (prefixes.get(prefix) ?? 0) + 1)
}

/** A pattern that the tokens fit which were seen; undefined where none was. */
export function shapeOf(seen: Seen): string | undefined {
  if (seen.tokens === 0) return undefined
  const lengths = seen.shortest === seen.longest ? `{${seen.longest}}` : `{${seen.shortest},${seen.longest}}`
  // What one token alone begins with may be a part of its secret; what two share is none.
  const isPublic = [...seen.prefixes].every(([prefix, tokens]) => prefix === '' || tokens > 1)
  return `^${isPublic ? prefixOf(seen) : ANY_PREFIX}${characters(seen)}${lengths}$`
}

/** A pattern of the prefixes that were noted, or of any where none was, or too many. */
export function prefixOf({ prefixes }: Seen): string {
  if (prefixes.size === 0 || prefixes.size > MOST_PREFIXES) return ANY_PREFIX
  const named = [...prefixes.keys()].filter((prefix) => prefix !== '').sort()
  if (named.length === 0) return ''
  if (prefixes.has('')) return `(?:${named.join('|')})?`
  return named.length === 1 ? (named[0] as string) : `(?:${named.join('|')})`
}

function characters({ classes }: Seen): string {
  // All that a header takes but the comma.
  if (classes.has('others')) return '[!-+\\--~]'
  return `[${CLASSES.flatMap(([each]) => (classes.has(each) ? [each] : [])).join('')}]`
}
