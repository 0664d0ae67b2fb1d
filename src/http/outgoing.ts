import type { Judgement } from '../build.ts'
import type { Settings, Slot } from '../config.ts'
import { IDENTITY_PREFIX } from '../identity.ts'
import { canonicalHeaderName } from '../lib/header-name.ts'
import type { Access } from '../model/access.ts'
import type { Place } from '../model/credential.ts'
import type { Allowed, Refusal } from '../model/decision.ts'
import { originSettings } from '../origin.ts'
import type { Field } from './hop-by-hop.ts'
import { endToEnd } from './hop-by-hop.ts'
import { identityFields } from './identity-fields.ts'
import { cleanTarget, headerFilter } from './strip.ts'

/** What goes on to the origin. The method is the access's own, and the body is passed on as it comes. */
export interface Outgoing {
  readonly target: string
  readonly fields: readonly Field[]
}

/** Cleans a request that was allowed: what goes on is what was judged, less what is not the origin's to see. */
export type Clean = (fields: Iterable<Field>, judgement: Judgement, allowed: Allowed) => Outgoing | Refusal

/** What other gates and frameworks believe about a request: only what we say ourselves may arrive. */
const CLAIMS = new Set([
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])
const CLAIM_PREFIX = /^(?:x-forwarded-|x-original-)/

/** The fields that a preflight is made of (Fetch 3.2.2). */
const PREFLIGHT = /^(?:origin|access-control-request-.*)$/

export function cleaner(settings: Settings): Clean {
  const places = new Set(settings.credentials.flatMap((credential) => credential.places))
  const configured: ReadonlyMap<string, readonly Slot[]> = originSettings(settings)?.headers ?? new Map()
  const replaced = new Set(Array.from(configured.keys(), canonicalHeaderName))
  const headers = new Set(Array.from(places).flatMap((place) => (place.kind === 'header' ? [place.name] : [])))
  const canonicalHeaders = new Set(Array.from(headers, canonicalHeaderName))
  /** A credential's field is judged as it is spelt in the document: in another spelling it would be a second one. */
  const isUnjudged = (name: string, canonical: string) =>
    canonicalHeaders.has(canonical) && !headers.has(name.toLowerCase())

  return (received, { access, snapshot }, allowed) => {
    // An origin may send back what it was sent, our secrets too (RFC 9110 9.3.8).
    if (access.method === 'TRACE' && configured.size > 0) return { reason: 'route-unknown', detail: 'TRACE' }
    const removed = placesToRemove(allowed)
    const isRemoved = headerFilter(
      removed,
      Array.from(places).filter((place) => !removed.includes(place)),
    )
    const isPreflight = allowed.match.passage === 'preflight'
    const theirs = endToEnd(received).flatMap(([name, value]): Field[] => {
      const canonical = canonicalHeaderName(name)
      if (canonical === 'host') return []
      if (CLAIMS.has(canonical) || CLAIM_PREFIX.test(canonical) || canonical.startsWith(IDENTITY_PREFIX)) return []
      if (replaced.has(canonical) || isUnjudged(name, canonical)) return []
      if (isPreflight && !PREFLIGHT.test(name.toLowerCase())) return []
      return isRemoved(name, canonical, value)
    })
    const ours: Field[] = []
    for (const [name, slots] of configured) {
      const secret = snapshot?.valuesOf(slots, access.at)[0]
      if (!secret) return { reason: 'not-configured', detail: `origin header ${name}` }
      ours.push([name, secret.reveal()])
    }
    ours.push(...forwardedFields(access), ...identityFields(allowed, access.requestId))
    // Ours first: an origin that reads no more than so many fields must not miss them.
    return { target: cleanTarget(access.target, removed), fields: [...ours, ...theirs] }
  }

  /**
   * The proved credential says itself whether it goes on. At places where nothing was judged a credential stays only
   * where everything that is read there may go on.
   */
  function placesToRemove({ principal, place }: Allowed): readonly Place[] {
    const proved = principal === 'anonymous' ? undefined : principal.credential
    return Array.from(places).filter((each) => {
      const readers = settings.credentials.filter((credential) => credential.places.includes(each))
      const owner = each === place ? readers.find((credential) => credential.name === proved) : undefined
      return owner ? !owner.forward : !readers.every((credential) => credential.forward)
    })
  }
}

function forwardedFields({ clientAddress, host, scheme }: Access): Field[] {
  const client: Field[] = clientAddress === undefined ? [] : [['X-Forwarded-For', clientAddress]]
  return [...client, ['X-Forwarded-Host', host], ['X-Forwarded-Proto', scheme]]
}

/** Whether an access asks for a WebSocket (RFC 6455 4.1), the only upgrade that is passed on. */
export function isWebSocket(access: Access): boolean {
  const [upgrade, ...more] = access.header('upgrade')
  if (access.method !== 'GET' || more.length > 0 || upgrade?.toLowerCase() !== 'websocket') return false
  return access.header('connection').some((value) => /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(value))
}
