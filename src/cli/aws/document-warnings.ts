import { hasUntoldFields } from '../../../adapters/aws/graphql.ts'
import type { Settings } from '../../config.ts'
import type { ApiDocument } from '../../document.ts'
import { inexpressible } from './inexpressible.ts'

/** What a document cannot hold to on AWS, which no template need tell. */
export function awsWarnings(settings: Settings): string[] {
  return [...fieldWarnings(settings), ...ttlWarnings(settings)]
}

/** Routes that an AppSync API could not hold to. */
function fieldWarnings(settings: Settings): string[] {
  if (!hasUntoldFields(settings)) return []
  return [
    'AppSync is refused: below /graphql/ it knows routes such as /graphql/Mutation/createOrder, without "*" and parameters',
  ]
}

/** What does not fit under the TTLs of its `apis`. */
function ttlWarnings(settings: Settings): string[] {
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
  const cookies = credentials.filter((credential) => credential.places.some(({ kind }) => kind === 'cookie'))
  const hasKeys = credentials.some(({ kind }) => kind === 'api-key')
  const isExact = cachedBy.includes('method') && cachedBy.includes('path')
  return [
    ...inexpressible(settings, api).map(({ credential, why }) => `credential ${credential}: ${why}`),
    ...cookies.map(
      ({ name }) =>
        `credential ${name} is a cookie: routes that write are left out of what is kept, and its identity source is the whole Cookie field`,
    ),
    ...(hasKeys ? [cachedBy.includes('address') ? LIMITED_KEYS : BOUND_KEYS] : []),
    ...(isExact
      ? []
      : ['an HTTP API with simple responses must have method and path in its identity sources, and in "cachedBy"']),
  ]
}
