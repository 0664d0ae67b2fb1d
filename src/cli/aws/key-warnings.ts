import { unsaidRoutes } from '../../../adapters/aws/policy/unsaid.ts'
import { settingsOf } from '../../config.ts'
import type { ApiDocument, Document } from '../../document.ts'
import type { KeyView } from '../../http/keys/replies.ts'
import type { Principal } from '../../model/principal.ts'
import { nameOf } from './document-warnings.ts'
import { whyUnsaid } from './inexpressible.ts'

/** What a key is refused, or gets only in part, where an API keeps its answers: to be told when it is made. */
export function keyWarnings(document: Document, key: KeyView): string[] {
  return (document.apis ?? []).flatMap((api) =>
    warningsFor(document, api, key).map((warning) => `${nameOf(api)} keeps answers: ${warning}`),
  )
}

function warningsFor(document: Document, api: ApiDocument, key: KeyView): string[] {
  const { resultTtlSeconds = 0, cachedBy = [] } = api
  if (resultTtlSeconds === 0) return []
  if (key.limits.length > 0) return ['a key with limits of its own is refused there as not-configured']
  if (key.addresses && !cachedBy.includes('address')) {
    return ['a key with addresses of its own is refused there as not-configured, unless "cachedBy" has "address"']
  }
  if (cachedBy.includes('method') && cachedBy.includes('path')) return []
  const settings = settingsOf(document, { transport: 'any' })
  return settings.credentials.flatMap(({ kind, name, grant }) => {
    if (kind !== 'api-key') return []
    const principal: Principal = {
      kind,
      credential: name,
      subject: key.id,
      surface: key.surface,
      grant: { type: key.type, permissions: key.permissions },
      ...(grant && { ceiling: grant }),
    }
    const routes = unsaidRoutes(settings, { principal, hasCookie: false }, api)
    return routes.length === 0 ? [] : [whyUnsaid(routes)]
  })
}
