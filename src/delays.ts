import type { Settings } from './config.ts'
import { DEFAULT_SECRETS_SECONDS, resultTtlSecondsOf } from './config.ts'
import type { CredentialDocument, Document } from './document.ts'
import { DEFAULT_CACHE_SECONDS } from './key-settings.ts'

/** How long a write takes to be seen in stores that are not consistent at once. */
const STORE_SECONDS: Readonly<Record<string, number>> = { 'cloudflare-kv': 60, 'global-config': 10 }

/** What the store itself adds, where the document says what it is. */
export function storeSecondsOf({ store }: Pick<Document, 'store'>): number {
  return STORE_SECONDS[`${store?.kind}`] ?? 0
}

/** How old the record of an issued key may be; 0 where there are none. */
export function cacheSecondsOf(credentials: readonly CredentialDocument[] = []): number {
  const ages = credentials.map((credential) =>
    credential.kind === 'api-key' ? (credential.cacheSeconds ?? DEFAULT_CACHE_SECONDS) : 0,
  )
  return Math.max(0, ...ages)
}

/** How long a change takes where every source answers. */
export function leastDelay(document: Partial<Document>): number {
  const { secretsSeconds = DEFAULT_SECRETS_SECONDS, credentials } = document
  return secretsSeconds + cacheSecondsOf(credentials) + storeSecondsOf(document) + resultTtlSecondsOf(document)
}

/** How much longer a record counts while the store is down: what the budget leaves beside all else. */
export function recordStaleSeconds({ staleSeconds, document }: Settings): number {
  const { withinSeconds = Number.POSITIVE_INFINITY } = document.revocation ?? {}
  return Math.max(0, Math.min(staleSeconds, withinSeconds - leastDelay(document)))
}
