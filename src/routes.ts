import type { RouteDocument } from './document.ts'
import type { Endpoints } from './endpoints.ts'
import { TOKEN } from './lib/header-name.ts'
import { isHost } from './lib/host.ts'
import type { PathClass, Target } from './lib/path.ts'
import { classifyPath, isUnder, loosestReading, segmentsOf, splitTarget, upperEscapes } from './lib/path.ts'
import { decodeUtf8 } from './lib/percent.ts'
import type { Permission } from './lib/permission.ts'
import { permissionTemplate } from './lib/permission.ts'
import type { Access } from './model/access.ts'
import type { Match, Refusal } from './model/decision.ts'

/** What the route table needs of the settings. */
export interface RouteTable {
  readonly base: string
  readonly routes: readonly RouteDocument[]
  readonly strictPaths: boolean
  readonly refusePreflights: boolean
}

/**
 * Finds what an access is matched with, or refuses it as ambiguous or unknown. `endpoints`:
 * Latchkey's own, where the request that is judged will be answered here.
 */
export type FindMatch = (access: Access, endpoints: Endpoints | undefined) => Match | Refusal

interface Route {
  readonly place: number
  readonly document: RouteDocument
  readonly segments: readonly Segment[]
  readonly hasTail: boolean
  readonly isProtected: boolean
  readonly access: 'read' | 'write' | undefined
  readonly permissions: readonly ((values: ReadonlyMap<string, string>) => Permission)[]
  readonly parameters: readonly { readonly name: string; readonly place: number }[]
  readonly credentials: ReadonlySet<string> | undefined
}

/** One segment of a pattern: a literal in the three forms in which it is compared, or a parameter. */
type Segment = { readonly raw: string; readonly decoded: string; readonly folded: string } | 'parameter'
type Form = 'raw' | 'decoded' | 'folded'

const AMBIGUOUS: Refusal = { reason: 'request-ambiguous' }
const UNKNOWN: Refusal = { reason: 'route-unknown' }
const OWN = /^\/(?:live|health|whoami|verify(?:\/.*)?)$/s
const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Compiles a route table. First match wins; nothing is rewritten, so the bytes that are judged are those that are served. */
export function routeTable(table: RouteTable): FindMatch {
  const routes = table.routes.map(compile)

  return (access, endpoints) => {
    const target = splitTarget(access.target)
    if (!target || !isHost(access.host)) return AMBIGUOUS
    const kind = classifyPath(target.path)
    if (kind === 'ambiguous') return AMBIGUOUS
    const preflightMethod = preflightMethodOf(access)
    if (isUnder(target.path, table.base) || endpoints?.isElsewhere(target.path)) {
      if (kind === 'opaque' || (kind === 'escaped' && isOwn(decodeUtf8(target.path) as string))) return AMBIGUOUS
      if (kind !== 'plain') return UNKNOWN
      return endpoints?.match(target, preflightMethod ?? access.method, preflightMethod !== undefined) ?? UNKNOWN
    }
    const segments = segmentsOf(kind === 'plain' ? target.path : upperEscapes(target.path))
    if (preflightMethod !== undefined) {
      const found = findUnambiguous(target.path, kind, segments, preflightMethod)
      if (found === 'ambiguous') return AMBIGUOUS
      if (found && !refusesPreflight(found)) return matchOf(found, target, segments, access.method, 'preflight')
    }
    const found = findUnambiguous(target.path, kind, segments, access.method)
    if (found === 'ambiguous') return AMBIGUOUS
    return found ? matchOf(found, target, segments, access.method, found.isProtected ? 'judged' : 'public') : UNKNOWN
  }

  /** Whether a path is one that Latchkey answers itself, somewhere. */
  function isOwn(path: string): boolean {
    return OWN.test(path.slice(table.base.length))
  }

  function refusesPreflight(route: Route): boolean {
    return route.document.preflight === undefined ? table.refusePreflights : route.document.preflight === 'refuse'
  }

  /** The first route that matches, unless another reading of the same path would meet another one. */
  function findUnambiguous(
    path: string,
    kind: PathClass,
    segments: readonly string[],
    method: string,
  ): Route | 'ambiguous' | undefined {
    const found = first(routes, 'raw', segments, method)
    let decoded = segments
    if (kind !== 'plain') {
      if (kind === 'opaque' && (!found || !tailHolds(found, segments))) return 'ambiguous'
      const reading = kind === 'opaque' ? loosestReading(path) : (decodeUtf8(path) as string)
      if (isUnder(reading, table.base)) return 'ambiguous'
      decoded = segmentsOf(reading)
      if (first(routes, 'decoded', decoded, method) !== found) return 'ambiguous'
    }
    return found && table.strictPaths && slipsPast(found, decoded, method) ? 'ambiguous' : found
  }

  /** Whether an earlier, protected route is missed only by letter case or by one slash at the end. */
  function slipsPast(found: Route, decoded: readonly string[], method: string): boolean {
    if (found.place === 0) return false
    let folded: string[] | undefined
    for (const route of routes) {
      if (route === found) return false
      if (!route.isProtected || !takes(route, method)) continue
      folded ??= decoded.map((segment) => segment.toLowerCase())
      if (matches(route, 'folded', folded) || matches(route, 'folded', withOtherEnd(folded))) return true
    }
    return false
  }
}

function compile(document: RouteDocument, place: number): Route {
  const written = segmentsOf(document.path)
  const hasTail = written.at(-1) === '*'
  const segments = hasTail ? written.slice(0, -1) : written
  return {
    place,
    document,
    segments: segments.map((segment) => (segment.startsWith(':') ? 'parameter' : literal(segment))),
    hasTail,
    isProtected: document.public !== true,
    access: document.access,
    permissions: [document.permission ?? []].flat().map(permissionTemplate),
    parameters: segments.flatMap((segment, at) =>
      segment.startsWith(':') ? [{ name: segment.slice(1), place: at }] : [],
    ),
    credentials: document.credentials && new Set(document.credentials),
  }
}

function literal(segment: string): Segment {
  const decoded = decodeUtf8(segment) ?? segment
  return { raw: upperEscapes(segment), decoded, folded: decoded.toLowerCase() }
}

function first(routes: readonly Route[], form: Form, segments: readonly string[], method: string): Route | undefined {
  for (const route of routes) if (matches(route, form, segments) && takes(route, method)) return route
  return undefined
}

/** A parameter is one segment that is not empty; a tail is at least the slash before it. */
function matches(route: Route, form: Form, segments: readonly string[]): boolean {
  const length = route.segments.length
  if (route.hasTail ? segments.length <= length : segments.length !== length) return false
  for (let place = 0; place < length; place++) {
    const segment = route.segments[place] as Segment
    if (segment === 'parameter' ? segments[place] === '' : segment[form] !== segments[place]) return false
  }
  return true
}

/** GET covers HEAD (RFC 9110 9.3.2). */
function takes(route: Route, method: string): boolean {
  const { methods } = route.document
  return methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

/** Whether all that is opaque in a path lies in the route's tail, and the tail may hold it. */
function tailHolds(route: Route, segments: readonly string[]): boolean {
  if (route.document.tail !== 'opaque') return false
  const head = segments.slice(0, route.segments.length)
  return head.length === 0 || ['plain', 'escaped'].includes(classifyPath(`/${head.join('/')}`))
}

/** The same segments with the slash at the end taken away, or added. */
function withOtherEnd(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === '' ? segments.slice(0, -1) : [...segments, '']
}

/**
 * The method that a CORS preflight asks for (Fetch 3.2.2): OPTIONS with one `Origin` and one
 * `Access-Control-Request-Method`, and no body. Dapr's `OPTIONS /<binding>` has no such field and is none.
 */
function preflightMethodOf(access: Access): string | undefined {
  if (access.method !== 'OPTIONS') return undefined
  const [method, ...more] = access.header('access-control-request-method')
  const [origin, ...others] = access.header('origin')
  if (method === undefined || more.length > 0 || origin === undefined || others.length > 0) return undefined
  // Hosts that join repeated fields hand two of them over as one with a comma.
  if (!TOKEN.test(method) || origin.includes(',')) return undefined
  if (access.header('transfer-encoding').length > 0) return undefined
  return access.header('content-length').every((length) => length === '0') ? method : undefined
}

function matchOf(
  route: Route,
  target: Target,
  segments: readonly string[],
  method: string,
  passage: Match['passage'],
): Match {
  return {
    pattern: route.document.path,
    path: target.path,
    query: target.query,
    passage,
    access: route.access ?? (READING_METHODS.has(method) ? 'read' : 'write'),
    surface: route.document.surface ?? 'api',
    permissions: route.permissions.length === 0 ? NONE : fill(route, segments),
    credentials: route.credentials,
    endpoint: undefined,
  }
}

const NONE: readonly Permission[] = []

function fill(route: Route, segments: readonly string[]): readonly Permission[] {
  const values = new Map<string, string>()
  for (const { name, place } of route.parameters) {
    const segment = segments[place] as string
    values.set(name, decodeUtf8(segment) ?? segment)
  }
  return route.permissions.map((template) => template(values))
}
