import { parse, pathToRegexp, tokensToRegexp } from 'path-to-regexp'
import { isUnder } from '../../lib/path.ts'
import type { Written, WrittenObject } from './source.ts'

/** What of a request, beside its path, a matcher asks for. A client chooses all of it. */
export interface Condition {
  readonly type: 'header' | 'query' | 'cookie' | 'host'
  readonly key?: string
  readonly value?: string
}

/** One entry of a `matcher`, as the framework compiles it. */
export interface Rule {
  readonly source: string
  /** Case counts: the framework keeps the text of the expression, without its flags. */
  readonly pattern: RegExp
  readonly has: readonly Condition[]
  readonly missing: readonly Condition[]
  /** Whether it has a `regexp`, by which nothing is matched. */
  readonly hasRegexp: boolean
}

/** What of a `next.config` changes a matcher. */
export interface Routing {
  readonly basePath: string
  readonly locales: readonly string[]
  readonly defaultLocale: string | undefined
}

export const NO_ROUTING: Routing = { basePath: '', locales: [], defaultLocale: undefined }

/** A `matcher` that is none: why the framework refuses it. */
export interface Refused {
  readonly fault: string
}

const DATA_PREFIX = '/:nextData(_next/data/[^/]{1,})?'
const RSC_SUFFIX = '\\.rsc|\\.segments/.+\\.segment\\.rsc'
const LOCALE = '/:nextInternalLocale((?!_next/)[^/.]{1,})'
const MOST_SOURCE_CHARACTERS = 4096

/** Compiles a matcher as Next does (`getMiddlewareMatchers`): data and RSC forms, a locale and the base path are added. */
export function nextRules(matcher: Written, routing: Routing): readonly Rule[] | Refused {
  return rulesOf(matcher, (written) => {
    const given = typeof written === 'string' ? { source: written } : written
    const { source } = given
    if (typeof source !== 'string') return { fault: 'an entry without a source' }
    const faults = [sourceFault(source), keyFault(given), ...conditionFaults(given)].filter(
      (each) => each !== undefined,
    )
    if (faults[0] !== undefined) return { fault: faults[0] }
    const compiled = compile(nextSource(source, given['locale'] === false, routing), nextRegexp)
    return compiled instanceof RegExp ? ruleOf(source, compiled, given) : compiled
  })
}

/** Compiles a matcher as Vercel does for any other framework: paths, and nothing is added. */
export function vercelRules(matcher: Written): readonly Rule[] | Refused {
  const all = [matcher].flat()
  return rulesOf(matcher, (source) => {
    if (typeof source !== 'string') return { fault: 'an entry that is no path: only Next takes objects' }
    const fault = sourceFault(source)
    if (fault !== undefined) return { fault }
    const sources = source === '/' && !all.includes('/index') ? [source, '/index'] : [source]
    const compiled = compile(sources, (each) => pathToRegexp(each))
    return compiled instanceof RegExp ? ruleOf(source, compiled, {}) : compiled
  })
}

function rulesOf(
  matcher: Written,
  ruleFor: (entry: string | WrittenObject) => Rule | Refused,
): readonly Rule[] | Refused {
  const rules: Rule[] = []
  if (!Array.isArray(matcher) && typeof matcher !== 'string') return { fault: 'neither a path nor a list' }
  for (const entry of [matcher].flat() as readonly Written[]) {
    if (typeof entry !== 'string' && (typeof entry !== 'object' || entry === null || Array.isArray(entry))) {
      return { fault: 'an entry that is no path' }
    }
    const rule = ruleFor(entry as string | WrittenObject)
    if ('fault' in rule) return rule
    rules.push(rule)
  }
  return rules
}

function sourceFault(source: string): string | undefined {
  if (!source.startsWith('/')) return `"${source}" does not begin with /`
  return source.length > MOST_SOURCE_CHARACTERS ? 'a path that is too long' : undefined
}

const KEYS = ['source', 'locale', 'has', 'missing', 'regexp']

function keyFault(entry: WrittenObject): string | undefined {
  const unknown = Object.keys(entry).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `an entry with "${unknown}"`
  return entry['locale'] === undefined || entry['locale'] === false ? undefined : 'a locale that is not false'
}

const TYPES = ['header', 'query', 'cookie', 'host']

function conditionFaults(entry: WrittenObject): (string | undefined)[] {
  return (['has', 'missing'] as const).map((name) => {
    const written = entry[name]
    if (written === undefined) return undefined
    const isList = Array.isArray(written)
    const isEach = (each: Written) =>
      typeof each === 'object' && each !== null && TYPES.includes(String((each as WrittenObject)['type']))
    return isList && (written as readonly Written[]).every(isEach)
      ? undefined
      : `"${name}" that is no list of conditions`
  })
}

function ruleOf(source: string, pattern: RegExp, entry: WrittenObject): Rule {
  const conditions = (name: string) => (entry[name] ?? []) as unknown as readonly Condition[]
  return { source, pattern, has: conditions('has'), missing: conditions('missing'), hasRegexp: 'regexp' in entry }
}

function nextSource(source: string, isLocaleFree: boolean, { basePath, locales }: Routing): string[] {
  const isRoot = source === '/'
  const hasLocale = locales.length > 0 && !isLocaleFree
  const localized = hasLocale ? `${LOCALE}${isRoot ? '' : source}` : source
  const suffix = isRoot
    ? `(${locales.length > 0 ? '|\\.json|' : ''}/?index|/?index\\.json|/?index(?:${RSC_SUFFIX}))?`
    : `{(\\.json|${RSC_SUFFIX})}?`
  return [`${basePath}${DATA_PREFIX}${localized}${suffix}`]
}

/** As Next does it: a token that repeats, and has nothing around it, is taken for a segment. */
function nextRegexp(source: string): RegExp {
  const tokens = parse(source)
  try {
    return tokensToRegexp(tokens)
  } catch {
    return tokensToRegexp(
      tokens.map((token) => {
        if (typeof token === 'string' || (token.modifier !== '*' && token.modifier !== '+')) return token
        return token.prefix === '' && token.suffix === '' ? { ...token, prefix: '/' } : token
      }),
    )
  }
}

function compile(sources: readonly string[], regexpOf: (source: string) => RegExp): RegExp | Refused {
  try {
    return new RegExp(sources.map((source) => regexpOf(source).source).join('|'))
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'a path that cannot be read' }
  }
}

/** The path by which Next looks at its matcher: with the default locale where none stands in it. */
export function routedPath(path: string, { basePath, locales, defaultLocale }: Routing): string {
  if (locales.length === 0 || defaultLocale === undefined) return path
  const hasBase = basePath !== '' && isUnder(path, basePath)
  const base = hasBase ? basePath : ''
  const rest = path.slice(base.length) || '/'
  const [first = ''] = rest.slice(1).split('/')
  const isKnown = locales.some((locale) => locale.toLowerCase() === first.toLowerCase())
  if (isKnown || rest.startsWith('/_next/')) return path
  return `${base}/${defaultLocale}${rest === '/' ? '' : rest}`
}
