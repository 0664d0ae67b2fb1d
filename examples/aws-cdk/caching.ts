/** What counts of a document here: where credentials are read, and how the stages of its APIs keep answers. */
export interface TemplateDocument {
  readonly credentials: readonly { readonly from?: readonly { readonly header?: string }[] }[]
  readonly apis?: readonly {
    readonly stage?: string
    readonly resultTtlSeconds?: number
    readonly cachedBy?: readonly string[]
  }[]
}

/** What an authorizer's cache is keyed on: the credential, and what `cachedBy` adds. */
export type CacheKey = 'credential' | 'method' | 'path' | 'address'

/** How one stage keeps the answers of its authorizer. */
export interface Caching {
  readonly ttlSeconds: number
  /** Empty where nothing is kept: API Gateway answers 401 by itself where an identity source is missing. */
  readonly keys: readonly CacheKey[]
}

/** What the document says of a stage. Throws where no entry of `apis` takes it, as the authorizer then refuses everything. */
export function cachingOf({ apis }: TemplateDocument, stage: string): Caching {
  const entry = apis ? apis.find((each) => (each.stage ?? stage) === stage) : {}
  if (!entry) throw new Error(`no entry of "apis" takes stage ${stage}: every request there would be refused`)
  const { resultTtlSeconds = 0, cachedBy = [] } = entry
  return { ttlSeconds: resultTtlSeconds, keys: resultTtlSeconds > 0 ? ['credential', ...cachedBy.filter(isKey)] : [] }
}

function isKey(text: string): text is CacheKey {
  return ['method', 'path', 'address'].includes(text)
}

/** The header that every credential is read from. Throws where there is another place: one cache has one key. */
export function credentialHeaderOf({ credentials }: TemplateDocument): string {
  const places = credentials.flatMap(({ from = [{ header: 'authorization' }] }) => from)
  const [header, ...others] = new Set(places.map((place) => place.header))
  if (header === undefined || others.length > 0)
    throw new Error('"from" must name one header, the same for every credential')
  return header
}
