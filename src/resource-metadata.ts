import type { Settings } from './config.ts'
import type { JwtDocument } from './document.ts'
import { isHost } from './lib/host.ts'
import type { Access } from './model/access.ts'

/** Where clients learn who issues the tokens that are taken here (RFC 9728): MCP clients find their way by it. */
export interface ResourceMetadata {
  /** The paths at which it is told. */
  readonly paths: readonly string[]
  /** Its URL, for challenges; undefined where nobody knows under which name the caller came. */
  urlFor(access: Access): string | undefined
  /** What is told. */
  documentFor(access: Access): Readonly<Record<string, unknown>>
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** The metadata of a document with a jwt credential; undefined where it is switched off, or there is no issuer to tell. */
export function resourceMetadata({ credentials, document }: Settings): ResourceMetadata | undefined {
  const { resourceMetadata: told = {} } = document
  const issuers = credentials
    .filter(({ kind }) => kind === 'jwt')
    .map((credential) => (credential.document as JwtDocument).issuer ?? '')
    .filter((issuer) => /^https?:/.test(issuer))
  if (told === false || issuers.length === 0) return undefined
  const resource = told.resource === undefined ? undefined : new URL(told.resource)
  const path = resource === undefined || resource.pathname === '/' ? '' : resource.pathname.replace(/\/$/, '')
  const common = {
    authorization_servers: [...new Set(issuers)],
    bearer_methods_supported: ['header'],
    scopes_supported: told.scopes,
    resource_documentation: told.documentation,
  }
  const originOf = ({ scheme, host }: Access) => resource?.origin ?? `${scheme}://${host}`
  return {
    // Some clients look at the root only, whatever the challenge says.
    paths: [...new Set([WELL_KNOWN, WELL_KNOWN + path])],
    urlFor: (access) => (isHost(access.host) ? originOf(access) + WELL_KNOWN + path : undefined),
    documentFor: (access) => ({ resource: told.resource ?? originOf(access), ...common }),
  }
}
