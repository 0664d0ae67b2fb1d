import type { Settings } from './config.ts'
import { dialects } from './dialects/index.ts'
import { REQUEST_ID_HEADER } from './identity.ts'
import type { Access } from './model/access.ts'
import type { Denied, Match, Refusal } from './model/decision.ts'
import type { Reason } from './model/reason.ts'
import { REASONS } from './model/reason.ts'
import type { ResourceMetadata } from './resource-metadata.ts'
import { statusOf } from './status.ts'

/** A whole reply as plain data; every host writes it in its own way. */
export interface Reply {
  readonly status: number
  /** A list where a field is repeated. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string
}

/** Words refusals: in the document's dialect, with the challenge that RFC 6750 asks for, readable by CORS. */
export interface Responder {
  refuse(denied: Pick<Denied, 'refusal' | 'match'>, access: Access): Reply
  statusOf(reason: Reason): number
  /** Adds what makes a reply readable to the pages of `cors.origins`. */
  corsHeaders(access: Access): Record<string, string>
}

/** An RFC 6749 (3.3) scope-token; where a permission is none, `scope` cannot tell what is needed. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export function responder(settings: Settings, metadata?: ResourceMetadata): Responder {
  const dialect = dialects[settings.refusals.dialect]
  const bodies = new Map<Reason, readonly [string, string]>()
  const schemesOf = challengeSchemes(settings)
  const hasCookies = settings.credentials.some(({ places }) => places.some((place) => place.kind === 'cookie'))

  const status = (reason: Reason) => statusOf(reason, settings.refusals)

  /** The text before and after the request id: a refusal costs no more than putting the three together. */
  function bodyAround(reason: Reason): readonly [string, string] {
    let parts = bodies.get(reason)
    if (!parts) {
      const mark = '{requestId}'
      const text = dialect.body({ reason, status: status(reason), title: REASONS[reason].title, requestId: mark })
      const [before = '', behind = ''] = text.split(mark)
      parts = [before, text.includes(mark) ? behind : '']
      bodies.set(reason, parts)
    }
    return parts
  }

  return {
    statusOf: status,
    refuse({ refusal, match }, access) {
      const { reason } = refusal
      const [before, behind] = bodyAround(reason)
      const isWhole = behind === ''
      const headers: Record<string, string | string[]> = {
        'Content-Type': dialect.contentType,
        'Cache-Control': 'no-store',
        [REQUEST_ID_HEADER]: access.requestId,
        ...Object.fromEntries(refusal.notices ?? []),
      }
      const code = status(reason)
      if (code === 401 || reason === 'permission-missing') {
        const url = metadata?.urlFor(access)
        headers['WWW-Authenticate'] = schemesOf(match).map((scheme) => challenge(scheme, settings.realm, refusal, url))
      }
      if (refusal.retryAfterSeconds !== undefined) headers['Retry-After'] = String(Math.ceil(refusal.retryAfterSeconds))
      if (settings.corsOrigins.size > 0) Object.assign(headers, corsHeaders(access))
      return { status: code, headers, body: isWhole ? before : before + access.requestId + behind }
    },
    corsHeaders,
  }

  function corsHeaders(access: Access): Record<string, string> {
    const [origin, ...more] = access.header('origin')
    if (settings.corsOrigins.size === 0) return {}
    const isListed = origin !== undefined && more.length === 0 && settings.corsOrigins.has(origin)
    if (!isListed && !settings.corsOrigins.has('*')) return { Vary: 'Origin' }
    return {
      'Access-Control-Allow-Origin': isListed ? origin : '*',
      'Access-Control-Expose-Headers':
        'WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Latchkey-Key-Expires, X-Latchkey-Request-Id',
      // The Fetch standard forbids credentials with "*", and nobody should allow them to every site.
      ...(isListed && hasCookies && { 'Access-Control-Allow-Credentials': 'true' }),
      Vary: 'Origin',
    }
  }
}

/** The Authorization schemes that a route takes; `bearer` where it takes none, as a 401 must hold a challenge. */
function challengeSchemes(settings: Settings): (match: Match | undefined) => readonly string[] {
  const known = new Map<ReadonlySet<string> | undefined, readonly string[]>()
  return (match) => {
    const taken = match?.credentials
    let schemes = known.get(taken)
    if (!schemes) {
      const found = settings.credentials
        .filter((credential) => taken === undefined || taken.has(credential.name))
        .flatMap((credential) => credential.places)
        .flatMap((place) => (place.name === 'authorization' && place.scheme !== undefined ? [place.scheme] : []))
      schemes = found.length === 0 ? ['bearer'] : [...new Set(found)]
      known.set(taken, schemes)
    }
    return schemes
  }
}

function challenge(
  scheme: string,
  realm: string,
  { reason, permissions = [], place }: Refusal,
  metadataUrl: string | undefined,
): string {
  const isPresented = place?.name === 'authorization' && place.scheme === scheme
  const error = isPresented ? REASONS[reason].error : undefined
  const scope =
    error === 'insufficient_scope' && permissions.every((each) => SCOPE_TOKEN.test(each)) ? permissions.join(' ') : ''
  return [
    `${schemeName(scheme)} realm="${realm}"`,
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scope === '' ? [] : [`scope="${scope}"`]),
    // RFC 9728 5.1: where a token of that scheme is to be had.
    ...(metadataUrl === undefined || scheme !== 'bearer' ? [] : [`resource_metadata="${metadataUrl}"`]),
  ].join(', ')
}

/** Schemes compare without case (RFC 9110 11.1); people know them by these spellings. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['gatewaykey', 'GatewayKey'],
  ['sharedaccesssignature', 'SharedAccessSignature'],
])

function schemeName(scheme: string): string {
  return SPELLINGS.get(scheme) ?? scheme[0]?.toUpperCase() + scheme.slice(1)
}
