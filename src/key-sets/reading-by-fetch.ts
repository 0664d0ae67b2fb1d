import { byFetch } from './documents-by-fetch.ts'
import type { Publication } from './published.ts'
import { published as publishedBy } from './published.ts'
import type { RemoteOptions } from './remote.ts'

export { keySetOf } from './key-set.ts'
export { secretKeys } from './secrets.ts'

/** Asks an issuer for his keys with the runtime's `fetch`. */
export function published(publication: Publication, algorithms: readonly string[]): RemoteOptions['ask'] {
  return publishedBy(publication, algorithms, byFetch)
}
