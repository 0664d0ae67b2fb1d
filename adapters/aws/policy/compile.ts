import type { Glob } from './glob.ts'
import { advance, BEGUN, covers, isDone, STAR, textOf, withoutCovered } from './glob.ts'
import type { Lists, Outlook, Path, Segment, Verdict } from './paths.ts'
import { pathsOf, TooMuch } from './paths.ts'
import type { Rule, Table } from './rules.ts'
import { ANY, METHODS, UNNAMED } from './rules.ts'

/** What passes, of the paths of one stage: what `allow` matches and `deny` does not. */
export interface Compiled extends Lists {
  /** The routes, by place, of which something passes that no policy can tell from what does not. */
  readonly lost: readonly number[]
}

export interface Options {
  readonly isReachable: boolean
  readonly isTight?: boolean
}

type Part = Glob[number]

/** As many as the bits of a glob's progress. */
const MOST_PARTS = 28
/** A literal has two to the power of its letters many spellings; each is a resource of its own. */
const MOST_SPELLINGS = 32
const MOST_ROUNDS = 16
/** Some tenths of a second in a small function. */
const MOST_VISITS = 20_000
/** No reply holds more, whatever they are. */
const MOST_ALLOWED = 140
const MOST_DENIED = 64

/**
 * Compiles a table to lists that IAM evaluates to what the core decides, or to less: what cannot be told apart is lost, not
 * widened. IAM knows no segments, so the lists are held against every kind of path, and what an `Allow` has too much is
 * denied, if that denies nothing else. `isReachable`: whether paths that no route names get through to an integration;
 * where they do not, `isTight` lets the lists match them, which makes them short.
 */
export function compile(table: Table, options: Options): Compiled {
  try {
    return compiled(table, options)
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    const passing = table.rules.flatMap(({ route, passing: { size } }) => (size > 0 ? [route] : []))
    return { allow: [], deny: [], lost: Array.from(new Set(passing)) }
  }
}

function compiled(table: Table, { isReachable, isTight = false }: Options): Compiled {
  const budget = { left: MOST_VISITS }
  const lost = new Set<number>()
  const literals = new Set(table.rules.flatMap(({ parts }) => parts.filter((part) => typeof part === 'string')))
  let own = table.rules.flatMap((rule) => (isExpressible(rule) ? globsOf(rule) : lose(rule)))
  let allow = own
  let deny: Glob[] = []

  function lose({ route, passing }: Rule): Glob[] {
    if (passing.size > 0) lost.add(route)
    return []
  }

  let folded = folds()
  allow = withoutCovered([...folded, ...own])
  if (allow.length > MOST_ALLOWED) throw new TooMuch()
  for (let round = 0; ; round++) {
    const wrong = tooMuch()
    if (wrong.length === 0) {
      return { allow, deny: withoutCovered(deny.filter(isOfUse)), lost: Array.from(lost).sort((a, b) => a - b) }
    }
    // What is spelt otherwise needs a glob for each spelling, so what can be dropped without it comes first.
    const [otherwise, plain] = [wrong.filter(isSpeltOtherwise), wrong.filter((path) => !isSpeltOtherwise(path))]
    const hopeless = round < MOST_ROUNDS ? denyEach(plain) : wrong
    const undeniable = hopeless.length > 0 ? hopeless : denyEach(otherwise)
    if (undeniable.length > 0 || deny.length > MOST_DENIED) {
      drop(undeniable.length > 0 ? undeniable : wrong)
      deny = deny.filter(isOfUse)
    }
  }

  /** Denies paths; gives those of which nothing that must pass can be told. */
  function denyEach(paths: readonly Path[]): Path[] {
    const left: Path[] = []
    for (const path of paths) {
      if (deny.length > MOST_DENIED || isDenied(path)) continue
      const denial = denialOf(path)
      if (denial.length === 0) left.push(path)
      else deny.push(...wider(denial))
    }
    return left
  }

  function isDenied(path: Path): boolean {
    const narrowest = spellings(path, literals)
    return (narrowest.length > 0 ? narrowest : [coarse(path)]).every((glob) => deny.some((each) => covers(each, glob)))
  }

  /** Wider globs that do for several. */
  function folds(): Glob[] {
    const byFirst = new Map<Part, Set<Part>>()
    const byPath = new Map<string, Glob[]>()
    for (const glob of own) {
      const [method, first] = glob as unknown as readonly [Part, Part]
      for (const part of new Set<Part>([STAR, first])) {
        byFirst.set(part, new Set<Part>([...(byFirst.get(part) ?? []), method]))
      }
      const path = textOf(glob.slice(1))
      byPath.set(path, [...(byPath.get(path) ?? []), glob])
    }
    const ofAllMethods = Array.from(byPath.values()).flatMap(([glob = [], ...others]): Glob[] =>
      others.length + 1 === METHODS.length ? [[STAR, ...glob.slice(1)]] : [],
    )
    const wider = Array.from(byFirst).flatMap(([part, methods]) =>
      Array.from(methods, (method): Glob => (part === STAR ? [method, STAR] : [method, part, STAR])),
    )
    const found: Glob[] = []
    for (const glob of [...EVERYTHING, ...wider, ...ofAllMethods]) {
      const isUseful = own.filter((each) => covers(glob, each)).length > 1 && !found.some((each) => covers(each, glob))
      if (isUseful && isRight(glob)) found.push(glob)
    }
    return found
  }

  /** Whether a glob matches nothing that must not pass. */
  function isRight(glob: Glob): boolean {
    for (const { path, verdict, isAllowed } of found([glob], [], ({ mayBeAllowed }) => mayBeAllowed)) {
      // A slash at the end can be denied for all of them.
      if (isTight && path.segments.at(-1)?.text === '') continue
      if (isAllowed && verdict !== 'passes' && (mustNotPass(verdict) || !isTight)) return false
    }
    return true
  }

  function found(allowed: readonly Glob[], denied: readonly Glob[], isWanted: (outlook: Outlook) => boolean) {
    return pathsOf(table, { allow: allowed, deny: denied }, isWanted, budget)
  }

  function mustNotPass(verdict: Verdict): boolean {
    return verdict === 'refused' || (verdict === 'unknown' && isReachable)
  }

  /** Paths that pass here and not at the core. */
  function tooMuch(): Path[] {
    const all = found(allow, deny, ({ mayBeAllowed, isDenied }) => mayBeAllowed && !isDenied)
    return Array.from(all).flatMap(({ path, verdict, doubted, isAllowed, isDenied }) => {
      if (doubted !== undefined) lost.add(doubted)
      return mustNotPass(verdict) && isAllowed && !isDenied ? [path] : []
    })
  }

  /** What denies a path and nothing that must pass; none where nothing does. */
  function denialOf(path: Path): readonly Glob[] {
    return [[coarse(path)], spellings(path, literals)].find((globs) => globs.every(isHarmless)) ?? []
  }

  /** Wider globs that deny nothing that must pass either. */
  function wider(globs: readonly Glob[]): readonly Glob[] {
    let widest = globs
    for (let place = 0; place < (globs[0]?.length ?? 0); place++) {
      const next = withoutCovered(widest.map((glob) => glob.map((part, at) => (at === place ? STAR : part))))
      if (next.every(isHarmless)) widest = next
    }
    return widest
  }

  /** Whether a glob matches nothing that must pass. */
  function isHarmless(glob: Glob): boolean {
    for (const { verdict, isAllowed, isDenied } of found(allow, [glob], isBoth)) {
      if (verdict === 'passes' && isAllowed && isDenied) return false
    }
    return true
  }

  /** Gives up what lets paths pass that must not, and that nothing else keeps out. */
  function drop(paths: readonly Path[]): void {
    const kept = (glob: Glob) => !paths.some((path) => isMatch(glob, path))
    const dropped = new Set(allow.filter((glob) => !kept(glob)).map(textOf))
    for (const rule of table.rules.filter(isExpressible)) {
      if (globsOf(rule).some((glob) => dropped.has(textOf(glob)))) lose(rule)
    }
    folded = folded.filter(kept)
    own = own.filter((glob) => !dropped.has(textOf(glob)))
    // What a wider one stood for stands for itself again.
    allow = withoutCovered([...folded, ...own])
  }

  /** Whether a glob denies something that an `Allow` has too much. */
  function isOfUse(glob: Glob): boolean {
    for (const { verdict, isAllowed, isDenied } of found(allow, [glob], isBoth)) {
      if (mustNotPass(verdict) && isAllowed && isDenied) return true
    }
    return false
  }
}

const EVERYTHING: readonly Glob[] = [[STAR, STAR]]

const isBoth = ({ mayBeAllowed, mayBeDenied }: Outlook) => mayBeAllowed && mayBeDenied

function isExpressible({ parts }: Rule): boolean {
  return parts.length < MOST_PARTS && !parts.includes(UNNAMED)
}

function globsOf({ parts, hasTail, passing }: Rule): Glob[] {
  const path = [...parts.map((part) => (part === ANY ? STAR : part)), ...(hasTail ? [STAR] : [])] as Glob
  return Array.from(passing, (method): Glob => [method, ...path])
}

function isMatch(glob: Glob, { method, segments }: Path): boolean {
  const begun = advance(glob, BEGUN, method)
  return isDone(
    glob,
    segments.reduce((progress, { text }) => advance(glob, progress, text), begun),
  )
}

function isSpeltOtherwise({ segments }: Path): boolean {
  return segments.some(({ text, folded }) => text === undefined && folded !== undefined)
}

/** One glob for a path, whatever its letter cases. */
function coarse({ method, segments }: Path): Glob {
  return [method, ...segments.map(({ text }) => text ?? STAR)]
}

/** The narrowest globs that match a path, one for each way to spell it; none where there are too many. */
function spellings({ method, segments }: Path, literals: ReadonlySet<string>): Glob[] {
  if (segments.length >= MOST_PARTS) return []
  let paths: Glob[] = [[method]]
  for (const segment of segments) {
    const choices = choicesOf(segment, literals)
    if (paths.length * choices.length > MOST_SPELLINGS) return []
    paths = paths.flatMap((path) => choices.map((choice): Glob => [...path, choice]))
  }
  return paths
}

function choicesOf({ text, folded }: Segment, literals: ReadonlySet<string>): Glob {
  if (text !== undefined) return [text]
  return folded === undefined ? [STAR] : casesOf(folded, literals)
}

/** All letter cases of a text but those that are literals themselves; more than are used where there are many. */
function casesOf(folded: string, literals: ReadonlySet<string>): string[] {
  let cases = ['']
  for (const letter of folded) {
    const upper = letter.toUpperCase()
    cases = cases.flatMap((text) => (upper === letter ? [text + letter] : [text + letter, text + upper]))
    if (cases.length > 2 * MOST_SPELLINGS) cases = cases.slice(0, 2 * MOST_SPELLINGS)
  }
  return cases.filter((text) => !literals.has(text))
}
