import type { Settings } from '../../config.ts'
import type { ApiDocument } from '../../document.ts'
import { placeName } from '../../model/credential.ts'
import { inexpressible } from './inexpressible.ts'
import { fieldOf } from './places.ts'

/** What does not fit under the TTLs of a document's `apis`, which no template need tell. */
export function ttlWarnings(settings: Settings): string[] {
  return (settings.document.apis ?? []).flatMap((api) => {
    const { resultTtlSeconds = 0 } = api
    if (resultTtlSeconds === 0) return []
    return warningsOf(settings, api).map(
      (warning) => `${nameOf(api)} keeps answers for ${resultTtlSeconds} s: ${warning}`,
    )
  })
}

/** Which APIs an entry of `apis` takes, in words. */
export function nameOf({ api, stage }: ApiDocument): string {
  const which = [api === undefined ? 'every API' : `API ${api}`, ...(stage === undefined ? [] : [`stage ${stage}`])]
  return which.join(', ')
}

const LIMITED_KEYS = 'issued keys with limits of their own are refused as not-configured'
const BOUND_KEYS =
  'issued keys with limits or addresses of their own are refused as not-configured; addresses fit with "address" in "cachedBy"'

function warningsOf(settings: Settings, api: ApiDocument): string[] {
  const { credentials } = settings
  const { cachedBy = [] } = api
  const places = [...new Set(credentials.flatMap((credential) => credential.places))]
  const cookies = credentials.filter((credential) => credential.places.some(({ kind }) => kind === 'cookie'))
  const hasKeys = credentials.some(({ kind }) => kind === 'api-key')
  const isExact = cachedBy.includes('method') && cachedBy.includes('path')
  return [
    ...inexpressible(settings, api).map(({ credential, why }) => `credential ${credential}: ${why}`),
    ...cookies.map(
      ({ name }) =>
        `credential ${name} is a cookie: routes that write are left out of what is kept, and its identity source is the whole Cookie field`,
    ),
    ...(new Set(places.map(fieldOf)).size > 1
      ? [
          `credentials are read from ${places.map(placeName).join('; ')}: identity sources must all be sent, so none fit; read them in one place`,
        ]
      : []),
    ...(hasKeys ? [cachedBy.includes('address') ? LIMITED_KEYS : BOUND_KEYS] : []),
    ...(isExact
      ? []
      : ['an HTTP API with simple responses must have method and path in its identity sources, and in "cachedBy"']),
  ]
}
