import type { Settings } from '../../../src/config.ts'
import type { RouteDocument } from '../../../src/document.ts'
import { segmentsOf } from '../../../src/lib/path.ts'
import type { PermissionParts } from '../../../src/lib/permission.ts'
import { covers, parsePermission } from '../../../src/lib/permission.ts'
import type { Grant, Principal } from '../../../src/model/principal.ts'

/** The methods that API Gateway takes. */
export const METHODS: readonly ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] = [
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
]
export type Method = (typeof METHODS)[number]

/** Any one segment that is not empty. */
export const ANY: unique symbol = Symbol('any')

/**
 * A literal that no resource can name, as it has escapes, which an ARN may or may not show decoded, or one of IAM's own
 * characters. It may be any text that is no other literal.
 */
export const UNNAMED: unique symbol = Symbol('unnamed')

/** A literal that stands for itself in a resource and in every reading of a path. */
const NAMED = /^[A-Za-z0-9\-._~!&'()+,=:@]*$/

/** Paths, segment by segment. */
export interface Shape {
  readonly parts: readonly (string | typeof ANY | typeof UNNAMED)[]
  /** Whether one or more segments follow, of which the last may be empty. */
  readonly hasTail: boolean
}

/** What holds for paths of a shape; of several rules the first counts whose shape and methods fit. */
export interface Rule extends Shape {
  /** Of which route of the document it is a part, by place; -1: what is Latchkey's own. */
  readonly route: number
  readonly methods: ReadonlySet<Method>
  /** The methods that pass. */
  readonly passing: ReadonlySet<Method>
}

/** A route as others may be missed for it: by letter case, or by a slash at the end. */
export interface NearbyRoute extends Shape {
  readonly route: number
  readonly methods: ReadonlySet<Method>
}

/** What a table of routes says of all paths, for one principal. */
export interface Table {
  readonly rules: readonly Rule[]
  /** The protected routes, where paths are strict: a path that slips past one of them is ambiguous. */
  readonly nearby: readonly NearbyRoute[]
}

/** Who is judged; `hasCookie`: his credential is one that browsers send by themselves, so writing needs more than it. */
export interface Judged {
  readonly principal: Principal | 'anonymous'
  readonly hasCookie: boolean
}

/** More boxes than this nobody wants to read in a policy. */
const MOST_BOXES = 64

/** What the routes say about a principal, whenever and from wherever he calls. */
export function tableFor({ routes, base, strictPaths }: Settings, judged: Judged): Table {
  const own = { route: -1, parts: segmentsOf(base), methods: new Set(METHODS), passing: new Set<Method>() }
  return {
    rules: [
      { ...own, hasTail: false },
      { ...own, hasTail: true },
      ...routes.flatMap((route, place) => rulesOf(route, place, judged)),
    ],
    nearby: strictPaths
      ? routes.flatMap((route, place) =>
          route.public ? [] : [{ ...shapeOf(route.path), route: place, methods: methodsOf(route) }],
        )
      : [],
  }
}

/** Whether a path of some segments passes, letter cases and all else aside. */
export function passes({ rules }: Table, method: Method, segments: readonly string[]): boolean {
  const found = rules.find(
    (rule) =>
      rule.methods.has(method) &&
      (rule.hasTail ? segments.length > rule.parts.length : segments.length === rule.parts.length) &&
      rule.parts.every((part, place) => part === ANY || part === segments[place]),
  )
  return found?.passing.has(method) ?? false
}

function shapeOf(path: string): Shape {
  const segments = segmentsOf(path)
  const hasTail = segments.at(-1) === '*'
  return {
    parts: (hasTail ? segments.slice(0, -1) : segments).map((each) => (isName(each) ? ANY : named(each))),
    hasTail,
  }
}

function named(text: string): string | typeof UNNAMED {
  return NAMED.test(text) ? text : UNNAMED
}

function isName(segment: string): boolean {
  return segment.startsWith(':')
}

/** GET covers HEAD (RFC 9110 9.3.2). */
function methodsOf({ methods }: RouteDocument): ReadonlySet<Method> {
  return new Set(
    METHODS.filter(
      (method) => !methods || methods.includes(method === 'HEAD' ? 'GET' : method) || methods.includes(method),
    ),
  )
}

function rulesOf(route: RouteDocument, place: number, { principal, hasCookie }: Judged): Rule[] {
  const shape = shapeOf(route.path)
  const methods = methodsOf(route)
  const rule = (passing: Iterable<Method>): Rule => ({ ...shape, route: place, methods, passing: new Set(passing) })
  if (route.public) return [rule(methods)]
  if (principal === 'anonymous' || !isTaken(route, principal)) return [rule([])]
  const reachable = Array.from(methods).filter((method) => !hasCookie || accessOf(route, method) === 'read')
  const boxes = new Map<string, { readonly shape: Shape; readonly passing: Method[] }>()
  for (const method of reachable) {
    for (const filled of fillings(route, accessOf(route, method), principal)) {
      const key = JSON.stringify(Array.from(filled).sort())
      const known = boxes.get(key) ?? { shape: filledShape(shape, route.path, filled), passing: [] }
      boxes.set(key, { ...known, passing: [...known.passing, method] })
    }
  }
  const all = Array.from(boxes.values())
  if (all.length > MOST_BOXES) return [rule([])]
  return [
    ...all.map(({ shape: box, passing }) => ({
      ...box,
      route: place,
      methods: new Set(passing),
      passing: new Set(passing),
    })),
    rule([]),
  ]
}

function isTaken({ surface = 'api', credentials }: RouteDocument, principal: Principal): boolean {
  return surface === principal.surface && (!credentials || credentials.includes(principal.credential))
}

function accessOf({ access }: RouteDocument, method: Method): 'read' | 'write' {
  return access ?? (['GET', 'HEAD', 'OPTIONS'].includes(method) ? 'read' : 'write')
}

/** Values of a path's parameters; what is not named may be anything. */
type Filling = ReadonlyMap<string, string>

const ANYTHING: readonly Filling[] = [new Map()]

/** With which values of its parameters a route passes, by grant and ceiling. */
function fillings(route: RouteDocument, access: 'read' | 'write', { grant, ceiling }: Principal): readonly Filling[] {
  const templates = [route.permission ?? []].flat().map((text) => parsePermission(text).parts)
  const byGrant = granted(grant, access, templates)
  return ceiling ? both(byGrant, granted(ceiling, access, templates)) : byGrant
}

function granted(grant: Grant, access: 'read' | 'write', templates: readonly PermissionParts[]): readonly Filling[] {
  if (grant.type !== 'custom') return grant.type === 'full-access' || access === 'read' ? ANYTHING : []
  if (templates.length === 0) return []
  return templates.reduce<readonly Filling[]>((filled, template) => both(filled, coverings(grant, template)), ANYTHING)
}

const NAME = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/
const PLACEHOLDER = /\{[A-Za-z_][A-Za-z0-9_]*\}/

/** With which values what a template needs is granted. */
function coverings({ permissions, literals }: Grant, template: PermissionParts): readonly Filling[] {
  const patterns = permissions.map((text) => parsePermission(text).parts)
  // A value may hold what separates segments elsewhere; as it stands in no pattern then, only "*" covers it.
  const fromPatterns = patterns.flatMap((pattern) => unified(pattern, template) ?? [])
  const fromLiterals = Array.from(literals ?? []).flatMap((text) => unified(text.split('\0'), template, true) ?? [])
  return [...fromPatterns, ...fromLiterals]
}

/** What the parameters of a template must be for a pattern to cover it; undefined where it never does. */
function unified(pattern: PermissionParts, template: PermissionParts, isLiteral = false): Filling | undefined {
  const filled = new Map<string, string>()
  const needed = template.map((part, place) => {
    const [, name] = NAME.exec(part) ?? []
    const wanted = pattern[place]
    if (name === undefined) return PLACEHOLDER.test(part) ? UNKNOWN_VALUE : part
    if (wanted === undefined || (wanted === '*' && !isLiteral)) return UNKNOWN_VALUE
    const value = filled.get(name) ?? wanted
    filled.set(name, value)
    return value
  })
  const isCovered = isLiteral ? needed.join('\0') === pattern.join('\0') : covers(pattern, needed)
  // No parameter is ever empty.
  return isCovered && !Array.from(filled.values()).includes('') ? filled : undefined
}

/** In no pattern. */
const UNKNOWN_VALUE = '\0'

/** Where both hold. */
function both(some: readonly Filling[], others: readonly Filling[]): readonly Filling[] {
  return some.flatMap((one) => others.flatMap((other) => together(one, other) ?? []))
}

function together(one: Filling, other: Filling): Filling | undefined {
  for (const [name, value] of other) if ((one.get(name) ?? value) !== value) return undefined
  return new Map([...one, ...other])
}

function filledShape(shape: Shape, path: string, filled: Filling): Shape {
  const segments = segmentsOf(path)
  const valueAt = (place: number) => filled.get((segments[place] as string).slice(1))
  return {
    ...shape,
    parts: shape.parts.map((part, place) => {
      const value = part === ANY ? valueAt(place) : undefined
      return value === undefined ? part : named(value)
    }),
  }
}
