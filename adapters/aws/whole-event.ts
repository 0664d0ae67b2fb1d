import type { FirstFormat, Values } from './event.ts'

/**
 * The events that bring a whole request to a Lambda function, as far as they are read here. Everything may be missing or
 * null, as in the events of authorizers.
 */
export type WholeEvent = UrlEvent | ProxyEvent

/**
 * A function URL's, and an HTTP API's with payload 2.0: names in lower case, repeated values joined by commas.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface UrlEvent extends WithBody {
  readonly version: '2.0'
  readonly rawPath?: string | null
  readonly rawQueryString?: string | null
  readonly cookies?: readonly string[] | null
  readonly headers?: Values
  readonly requestContext: Context & {
    readonly http: { readonly method?: string | null; readonly sourceIp?: string | null }
  }
}

/**
 * A REST API's by proxy integration, and an HTTP API's with payload 1.0, which tells its version: names as the client
 * spelt them, the query decoded.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export interface ProxyEvent extends WithBody, FirstFormat {
  readonly version?: '1.0'
  readonly httpMethod: string
  readonly path?: string | null
  readonly requestContext: Context & { readonly identity: { readonly sourceIp?: string | null } }
}

interface Context {
  readonly apiId?: string | null
  readonly stage?: string | null
  readonly domainName?: string | null
}

/** What a request sends. */
export interface WithBody {
  readonly body?: string | null
  readonly isBase64Encoded?: boolean | null
}

/** An event that brings a whole request, and in which of the two formats. */
export type WholeRequest =
  | { readonly kind: 'url'; readonly event: UrlEvent }
  | { readonly kind: 'proxy'; readonly event: ProxyEvent }

/** Tells an event by its shape; undefined for one that neither a function URL nor an API sends. */
export function wholeRequest(event: unknown): WholeRequest | undefined {
  if (!isObject(event)) return undefined
  const { type, version, httpMethod, requestContext } = event
  // Only an authorizer's event tells a type.
  if (type !== undefined || !isObject(requestContext)) return undefined
  if (version === '2.0') {
    return isObject(requestContext['http']) ? { kind: 'url', event: event as unknown as UrlEvent } : undefined
  }
  // A load balancer's event has no identity: who called stands in a field that anybody may send.
  const isProxy = (version === undefined || version === '1.0') && typeof httpMethod === 'string'
  if (!isProxy || !isObject(requestContext['identity'])) return undefined
  return { kind: 'proxy', event: event as unknown as ProxyEvent }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
