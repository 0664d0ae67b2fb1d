import { constantsIn, resolverOf, textsIn } from './declarations.ts'
import type { ProjectFiles } from './files.ts'
import type { Place } from './findings.ts'
import type { Routing } from './matcher.ts'
import { NO_ROUTING } from './matcher.ts'
import type { Expression, Source, Written } from './source.ts'
import { bare, hasMember, memberOf, UNREAD, writtenIn } from './source.ts'

/** What of a `next.config` concerns a gate, as far as it is written out. */
export interface NextConfig extends Routing {
  readonly place: Place
  readonly pageExtensions: readonly string[]
  readonly skipProxyUrlNormalize: boolean
  /** Whether both forms of a path are served, as no redirect makes them one. */
  readonly hasBothSlashes: boolean
  /** Whether a redirect adds a slash to what has none at its end. */
  readonly addsSlash: boolean
  readonly hasRewrites: boolean
  /** Whether some text in it ends in `.rsc`, as the source of the redirect does. */
  readonly hasRscRedirect: boolean
  /** What could not be read: names of keys, or `everything`. */
  readonly unread: readonly string[]
}

const NAMES = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `next.config.${ending}`)
const EXTENSIONS = ['tsx', 'ts', 'jsx', 'js']

const ABSENT = {
  ...NO_ROUTING,
  pageExtensions: EXTENSIONS,
  skipProxyUrlNormalize: false,
  hasBothSlashes: false,
  addsSlash: false,
  hasRewrites: false,
  hasRscRedirect: false,
  unread: [],
}

/** Reads the configuration of Next, which is never run. */
export function nextConfigOf(files: ProjectFiles): NextConfig {
  const path = NAMES.find((name) => files.paths.includes(name))
  if (path === undefined) return { ...ABSENT, place: { file: 'package.json', line: 1 } }
  const place = { file: path, line: 1 }
  const source = files.source(path)
  const config = source && configIn(source)
  if (!source || !config) return { ...ABSENT, place, unread: ['everything'] }
  return { ...configOf(source, config), place }
}

function configOf(source: Source, config: Expression): Omit<NextConfig, 'place'> {
  const unread: string[] = []
  const resolve = resolverOf(source)
  const isSpread = config.type === 'ObjectExpression' && config.properties.some(({ type }) => type === 'SpreadElement')
  if (isSpread) unread.push('what is spread into it')

  function read(...names: readonly string[]): Written {
    const name = names.find((each) => hasMember(config, each))
    if (name === undefined) return undefined
    const member = memberOf(config, name)
    const value = member ? writtenIn(member, resolve) : UNREAD
    if (value === UNREAD) unread.push(name)
    return value === UNREAD ? undefined : value
  }

  const basePath = read('basePath')
  const { locales, defaultLocale } = localesOf(read('i18n'))
  const extensions = read('pageExtensions')
  const hasSlash = read('trailingSlash') === true
  const isUnredirected = read('skipTrailingSlashRedirect') === true
  return {
    basePath: typeof basePath === 'string' ? basePath.replace(/\/$/, '') : '',
    locales,
    defaultLocale,
    pageExtensions: Array.isArray(extensions) ? extensions.map(String) : EXTENSIONS,
    skipProxyUrlNormalize: read('skipProxyUrlNormalize', 'skipMiddlewareUrlNormalize') === true,
    hasBothSlashes: hasSlash || isUnredirected,
    addsSlash: hasSlash && !isUnredirected && !unread.includes('skipTrailingSlashRedirect'),
    hasRewrites: hasMember(config, 'rewrites'),
    hasRscRedirect: textsIn(source).some((text) => text.endsWith('.rsc') && text.startsWith('/')),
    unread,
  }
}

function localesOf(i18n: Written): Pick<Routing, 'locales' | 'defaultLocale'> {
  if (typeof i18n !== 'object' || i18n === null || Array.isArray(i18n)) return NO_ROUTING
  const { locales, defaultLocale } = i18n as Readonly<Record<string, Written>>
  return {
    locales: Array.isArray(locales) ? locales.map(String) : [],
    defaultLocale: typeof defaultLocale === 'string' ? defaultLocale : undefined,
  }
}

/** The object that a module gives: by `export default` or `module.exports`, named, made by a function, or wrapped. */
function configIn(source: Source): Expression | undefined {
  for (const statement of source.statements) {
    if (statement.type === 'ExportDefaultDeclaration') return objectIn(statement.declaration as Expression, source)
    if (statement.type !== 'ExpressionStatement') continue
    const assignment = statement.expression
    if (assignment.type !== 'AssignmentExpression' || assignment.left.type !== 'MemberExpression') continue
    const { object, property } = assignment.left
    if (object.type === 'Identifier' && object.name === 'module' && property.type === 'Identifier') {
      if (property.name === 'exports') return objectIn(assignment.right, source)
    }
  }
  return undefined
}

const MOST_STEPS = 8

function objectIn(node: Expression | undefined, source: Source, steps = MOST_STEPS): Expression | undefined {
  const expression = bare(node)
  if (!expression || steps === 0) return undefined
  const next = (each: Expression | undefined) => objectIn(each, source, steps - 1)
  switch (expression.type as string) {
    case 'ObjectExpression':
      return expression
    case 'Identifier': {
      const { name } = expression as { readonly name: string }
      return next(constantsIn(source).find((each) => each.name === name && !each.isPart)?.value)
    }
    case 'CallExpression': {
      const { arguments: given } = expression as unknown as { readonly arguments: readonly Expression[] }
      return given.map(next).find((each) => each !== undefined)
    }
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'FunctionDeclaration': {
      const { body } = expression as unknown as { readonly body: Expression & { readonly body?: readonly unknown[] } }
      if ((body.type as string) !== 'BlockStatement') return next(body)
      const returns = (body.body ?? []).filter((each) => (each as { type: string }).type === 'ReturnStatement')
      const [only, ...more] = returns as readonly { readonly argument: Expression }[]
      return more.length > 0 ? undefined : next(only?.argument)
    }
    default:
      return undefined
  }
}
