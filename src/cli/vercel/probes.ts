import { isUnder, segmentsOf } from '../../lib/path.ts'
import type { Answering } from './project.ts'
import { isAny } from './served.ts'
import type { Subject } from './subject.ts'

/** What stands for any segment: no literal of anybody's. */
export const SAMPLE = 'latchkey-sample'

/** Segments that matchers are known to exclude, by their endings. */
const ENDINGS = ['png', 'ico', 'txt', 'json', 'js', 'css']

/** A path that is tried. */
export interface Probe {
  readonly path: string
  /** Whether a parameter or the tail of it has a value that somebody may have thought of as a file, or a folder. */
  readonly isExotic: boolean
}

/** Paths of a route of the document: `/orders/:id`, `/admin/*`. */
export function probesOfRoute(path: string, words: readonly string[]): Probe[] {
  const segments = segmentsOf(path)
  const hasTail = segments.at(-1) === '*'
  const head = hasTail ? segments.slice(0, -1) : segments
  return probesOf(
    head.map((each) => (each.startsWith(':') ? undefined : each)),
    hasTail ? (head.length === 0 ? 'any' : 'some') : 'none',
    words,
  )
}

/** Paths that a file serves. */
export function probesOfFile({ segments, tail }: Answering, words: readonly string[]): Probe[] {
  return probesOf(
    segments.map((each) => (isAny(each) ? undefined : each)),
    tail,
    words,
  )
}

/** Undefined is any segment. */
function probesOf(
  head: readonly (string | undefined)[],
  tail: 'none' | 'some' | 'any',
  words: readonly string[],
): Probe[] {
  const plain = head.map((each) => each ?? SAMPLE)
  const tails = { none: [[]], some: [[SAMPLE], [SAMPLE, SAMPLE]], any: [[], [SAMPLE], [SAMPLE, SAMPLE]] }[tail]
  const odd = [...ENDINGS.map((ending) => `${SAMPLE}.${ending}`), ...words]
  const exotic = [
    ...head
      .flatMap((each, place) => (each === undefined ? odd.map((word) => plain.with(place, word)) : []))
      .flatMap((each) => tails.slice(0, 1).map((more) => [...each, ...more])),
    ...(tail === 'none'
      ? []
      : odd.flatMap((word) => [
          [...plain, word],
          [...plain, word, SAMPLE],
          [...plain, SAMPLE, word],
        ])),
  ]
  return [
    ...tails.map((more) => ({ path: joined([...plain, ...more]), isExotic: false })),
    ...exotic.map((each) => ({ path: joined(each), isExotic: true })),
  ]
}

function joined(segments: readonly string[]): string {
  return `/${segments.join('/')}`
}

const MOST_WORDS = 40

/** The words of a matcher, which are the paths that it may exclude; those of Next's own files left out. */
export function wordsIn(sources: readonly string[]): string[] {
  const words = sources.flatMap((source) =>
    Array.from(source.replaceAll('\\', '').matchAll(/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9]+)*/g), ([word]) => word),
  )
  const isFile = (word: string) => /^[a-z0-9]{2,5}$/.test(word)
  const all = words.flatMap((word) => [word, ...(isFile(word) ? [`${SAMPLE}.${word}`] : [])])
  return Array.from(new Set(all.filter((word) => !word.startsWith('_next')))).slice(0, MOST_WORDS)
}

/** The other forms by which the same is served as on a path that reaches the gate. */
export function formsOf(path: string, { project, serving }: Subject): string[] {
  const { isNext, config, folders } = project
  if (!isNext) return []
  const { basePath, locales, hasBothSlashes } = config
  const whole = basePath !== '' && path.startsWith(basePath) ? path.slice(basePath.length) : path
  const rest = whole.replace(/\/$/, '') || '/'
  const stem = rest === '/' ? '/index' : rest
  const kinds = new Set(serving(path).map(({ kind }) => kind))
  const isUnknown = kinds.size === 0
  const hasRsc = kinds.has('app-page') || kinds.has('app-handler') || (isUnknown && folders.app !== undefined)
  const hasSegments = kinds.has('app-page') || (isUnknown && folders.app !== undefined)
  const isPagesPage = kinds.has('pages-page') || (isUnknown && folders.pages !== undefined && !isUnder(rest, '/api'))
  const localized = locales.map((locale) => `/${locale}${stem}`)
  const data = (locales.length > 0 ? localized : [stem]).map((each) => `/_next/data/BUILD${each}.json`)
  const forms = [
    ...(hasRsc ? [`${stem}.rsc`] : []),
    ...(hasSegments ? [`${stem}.segments/_tree.segment.rsc`] : []),
    ...(isPagesPage ? data : []),
    ...(isPagesPage ? locales.map((locale) => `/${locale}${rest === '/' ? '' : rest}`) : []),
    ...(hasBothSlashes && rest !== '/' ? [`${rest}/`] : []),
  ]
  return forms.map((each) => basePath + each)
}
