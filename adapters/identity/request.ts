import type { Shown } from '../../src/identity-proof.ts'
import { IDENTITY_HEADER } from '../../src/identity-token.ts'
import { isFunctionUrl } from '../../src/lib/function-url.ts'
import { encodePath } from '../../src/lib/percent.ts'

const FIELD = IDENTITY_HEADER.toLowerCase()

/** Reads a Fetch request. Its URL is taken apart as text: what a parser would tidy up, a router may not. */
export function shownBy({ method, url, headers }: Pick<Request, 'method' | 'url' | 'headers'>): Shown {
  const target = /^[a-z]+:\/\/[^/?#]*([^#]*)$/i.exec(url)?.[1] ?? ''
  return { method, target, values: valuesOf(headers.get(FIELD)) }
}

/** What is used of a request of Express, and of Node itself. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Of Express: as it was sent, wherever a router is mounted. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Reads a request of Express, and of Node itself. */
export function shownByNode({ method = '', url = '', originalUrl, headers }: NodeRequest): Shown {
  return { method, target: originalUrl ?? url, values: valuesOf(headers[FIELD]) }
}

/** What is used of an event of a function URL, of an HTTP API in either payload format, of a REST API and of a load balancer. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined
  readonly rawPath?: string
  readonly path?: string
  readonly httpMethod?: string
  readonly version?: string
  readonly requestContext?: object
}

/** Reads a Lambda function's event. */
export function shownByEvent(event: LambdaEvent): Shown {
  const { http, path, domainName } = Object(event.requestContext) as {
    readonly http?: { readonly method?: unknown }
    readonly path?: unknown
    readonly domainName?: unknown
  }
  const values = fieldsIn(event.multiValueHeaders ?? undefined) ?? fieldsIn(event.headers ?? undefined) ?? []
  const [method, target] = http ? [http.method, event.rawPath] : [event.httpMethod, path ?? event.path]
  if (typeof method !== 'string' || typeof target !== 'string') return { method: '', target: '', values }
  // HTTP APIs decode the path; function URLs, REST APIs and load balancers do not.
  const isDecoded = http ? !isFunctionUrl(domainName) : event.version === '1.0'
  // A decoded path may hold what ends a path; what is not decoded does not.
  return { method, target: isDecoded ? encodePath(target) : target, values }
}

function fieldsIn(
  fields: Readonly<Record<string, string | readonly string[] | undefined>> | undefined,
): string[] | undefined {
  const found = Object.entries(fields ?? {}).flatMap(([name, value]) =>
    name.toLowerCase() === FIELD ? valuesOf(value) : [],
  )
  return found.length === 0 ? undefined : found
}

/** Repeated fields that were joined hold a comma, which no token does. */
function valuesOf(value: string | readonly string[] | null | undefined): string[] {
  return [value ?? []].flat()
}
