/**
 * The events of API Gateway's Lambda authorizers, as far as they are read here. Everything may be missing or null: what
 * AWS documents and what its consoles, emulators and older deployments send is not always the same.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export type AuthorizerEvent = TokenEvent | RestRequestEvent | HttpRequestEvent

/** REST API, TOKEN: one header's value and nothing else of the request. */
export interface TokenEvent {
  readonly type: 'TOKEN'
  readonly methodArn: string
  readonly authorizationToken?: string | null
}

type Values = Readonly<Record<string, string | undefined>> | null
type MultiValues = Readonly<Record<string, readonly string[] | undefined>> | null

/** REST API, REQUEST: payload 1.0. */
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
    readonly domainName?: string | null
    readonly identity?: { readonly sourceIp?: string | null } | null
  } | null
}

/** HTTP API, payload 2.0: header names in lower case, repeated values joined by commas, the path decoded. */
export interface HttpRequestEvent {
  readonly type: 'REQUEST'
  readonly version: '2.0'
  readonly routeArn: string
  readonly rawPath?: string | null
  readonly rawQueryString?: string | null
  readonly cookies?: readonly string[] | null
  readonly headers?: Values
  readonly requestContext?: {
    readonly stage?: string | null
    readonly domainName?: string | null
    readonly http?: { readonly method?: string | null; readonly sourceIp?: string | null } | null
  } | null
}

/** Which of the four asked. */
export type Shape = 'rest-token' | 'rest-request' | 'http'

/** Tells an event by its shape; undefined for one that no authorizer sends. */
export function shapeOf(event: unknown): Shape | undefined {
  if (typeof event !== 'object' || event === null) return undefined
  const { type, version, methodArn, routeArn } = event as Record<string, unknown>
  if (type === 'TOKEN' && typeof methodArn === 'string') return 'rest-token'
  if (type !== 'REQUEST') return undefined
  if (version === '2.0') return typeof routeArn === 'string' ? 'http' : undefined
  return typeof methodArn === 'string' ? 'rest-request' : undefined
}
