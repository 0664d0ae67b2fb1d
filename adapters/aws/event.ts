/**
 * The events of API Gateway's Lambda authorizers, as far as they are read here. Everything may be missing or null: what
 * AWS documents and what its consoles, emulators and older deployments send is not always the same.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export type GatewayEvent = TokenEvent | RestRequestEvent | HttpRequestEvent | OldHttpRequestEvent | ConnectEvent

/** The same, and AppSync's. */
export type AuthorizerEvent = GatewayEvent | GraphqlEvent

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

/** What the first payload format tells beside method and path: names as the client spelt them, the query decoded. */
export interface FirstFormat {
  readonly headers?: Values
  readonly multiValueHeaders?: MultiValues
  readonly queryStringParameters?: Values
  readonly multiValueQueryStringParameters?: MultiValues
  readonly requestContext?: {
    readonly apiId?: string | null
    readonly stage?: string | null
    readonly domainName?: string | null
    readonly routeKey?: string | null
    readonly identity?: { readonly sourceIp?: string | null } | null
  } | null
}

interface Request extends FirstFormat {
  readonly type: 'REQUEST'
  readonly methodArn: string
  readonly path?: string | null
  readonly httpMethod?: string | null
}

/** REST API, REQUEST: the path as it was sent. */
export interface RestRequestEvent extends Request {
  readonly version?: '1.0'
}

/** HTTP API, payload 1.0: the path decoded. It is answered by policies, as REST APIs are, but a throw is no 401. */
export interface OldHttpRequestEvent extends Request {
  readonly version: '1.0'
  readonly identitySource: string | null
}

/** WebSocket API: the handshake, without method and path. Its `methodArn` ends with `$connect`. */
export interface ConnectEvent extends Request {
  readonly requestContext: Request['requestContext'] & { readonly routeKey: '$connect' }
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

/**
 * AppSync, AWS_LAMBDA authorization: the value of `Authorization`, and where it tells them the fields of the request.
 * https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
export interface GraphqlEvent {
  readonly authorizationToken: string
  readonly requestContext: { readonly apiId?: string | null; readonly queryString?: string | null }
  readonly requestHeaders?: Values
}

/** An event of the kinds that are met most, and which of them it is. */
export type Known =
  | { readonly kind: 'rest-request'; readonly event: RestRequestEvent }
  | { readonly kind: 'http'; readonly event: HttpRequestEvent }

/** Tells an event by its shape; undefined for one of the rarer kinds, and for one that nobody sends. */
export function known(event: unknown): Known | undefined {
  const { type, version, methodArn, routeArn, identitySource, requestContext } = Object(event)
  if (type === 'REQUEST' && version === '2.0' && typeof routeArn === 'string') {
    return { kind: 'http', event: event as HttpRequestEvent }
  }
  // REST APIs tell no version; emulators say "1.0".
  if ((version !== undefined && version !== '1.0') || typeof methodArn !== 'string') return undefined
  const { routeKey, identity } = Object(requestContext)
  // Emulators name identity sources for REST APIs too, and tell no identity.
  const isRarer = type !== 'REQUEST' || routeKey === '$connect' || (identitySource !== undefined && identity)
  return isRarer ? undefined : { kind: 'rest-request', event: event as RestRequestEvent }
}
