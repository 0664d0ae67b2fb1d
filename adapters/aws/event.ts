/**
 * The events of API Gateway's Lambda authorizers, as far as they are read here. Everything may be missing or null: what
 * AWS documents and what its consoles, emulators and older deployments send is not always the same.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export type AuthorizerEvent = TokenEvent | RestRequestEvent | HttpRequestEvent

/** REST API, TOKEN: one header's value and nothing else of the request. */
export interface TokenEvent {
  readonly type: 'TOKEN'
  readonly methodArn: string
  readonly authorizationToken?: string | null
}

/** One value a name; a name that was sent twice has its last value. */
export type Values = Readonly<Record<string, string | null | undefined>> | null
/** Every value of a name, in order. */
export type MultiValues = Readonly<Record<string, readonly string[] | null | undefined>> | null

/** REST API, REQUEST: names as the client spelt them, the path as it was sent, the query decoded. */
export interface RestRequestEvent {
  readonly type: 'REQUEST'
  readonly version?: '1.0'
  readonly methodArn: string
  readonly path?: string | null
  readonly httpMethod?: string | null
  readonly headers?: Values
  readonly multiValueHeaders?: MultiValues
  readonly queryStringParameters?: Values
  readonly multiValueQueryStringParameters?: MultiValues
  readonly requestContext?: {
    readonly apiId?: string | null
    readonly domainName?: string | null
    readonly identity?: { readonly sourceIp?: string | null } | null
  } | null
}

/** HTTP API, payload 2.0: names in lower case, repeated values joined by commas, the path decoded, the query as sent. */
export interface HttpRequestEvent {
  readonly type: 'REQUEST'
  readonly version: '2.0'
  readonly routeArn: string
  readonly rawPath?: string | null
  readonly rawQueryString?: string | null
  readonly cookies?: readonly string[] | null
  readonly headers?: Values
  readonly requestContext?: {
    readonly apiId?: string | null
    readonly stage?: string | null
    readonly domainName?: string | null
    readonly http?: { readonly method?: string | null; readonly sourceIp?: string | null } | null
  } | null
}

/** An event, and which of the kinds it is. */
export type Known =
  | { readonly kind: 'rest-token'; readonly event: TokenEvent }
  | { readonly kind: 'rest-request'; readonly event: RestRequestEvent }
  | { readonly kind: 'http'; readonly event: HttpRequestEvent }

/** Tells an event by its shape; undefined for one that no authorizer sends. */
export function known(event: unknown): Known | undefined {
  if (typeof event !== 'object' || event === null) return undefined
  const { type, version, methodArn, routeArn } = event as Record<string, unknown>
  if (type === 'REQUEST' && version === '2.0' && typeof routeArn === 'string') {
    return { kind: 'http', event: event as HttpRequestEvent }
  }
  // REST APIs tell no version; emulators, and HTTP APIs with payload 1.0, say "1.0".
  if ((version !== undefined && version !== '1.0') || typeof methodArn !== 'string') return undefined
  if (type === 'TOKEN') return { kind: 'rest-token', event: event as TokenEvent }
  return type === 'REQUEST' ? { kind: 'rest-request', event: event as RestRequestEvent } : undefined
}
