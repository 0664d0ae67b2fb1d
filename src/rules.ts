import { DEFAULT_BASE, resultTtlSecondsOf } from './config.ts'
import { cacheSecondsOf, leastDelay, storeSecondsOf } from './delays.ts'
import type {
  ApiDocument,
  ApiKeyDocument,
  CredentialDocument,
  Document,
  GatewayKeyDocument,
  LimitDocument,
  PlaceDocument,
  RouteDocument,
} from './document.ts'
import { DEFAULT_PREFIXES } from './key-settings.ts'
import { canonicalHeaderName } from './lib/header-name.ts'
import { classifyPath, isUnder, segmentsOf } from './lib/path.ts'
import { placeholders } from './lib/permission.ts'
import { jsonPointer } from './lib/pointer.ts'
import { checkIdentity, checkIssuing, checkJwt, UNREAD_NAMES } from './rules-jwt.ts'

/** Something wrong in a document: where (RFC 6901), and what is allowed there. Never what stood there. */
export interface Fault {
  readonly pointer: string
  readonly message: string
}

/** Where a fault lies, below the place that is looked at. */
type Report = (below: readonly (string | number)[], message: string) => void

/**
 * What ties one place of a document to another, and what no schema can say. Speaks only of places whose shape is right,
 * so any part may be missing here.
 */
export function brokenRules(document: Partial<Document>, wellFormed: (pointer: string) => boolean): Fault[] {
  const faults: Fault[] = []
  const look = (path: readonly (string | number)[], rule: (report: Report) => void) => {
    if (!wellFormed(jsonPointer(path))) return
    rule((below, message) => faults.push({ pointer: jsonPointer([...path, ...below]), message }))
  }
  const credentials = listOf<CredentialDocument>(document.credentials)
  const routes = listOf<RouteDocument>(document.routes)

  for (const [place, credential] of credentials.entries()) {
    look(['credentials', place], (report) => {
      checkCredential(credential, credentials.slice(0, place), report)
      if (credential.kind === 'api-key') checkApiKey(credential, credentials.slice(0, place), document, report)
      if (credential.kind === 'gateway-key') checkGateways(credential, report)
      if (credential.kind === 'jwt') checkJwt(credential, document, report)
    })
  }
  for (const [place, route] of routes.entries()) {
    look(['routes', place], (report) => {
      checkPath(route, document.base ?? DEFAULT_BASE, report)
      checkRoute(route, credentials, report)
    })
  }
  if (document.keys !== undefined) look(['keys'], (report) => checkKeys(document, report))
  if (document.issuing !== undefined) look(['issuing'], (report) => checkIssuing(credentials, report))
  if (document.identity !== undefined) look(['identity'], (report) => checkIdentity(document, report))
  if (wellFormed('/apis')) {
    const readable = wellFormed('/credentials') ? credentials : []
    for (const place of (document.apis ?? []).keys()) {
      look(['apis', place], (report) => checkApi(document, place, readable, report))
    }
  }
  if (document.owners !== undefined) look(['owners'], (report) => checkOwners(document, report))
  if (typeof document.origin === 'object') look(['origin'], (report) => checkOrigin(document, report))
  if (document.proxies !== undefined) look(['proxies'], (report) => checkProxies(document, report))
  if (
    document.revocation !== undefined &&
    ['/secretsSeconds', '/staleSeconds', '/credentials', '/apis', '/store'].every(wellFormed)
  ) {
    look(['revocation'], (report) => checkBudget(document, report))
  }
  return faults
}

function listOf<Item>(value: unknown): readonly Item[] {
  return Array.isArray(value) ? value : []
}

function nameOf(credential: CredentialDocument | undefined): string | undefined {
  return credential?.name ?? credential?.kind
}

function checkCredential(credential: CredentialDocument, before: readonly CredentialDocument[], report: Report): void {
  if (before.some((other) => nameOf(other) === nameOf(credential))) {
    report(['name'], 'a name that no other credential of this document has; without one it is the kind')
  }
  if (credential.type === 'custom' && credential.permissions === undefined) {
    report(['permissions'], 'a list of permissions: "type": "custom" needs one')
  }
  if (credential.type !== 'custom' && credential.permissions !== undefined) {
    report(['permissions'], 'nothing: only "type": "custom" has permissions')
  }
  for (const [place, from] of (credential.from ?? []).entries()) {
    checkPlace(from, (below, message) => report(['from', place, ...below], message))
  }
  checkLimits(credential.limits ?? [], report)
}

function checkApiKey(
  { prefixes = DEFAULT_PREFIXES, peppers, selfRotation }: ApiKeyDocument,
  before: readonly CredentialDocument[],
  { store }: Partial<Document>,
  report: Report,
): void {
  if (store === undefined) report([], 'beside "store", which says where keys are kept')
  if (selfRotation && store?.kind === 'cloudflare-kv') {
    report(['selfRotation'], 'nothing, or false: in Workers KV a holder could rotate a key that was just revoked')
  }
  const taken = new Set(
    before.flatMap((other) => (other?.kind === 'api-key' ? (other.prefixes ?? DEFAULT_PREFIXES) : [])),
  )
  for (const [place, prefix] of prefixes.entries()) {
    if (!taken.has(prefix) && !prefixes.slice(0, place).includes(prefix)) continue
    report(prefixes === DEFAULT_PREFIXES ? ['prefixes'] : ['prefixes', place], 'a prefix that stands only once')
  }
  const versions = peppers.map(({ version }) => String(version))
  for (const [place, version] of versions.entries()) {
    if (versions.indexOf(version) < place) report(['peppers', place, 'version'], 'a version that stands only once')
  }
}

/** The fields, or parameters of the query, in which a credential may stand. */
function fieldsOf({ from = [{ header: 'authorization' }] }: CredentialDocument): string[] {
  return from.map(({ header, cookie, query }: PlaceDocument) => {
    if (header !== undefined) return header.toLowerCase()
    if (query !== undefined) return `?${query}`
    return cookie === undefined ? 'sec-websocket-protocol' : 'cookie'
  })
}

const SEVERAL_FIELDS =
  '0 beside credentials in several fields: API Gateway asks for all identity sources, and looks at no other field'

/** What an answer that API Gateway keeps cannot hold to. */
function checkApi(
  { apis = [], addresses, owners }: Partial<Document>,
  at: number,
  credentials: readonly CredentialDocument[],
  report: Report,
): void {
  const { api, stage, resultTtlSeconds = 0, cachedBy = [] } = apis[at] as ApiDocument
  const takes = (other: ApiDocument) => [undefined, api].includes(other.api) && [undefined, stage].includes(other.stage)
  if (apis.slice(0, at).some(takes)) report([], 'an API and a stage that no entry before it takes')
  if (resultTtlSeconds === 0) return
  const isLimited = owners !== undefined || credentials.some(({ limits }) => limits)
  if (isLimited) report(['resultTtlSeconds'], '0 beside limits: what API Gateway answers by itself is not counted')
  if (new Set(credentials.flatMap(fieldsOf)).size > 1) report(['resultTtlSeconds'], SEVERAL_FIELDS)
  if (addresses && !cachedBy.includes('address')) {
    report(
      ['resultTtlSeconds'],
      '0 beside "addresses", or "address" in "cachedBy": else one answer serves all addresses',
    )
  }
}

function checkGateways({ gateways }: GatewayKeyDocument, report: Report): void {
  if (Object.keys(gateways).length === 0) report(['gateways'], 'gateways, one at least')
  for (const id of Object.keys(gateways)) if (UNREAD_NAMES.has(id)) report(['gateways', id], 'the id of a gateway')
}

function checkOwners({ owners = {} }: Partial<Document>, report: Report): void {
  for (const owner of Object.keys(owners)) {
    if (UNREAD_NAMES.has(owner)) report([owner], 'the name of an owner')
    else checkLimits(owners[owner]?.limits ?? [], (below, message) => report([owner, ...below], message))
  }
}

function checkLimits(limits: readonly LimitDocument[], report: Report): void {
  for (const [place, { windowSeconds, per }] of limits.entries()) {
    if ((windowSeconds === undefined) === (per === undefined)) {
      report(['limits', place], 'exactly one of "windowSeconds" and "per"')
    }
  }
}

function checkKeys({ keys }: Partial<Document>, report: Report): void {
  const { defaultLifetimeDays, maxLifetimeDays, allowNever } = keys ?? {}
  if (maxLifetimeDays === undefined) return
  if ((defaultLifetimeDays ?? 0) > maxLifetimeDays) report(['defaultLifetimeDays'], `${maxLifetimeDays} or fewer days`)
  if (allowNever) report(['allowNever'], 'nothing, or false: "maxLifetimeDays" ends every key')
}

/** Fields that frame a message, that events show or that Latchkey itself sets cannot carry a credential. */
const RESERVED =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|user-agent|x-forwarded-.*|cookie|sec-websocket-.*|x-latchkey-.*)$/

function checkPlace(place: PlaceDocument, report: Report): void {
  const kinds = [place.header, place.cookie, place.query, place.subprotocol].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) report([], 'exactly one of "header", "cookie", "query" and "subprotocol"')
  if (place.scheme !== undefined && place.header === undefined)
    report(['scheme'], 'nothing: a scheme stands beside a header')
  if (place.header !== undefined && RESERVED.test(canonicalHeaderName(place.header))) {
    report(['header'], 'a header that carries nothing else; for a cookie or a subprotocol use that key')
  }
}

function checkPath(route: RouteDocument, base: string, report: Report): void {
  const { path } = route
  const segments = segmentsOf(path)
  const names = segments.filter((segment) => segment.startsWith(':'))
  const literals = segments.filter((segment, place) => !segment.startsWith(':') && !isTail(segments, place)).join('/')
  if (!path.startsWith('/')) report(['path'], 'a path that begins with "/"')
  else if (segments.some((segment, place) => segment.includes('*') && !isTail(segments, place))) {
    report(['path'], 'a path with "*" only as its whole last segment, as in "/files/*"')
  } else if (names.some((name) => !/^:[A-Za-z_][A-Za-z0-9_]*$/.test(name)) || new Set(names).size < names.length) {
    report(['path'], 'a path whose parameters have different names, such as "/:collection/:id"')
  } else if (
    !['plain', 'escaped'].includes(classifyPath(`/${literals}`.replace(/\/{2,}/g, '/'))) ||
    path.includes('//')
  ) {
    report(
      ['path'],
      'a path that can be read in only one way: no dot segments, no "//", ";" or "\\", no escaped slash or dot',
    )
  } else if (isUnder(path, base)) {
    report(['path'], 'a path outside "base": what lies there is Latchkey\'s own')
  }
  if (route.tail !== undefined && segments.at(-1) !== '*')
    report(['tail'], 'nothing: only a path that ends in "/*" has a tail')
}

function isTail(segments: readonly string[], place: number): boolean {
  return place === segments.length - 1 && segments[place] === '*'
}

const COMMON_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function checkRoute(route: RouteDocument, credentials: readonly CredentialDocument[], report: Report): void {
  for (const [place, method] of (route.methods ?? []).entries()) {
    if (!COMMON_METHODS.has(method) && COMMON_METHODS.has(method.toUpperCase())) {
      report(['methods', place], `"${method.toUpperCase()}": methods are case-sensitive (RFC 9110 9.1)`)
    }
  }
  if (route.public) {
    for (const key of ['permission', 'credentials', 'surface', 'access'] as const) {
      if (route[key] !== undefined) report([key], 'nothing: a public route takes every request')
    }
  }
  const parameters = new Set(segmentsOf(route.path).flatMap((segment) => /^:(.*)$/.exec(segment)?.[1] ?? []))
  for (const [place, template] of [route.permission ?? []].flat().entries()) {
    const unknown = placeholders(template).filter((name) => !parameters.has(name))
    const below = Array.isArray(route.permission) ? ['permission', place] : ['permission']
    if (unknown.length > 0) report(below, 'a permission whose {names} are parameters of the path')
    else if (/[{}]/.test(template.replace(/\{[A-Za-z_][A-Za-z0-9_]*\}/g, '')))
      report(below, 'a permission whose "{" and "}" hold the name of a parameter')
  }
  for (const [place, name] of (route.credentials ?? []).entries()) {
    if (!credentials.some((credential) => nameOf(credential) === name)) {
      report(['credentials', place], 'the name of a credential of this document')
    }
  }
}

/** What the gate itself writes, or what frames a message. */
const OUR_HEADERS =
  /^(?:host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|forwarded|x-forwarded-.*|x-latchkey-.*)$/

function checkOrigin(document: Partial<Document>, report: Report): void {
  const origin = document.origin
  if (typeof origin !== 'object') return
  if (origin.zone && (origin.url !== undefined || origin.binding !== undefined)) {
    report(['zone'], 'nothing beside "url" or "binding": the incoming URL is sent on')
  } else if (!origin.zone && origin.url === undefined && origin.binding === undefined) {
    report([], '"url", "binding" or "zone"')
  }
  for (const name of Object.keys(origin.headers ?? {})) {
    if (UNREAD_NAMES.has(name)) report(['headers', name], 'the name of a header')
    else if (OUR_HEADERS.test(canonicalHeaderName(name)))
      report(['headers', name], 'a header that the gate does not set itself')
  }
}

function checkProxies(document: Partial<Document>, report: Report): void {
  if (document.proxies?.addresses === undefined && document.proxies?.secret === undefined) {
    report([], '"addresses", "secret", or both: without one nobody is believed')
  }
}

function checkBudget(document: Partial<Document>, report: Report): void {
  const within = document.revocation?.withinSeconds ?? 0
  const hasKeys = document.credentials?.some(({ kind }) => kind === 'api-key')
  if (hasKeys && document.store && document.store.kind === undefined) {
    report(['withinSeconds'], 'a budget beside the "kind" of "store", which adds to the delay')
  }
  const needed = leastDelay(document) + (document.staleSeconds ?? 0)
  if (needed > within) {
    const parts = [
      'secretsSeconds',
      ...(cacheSecondsOf(document.credentials) > 0 ? ['cacheSeconds'] : []),
      'staleSeconds',
      ...(resultTtlSecondsOf(document) > 0 ? ['resultTtlSeconds'] : []),
    ]
    const own = storeSecondsOf(document)
    const sum = [...parts, ...(own === 0 ? [] : [`${own} of the store`])].join(' + ')
    report(['withinSeconds'], `${needed} or more: ${sum}; or make those smaller`)
  }
}
