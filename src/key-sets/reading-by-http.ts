import { byHttp } from './documents-by-http.ts'
import type { Publication } from './published.ts'
import { published as publishedBy } from './published.ts'
import type { RemoteOptions } from './remote.ts'

export { keySetOf } from './key-set.ts'
export { secretKeys } from './secrets.ts'

/** Asks an issuer for his keys with Node's own HTTP. */
export function published(publication: Publication, algorithms: readonly string[]): RemoteOptions['ask'] {
  return publishedBy(publication, algorithms, byHttp)
}
