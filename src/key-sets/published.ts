import { isLoopbackHost } from '../lib/host.ts'
import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { FetchDocument, Fetched } from '../model/ports.ts'
import { KeySetRefused, keySetOf } from './key-set.ts'
import { sameObjects } from './keys.ts'
import type { RemoteOptions } from './remote.ts'

/** Where an issuer publishes his keys: at a URL, or where his metadata says. */
export type Publication = { readonly url: string } | { readonly issuer: string }

/** More than any issuer's set has, certificates and all. */
const MOST_BYTES = 262_144
/** How long metadata counts: keys change, and where they are hardly ever does. */
const METADATA_SECONDS = 3600

/** Asks an issuer for his keys. */
export function published(
  publication: Publication,
  algorithms: readonly string[],
  fetchDocument: FetchDocument,
): RemoteOptions['ask'] {
  const get = (url: string) => fetchDocument(url, { bytes: MOST_BYTES, milliseconds: PATIENCE_MILLISECONDS })
  let found: { readonly url: string; readonly until: EpochSeconds } | undefined

  async function urlAt(at: EpochSeconds): Promise<string> {
    if ('url' in publication) return publication.url
    if (!found || at >= found.until) {
      found = { url: await discover(publication.issuer, get), until: at + METADATA_SECONDS }
    }
    return found.url
  }

  return async (known, at) => {
    try {
      const { body, maxAgeSeconds } = answered(await get(await urlAt(at)))
      return { keys: sameObjects(await keySetOf(body, algorithms), known), maxAgeSeconds }
    } catch (error) {
      found = undefined
      throw error
    }
  }
}

function answered(fetched: Fetched): Fetched {
  if (fetched.status === 200) return fetched
  throw new KeySetRefused(`the answer is ${fetched.status}`)
}

/** Asks by OpenID Connect Discovery (4), then by RFC 8414 (3.1), which puts its path before that of the issuer. */
async function discover(issuer: string, get: (url: string) => Promise<Fetched>): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  let fetched = await get(`${origin}${path}/.well-known/openid-configuration`)
  if (fetched.status !== 200) fetched = await get(`${origin}/.well-known/oauth-authorization-server${path}`)
  const metadata = JSON.parse(answered(fetched).body) as {
    readonly issuer?: unknown
    readonly jwks_uri?: unknown
  } | null
  // Metadata that speaks for another issuer is nobody's (RFC 8414 3.3).
  if (metadata?.issuer !== issuer) throw new KeySetRefused('its metadata names another issuer')
  const { jwks_uri: url } = metadata
  if (typeof url === 'string' && URL.canParse(url) && isSafe(new URL(url), issuer)) return url
  throw new KeySetRefused('its metadata names no URL of keys')
}

/** Over https; an issuer on this machine may keep its keys here too. */
function isSafe({ protocol, host }: URL, issuer: string): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host) && issuer.startsWith('http:'))
}
