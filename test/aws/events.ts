import type { HttpRequestEvent, RestRequestEvent, TokenEvent } from '../../adapters/aws/event.ts'
import { every, joined, last, parameters, split } from './wire.ts'

/** A request as it stands on the wire, and what API Gateway knows of where it arrived. */
export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  /** Default `api.example`, a custom domain; `API.execute-api...` is AWS's own. */
  readonly host?: string
  /** Default `a1b2c3d4e5`. */
  readonly api?: string
  readonly address?: string | undefined
  readonly stage?: string
  /** The base path of the custom domain's mapping. */
  readonly basePath?: string
}

export const API = 'a1b2c3d4e5'
export const OWN_DOMAIN: string = ownDomain(API)

/** The name that AWS gives an API. */
export function ownDomain(api: string): string {
  return `${api}.execute-api.eu-central-1.amazonaws.com`
}

const DEFAULTS = { host: 'api.example', api: API, address: '203.0.113.7', stage: 'prod', basePath: '' }

/** What API Gateway sends to a REST API's REQUEST authorizer: the path as it was sent, the query decoded. */
export function restEvent(sent: Sent): RestRequestEvent {
  const { method, target, host, api, address, basePath } = { ...DEFAULTS, ...sent }
  const { path, query } = split(target)
  const headers = [...sent.headers, ['Host', host] as const]
  return {
    type: 'REQUEST',
    methodArn: arnOf(sent, path),
    path: basePath + path,
    httpMethod: method,
    headers: last(headers),
    multiValueHeaders: every(headers),
    queryStringParameters: last(parameters(query)),
    multiValueQueryStringParameters: every(parameters(query)),
    requestContext: { apiId: api, domainName: host, identity: { ...(address !== undefined && { sourceIp: address }) } },
  }
}

/** What API Gateway sends to an HTTP API's authorizer with payload 2.0. Where it refuses a path itself, undefined. */
export function httpEvent(sent: Sent): HttpRequestEvent | undefined {
  const { method, target, host, api, address, stage } = { ...DEFAULTS, ...sent }
  const { path, query } = split(target)
  const decoded = httpApiPath(path)
  if (decoded === undefined) return undefined
  const cookies = sent.headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, line]) => line.split('; '))
  const headers = [...sent.headers, ['Host', host] as const].filter(([name]) => name.toLowerCase() !== 'cookie')
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: arnOf(sent, decoded),
    rawPath: prefixOf(sent) + decoded,
    rawQueryString: query ?? '',
    ...(cookies.length > 0 && { cookies }),
    headers: joined(headers),
    requestContext: {
      apiId: api,
      stage,
      domainName: host,
      http: { method, ...(address !== undefined && { sourceIp: address }) },
    },
  }
}

/**
 * What API Gateway sends to an HTTP API's authorizer with payload 1.0: the form of a REST API's event, with the path of
 * payload 2.0, its stage included. Where the API refuses a path itself, undefined.
 */
export function http1Event(sent: Sent): (RestRequestEvent & Http1) | undefined {
  const { stage } = { ...DEFAULTS, ...sent }
  const decoded = httpApiPath(split(sent.target).path)
  if (decoded === undefined) return undefined
  const event = restEvent(sent)
  return {
    ...event,
    version: '1.0',
    identitySource: null,
    authorizationToken: null,
    methodArn: arnOf(sent, decoded),
    path: prefixOf(sent) + decoded,
    requestContext: { ...event.requestContext, stage } as NonNullable<RestRequestEvent['requestContext']>,
  }
}

/** What tells payload 1.0 from a REST API's event; without identity sources both are null. */
interface Http1 {
  readonly version: '1.0'
  readonly identitySource: string | null
  readonly authorizationToken: string | null
}

/** What API Gateway sends to a REST API's TOKEN authorizer. */
export function tokenEvent(sent: Sent, header = 'authorization'): TokenEvent {
  const authorizationToken = sent.headers.find(([name]) => name.toLowerCase() === header)?.[1] ?? null
  return { type: 'TOKEN', methodArn: arnOf(sent, split(sent.target).path), authorizationToken }
}

/**
 * What an HTTP API makes of a path, as captures of live ones show: it is decoded, cut at a `?`, and decoded again; where
 * that cannot be done the request is answered 400 before any authorizer is asked.
 */
export function httpApiPath(path: string): string | undefined {
  try {
    const [before = ''] = decodeURIComponent(path).split('?')
    return decodeURIComponent(before)
  } catch {
    return undefined
  }
}

/** What stands before a path of an HTTP API: the stage on AWS's own domain, the base path on a custom one. */
function prefixOf(sent: Sent): string {
  const { host, api, stage, basePath } = { ...DEFAULTS, ...sent }
  return host === ownDomain(api) && stage !== '$default' ? `/${stage}` : basePath
}

function arnOf(sent: Sent, path: string): string {
  const { api, method, stage } = { ...DEFAULTS, ...sent }
  return `arn:aws:execute-api:eu-central-1:123456789012:${api}/${stage}/${method}${path}`
}
