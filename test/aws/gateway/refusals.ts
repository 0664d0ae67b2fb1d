import type { Api, Placed } from './api.ts'
import { valuesOf } from './api.ts'
import { contextOf } from './sources.ts'

/** What the gateway answers. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The types of a REST API's responses that are about an authorizer, with status and message. */
export type ResponseType = keyof typeof TYPES

/** As CloudFormation writes them: AWS::ApiGateway::GatewayResponse. */
export type GatewayResponses = Readonly<Partial<Record<ResponseType | 'DEFAULT_4XX' | 'DEFAULT_5XX', GatewayResponse>>>

export interface GatewayResponse {
  readonly StatusCode?: string
  readonly ResponseParameters?: Readonly<Record<string, string>>
  readonly ResponseTemplates?: Readonly<Record<string, string>>
}

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 * A thrown error and a malformed answer have one status, whatever the type.
 */
const TYPES = {
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token', 'MissingAuthenticationTokenException'],
  UNAUTHORIZED: [401, 'Unauthorized', 'UnauthorizedException'],
  ACCESS_DENIED: [403, 'User is not authorized to access this resource', 'AccessDeniedException'],
  AUTHORIZER_FAILURE: [500, null, 'AuthorizerFailureException'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, null, 'AuthorizerConfigurationException'],
  INVALID_API_KEY: [403, 'Forbidden', 'ForbiddenException'],
} as const satisfies Record<string, readonly [number, string | null, string]>

/** A refusal that nobody words. */
export function plain(status: number, message: string | null, errorType?: string): Reply {
  const headers = { 'content-type': 'application/json', ...(errorType && { 'x-amzn-errortype': errorType }) }
  return { status, headers, body: JSON.stringify({ message }) }
}

/** A REST API's refusal, in the words of its Gateway Responses. `context`: what the authorizer answered, if it did. */
export function worded(type: ResponseType, api: Api, placed: Omit<Placed, 'route'>, context: object): Reply {
  const [status, message, errorType] = TYPES[type]
  const general = status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'
  const response = api.responses?.[type] ?? api.responses?.[general]
  if (!response) return plain(status, message, errorType)
  const value = variables(type, message, placed as Placed, context)
  const template = response.ResponseTemplates?.['application/json']
  const headers = Object.entries(response.ResponseParameters ?? {}).map(([name, given]) => [
    name.replace('gatewayresponse.header.', '').toLowerCase(),
    parameter(given, value),
  ])
  return {
    status: Number(response.StatusCode ?? status),
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': errorType, ...Object.fromEntries(headers) },
    body: template === undefined ? JSON.stringify({ message }) : substituted(template, value),
  }
}

type Variable = (name: string) => string | undefined

/** A text in single quotes, or where a value is found. */
function parameter(given: string, value: Variable): string {
  return /^'(.*)'$/s.exec(given)?.[1] ?? value(given) ?? ''
}

/**
 * Plain substitution, nothing is escaped: what is not known is nothing.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
function substituted(template: string, value: Variable): string {
  return template.replace(
    /\$(context|stageVariables)\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)/g,
    (_, kind: string, name: string) => value(`${kind}.${name}`) ?? '',
  )
}

function variables(type: string, message: string | null, placed: Placed, authorizer: object): Variable {
  const own = new Map<string, string>([
    ...Object.entries(contextOf({ ...placed, route: placed.route ?? { key: '', resource: '', parameters: {} } })),
    ...Object.entries(authorizer).map(([name, value]) => [`authorizer.${name}`, String(value)] as const),
    ['error.message', String(message)],
    ['error.messageString', JSON.stringify(message)],
    ['error.responseType', type],
  ])
  return (name) => {
    const [, header] = /^method\.request\.header\.(.+)$/.exec(name) ?? []
    if (header !== undefined) return valuesOf(placed.fields, header).at(-1)
    if (name.startsWith('stageVariables.')) return placed.api.stageVariables?.[name.slice('stageVariables.'.length)]
    return own.get(name.replace(/^context\./, ''))
  }
}
