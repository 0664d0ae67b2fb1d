import type { Policy } from '../model/ports.ts'

/**
 * Refuses what another site made a browser send: a cookie passes a `write` route or an upgrade only where Fetch
 * Metadata says `same-origin` or `none`, or where `Origin` is the gate's own or one of `origins`.
 */
export function crossSite(origins: ReadonlySet<string>): Policy {
  return ({ access, match, place }) => {
    if (place.kind !== 'cookie') return undefined
    if (match.access === 'read' && access.header('upgrade').length === 0) return undefined
    const site = access.header('sec-fetch-site')
    if (site.length === 1 && (site[0] === 'same-origin' || site[0] === 'none')) return undefined
    const [origin, ...more] = access.header('origin')
    const own = `${access.scheme}://${access.host}`
    if (origin !== undefined && more.length === 0 && (origin === own || origins.has(origin))) return undefined
    return { reason: 'request-cross-site' }
  }
}
