import type { Judged } from '../../../adapters/aws/policy/rules.ts'
import { unsaidRoutes } from '../../../adapters/aws/policy/unsaid.ts'
import type { CredentialSettings, Settings } from '../../config.ts'
import type { ApiDocument } from '../../document.ts'
import type { GrantType, Principal } from '../../model/principal.ts'

/** A credential of which a policy for a whole API cannot say all that it may do. */
export interface Inexpressible {
  /** Its name in the document, and the type of its keys where these say themselves what they may do. */
  readonly credential: string
  /** Why, and what the caller is answered instead. */
  readonly why: string
}

const SAYS_ITSELF: readonly GrantType[] = ['full-access', 'read-only']

/** The credentials that cannot be expressed where an API keeps its answers. Keys and tokens that are `custom` are not known here. */
export function inexpressible(settings: Settings, api: ApiDocument): readonly Inexpressible[] {
  const { resultTtlSeconds = 0, cachedBy = [] } = api
  if (resultTtlSeconds === 0 || (cachedBy.includes('method') && cachedBy.includes('path'))) return []
  return settings.credentials.flatMap((credential) =>
    kindsOf(credential).flatMap(([name, principal]) => {
      const judged: Judged = { principal, hasCookie: credential.places.some(({ kind }) => kind === 'cookie') }
      const routes = unsaidRoutes(settings, judged, api)
      return routes.length === 0 ? [] : [{ credential: name, why: whyUnsaid(routes) }]
    }),
  )
}

/** What is told of routes that no policy can say all of. */
export function whyUnsaid(routes: readonly string[]): string {
  return `no policy for a whole stage says all of ${routes.join(', ')}: an answer to one of these names its own path`
}

/** The principals that a credential can make, as far as the document knows them. */
function kindsOf(credential: CredentialSettings): (readonly [name: string, principal: Principal])[] {
  const { kind, name, surface, grant } = credential
  const principal = { kind, credential: name, subject: name, surface }
  if (grant && kind !== 'api-key') return [[name, { ...principal, grant }]]
  return SAYS_ITSELF.map((type) => [
    `${name}, type ${type}`,
    { ...principal, grant: { type, permissions: [] }, ...(grant && { ceiling: grant }) },
  ])
}
