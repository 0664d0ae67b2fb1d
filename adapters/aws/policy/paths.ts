import type { Glob, Progress } from './glob.ts'
import { advance, BEGUN, isDone, isSettled } from './glob.ts'
import type { Method, NearbyRoute, Shape, Table } from './rules.ts'
import { ANY, METHODS, UNNAMED } from './rules.ts'

/**
 * A segment of a path, as far as anything here can tell it from another one. `text`: a literal that stands somewhere;
 * without one `folded`: a text that is such a literal but for its letter case; without both: any other text.
 */
export interface Segment {
  readonly text?: string
  readonly folded?: string
}

/** Paths that nothing here can tell from one another. */
export interface Path {
  readonly method: Method
  /** Only the last one may be empty: `/orders/` is `orders` and ``. */
  readonly segments: readonly Segment[]
}

/** What the core says to a path: `unknown` is a refusal, as no route names it. */
export type Verdict = 'passes' | 'refused' | 'unknown'

/** A glob that a path which begins so may still match. */
interface Live {
  /** Its place in the list. */
  readonly place: number
  readonly progress: Progress
}

/** A path of its kind, what the core says to it, and what the lists say. */
export interface Found {
  readonly path: Path
  readonly verdict: Verdict
  /** The route that passes, were it not for a literal that no resource can name. */
  readonly doubted: number | undefined
  readonly isAllowed: boolean
  readonly isDenied: boolean
}

/** Which of the lists may still match a path that begins so; `isDenied`: it is denied however it goes on. */
export interface Outlook {
  readonly mayBeAllowed: boolean
  readonly mayBeDenied: boolean
  readonly isDenied: boolean
}

/** What a policy lists. */
export interface Lists {
  readonly allow: readonly Glob[]
  readonly deny: readonly Glob[]
}

interface Node {
  readonly path: Path
  /** The places of the rules, and of the routes nearby, that a path which begins so can still fit. */
  readonly rules: readonly number[]
  readonly nearby: readonly number[]
  /** Of the routes nearby those that it fits as it is spelt: they are not missed. */
  readonly met: readonly number[]
  readonly live: readonly Live[]
}

/** How many beginnings of paths may still be looked at. */
export interface Budget {
  left: number
}

/** There are more of them than anybody has time for. */
export class TooMuch extends Error {}

/**
 * Finds plain paths: one of each kind that routes and lists can tell apart, the shortest first, as long as `isWanted` wants
 * to go on with what begins so. It is the search of a finite automaton, whose alphabet is the literals of routes and globs,
 * their other letter cases, and one text that is none of these.
 */
export function* pathsOf(
  table: Table,
  lists: Lists,
  isWanted: (outlook: Outlook) => boolean,
  budget: Budget,
): Generator<Found> {
  const globs = [...lists.allow, ...lists.deny]
  const beginning = globs.map((_, place): Live => ({ place, progress: BEGUN }))
  const depth = 1 + Math.max(0, ...[...table.rules, ...table.nearby].map(({ parts }) => parts.length))
  const seen = new Set<string>()
  const waiting: Node[] = []
  for (const method of METHODS) look(begun(method, table, goneOn(beginning, lists, method)))
  // Shortest first, so that what stands for its kind is the simplest one.
  for (const node of waiting) {
    // Two paths end here: as it is, and with a slash at its end.
    const slashed = stepped(node, SLASH, goneOn(node.live, lists, ''), table)
    const ends = node.path.segments.length > 0 ? [node, slashed] : [slashed]
    const verdicts = ends.map((each) => verdictOn(each, [node, slashed], table))
    for (const [place, each] of ends.entries()) {
      const { verdict, doubted } = verdicts[place] as Told
      // API Gateway serves a path with a slash at its end by the resource without it.
      const isServed = verdict === 'unknown' && verdicts.some((other) => other.verdict !== 'unknown')
      yield { path: each.path, verdict: isServed ? 'refused' : verdict, doubted, ...matchesOf(each, lists) }
    }
    for (const segment of segmentsAfter(node, table, globs)) {
      const live = goneOn(node.live, lists, segment.text)
      if (isWanted(outlookOf(live, lists))) look(stepped(node, segment, live, table))
    }
  }

  function look(node: Node): void {
    const key = keyOf(node, depth)
    if (seen.has(key) || !isWanted(outlookOf(node.live, lists))) return
    seen.add(key)
    if (--budget.left < 0) throw new TooMuch()
    waiting.push(node)
  }
}

function begun(method: Method, { rules, nearby }: Table, live: readonly Live[]): Node {
  // A preflight is judged by the method that it asks for, which no policy sees.
  const near = nearby.flatMap((route, place) => (method === 'OPTIONS' || route.methods.has(method) ? [place] : []))
  return {
    path: { method, segments: [] },
    rules: Array.from(rules.keys()),
    nearby: near,
    met: near,
    live,
  }
}

/** What a slash at the end of a path is followed by. */
const SLASH: Segment = { text: '' }

function stepped({ path, rules, nearby, met }: Node, segment: Segment, live: readonly Live[], table: Table): Node {
  const { length } = path.segments
  const nearly = segment.folded ?? segment.text
  return {
    path: { ...path, segments: [...path.segments, segment] },
    rules: rules.filter((place) => takes(table.rules[place] as Shape, length, segment.text, asIs)),
    nearby: nearby.filter((place) => takes(table.nearby[place] as Shape, length, nearly, inLowerCase)),
    met: met.filter((place) => takes(table.nearby[place] as Shape, length, segment.text, asIs, false)),
    live,
  }
}

/** Once an `allow` matches whatever follows, the others make no difference. */
function goneOn(live: readonly Live[], { allow, deny }: Lists, segment: string | undefined): Live[] {
  const next: Live[] = []
  for (const { place, progress } of live) {
    const glob = (allow[place] ?? deny[place - allow.length]) as Glob
    const gone = advance(glob, progress, segment)
    if (gone !== 0) next.push({ place, progress: gone })
  }
  const settled = next.find(({ place, progress }) => allow[place] && isSettled(allow[place], progress))
  return settled ? [settled, ...next.filter(({ place }) => place >= allow.length)] : next
}

function outlookOf(live: readonly Live[], { allow, deny }: Lists): Outlook {
  return {
    mayBeAllowed: live.some(({ place }) => place < allow.length),
    mayBeDenied: live.some(({ place }) => place >= allow.length),
    isDenied: live.some(
      ({ place, progress }) => place >= allow.length && isSettled(deny[place - allow.length] as Glob, progress),
    ),
  }
}

function matchesOf({ live }: Node, { allow, deny }: Lists): Pick<Found, 'isAllowed' | 'isDenied'> {
  return {
    isAllowed: live.some(({ place, progress }) => allow[place] && isDone(allow[place], progress)),
    isDenied: live.some(
      ({ place, progress }) => place >= allow.length && isDone(deny[place - allow.length] as Glob, progress),
    ),
  }
}

const asIs = (text: string) => text
const inLowerCase = (text: string) => text.toLowerCase()

/** Whether a shape goes on with a segment at a place; `isMaybe`: whether it does where that may be. */
function takes(
  { parts, hasTail }: Shape,
  place: number,
  text: string | undefined,
  spelt: (part: string) => string,
  isMaybe = true,
): boolean {
  const part = parts[place]
  if (part === undefined) return hasTail
  if (part === ANY) return text !== ''
  return part === UNNAMED ? isMaybe && text === undefined : spelt(part) === text
}

function fits({ parts, hasTail }: Shape, length: number): boolean {
  return hasTail ? length > parts.length : length === parts.length
}

/** A verdict; `doubted` is the route that passes unless a literal that no resource can name stands in the path. */
interface Told {
  readonly verdict: Verdict
  readonly doubted?: number
}

/**
 * `ends`: the path with and without a slash at its end. Where a rule only may fit, the next one speaks too, and both must let
 * pass. What no route takes by this method is refused, where one takes it by another.
 */
function verdictOn({ path: { method, segments }, rules, met }: Node, ends: readonly Node[], table: Table): Told {
  if (isOwn(rules, segments.length, table)) return { verdict: 'unknown' }
  const fitting = rules
    .map((place) => table.rules[place] as Table['rules'][number])
    .filter((rule) => fits(rule, segments.length))
  const taking = fitting.filter((rule) => rule.methods.has(method))
  const certain = taking.findIndex(({ parts }) => !parts.includes(UNNAMED))
  const last = taking[certain]
  if (!last) return { verdict: fitting.length > 0 ? 'refused' : 'unknown' }
  const passes = (rule: typeof last, isMaybe: boolean) => rule.passing.has(method) && !isMissed(rule.route, isMaybe)
  if (taking.slice(0, certain + 1).every((rule) => passes(rule, true))) return { verdict: 'passes' }
  return passes(last, false) ? { verdict: 'refused', doubted: last.route } : { verdict: 'refused' }

  /** Whether an earlier route was missed by letter case or by a slash at the end. */
  function isMissed(found: number, isMaybe: boolean): boolean {
    return ends.some(({ path, nearby }) =>
      nearby.some((each) => {
        const route = table.nearby[each] as NearbyRoute
        if (!isMaybe && route.parts.includes(UNNAMED)) return false
        const isMet = met.includes(each) && fits(route, segments.length)
        return !isMet && route.route < found && fits(route, path.segments.length)
      }),
    )
  }
}

function isOwn(rules: readonly number[], length: number, table: Table): boolean {
  return rules.some((place) => {
    const rule = table.rules[place] as Table['rules'][number]
    return rule.route < 0 && fits(rule, length)
  })
}

/** Every text that may come next and that something here can tell from others. */
function segmentsAfter({ path, rules, nearby, live }: Node, table: Table, globs: readonly Glob[]): Segment[] {
  const { length } = path.segments
  const literals = new Set<string>()
  const folded = new Set<string>()
  const add = (texts: Set<string>, part: string | symbol | undefined, text: (part: string) => string) => {
    if (typeof part === 'string' && part !== '') texts.add(text(part))
  }
  for (const place of rules) add(literals, table.rules[place]?.parts[length], asIs)
  for (const place of nearby) add(folded, table.nearby[place]?.parts[length], inLowerCase)
  for (const { place, progress } of live) {
    for (const [at, part] of (globs[place] as Glob).entries()) if (progress & (1 << at)) add(literals, part, asIs)
  }
  return [
    ...Array.from(literals, (text) => ({ text, folded: text.toLowerCase() })),
    ...Array.from(folded).flatMap((text) => (isSpeltOtherwise(text, literals) ? { folded: text } : [])),
    {},
  ]
}

/** Whether a literal can be spelt in a letter case that is none of the literals. */
function isSpeltOtherwise(folded: string, literals: ReadonlySet<string>): boolean {
  const letters = folded.replace(/[^a-z]/g, '').length
  const spelt = Array.from(literals).filter((text) => text.toLowerCase() === folded).length
  return letters > 20 || spelt < 2 ** letters
}

/** Beyond the longest shape nothing but tails and globs goes on, and these do not count. */
function keyOf({ path: { method, segments }, rules, nearby, met, live }: Node, depth: number): string {
  const globs = live.map(({ place, progress }) => `${place}:${progress}`)
  return [method, Math.min(segments.length, depth), rules, nearby, met, globs].join(';')
}
