import type { ProxyEvent, UrlEvent } from '../../../adapters/aws/whole-event.ts'
import { every, joined, last, parameters, split } from '../wire.ts'

/** A request as it stands on the wire, and what AWS knows of where it arrived. One character of a body is one byte. */
export interface Sent {
  readonly method?: string
  readonly target: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string | undefined
  /** Default the name that AWS gives to the URL or the API. */
  readonly host?: string | undefined
  /** Default 203.0.113.7; undefined: none is known. */
  readonly address?: string | undefined
  /** Default `$default` of an HTTP API, `prod` of a REST API. */
  readonly stage?: string
  /** The base path of a custom domain's mapping. */
  readonly basePath?: string
}

const ID = 'a1b2c3d4e5'
const REGION = 'eu-central-1'
const URL_HOST = `${ID}.lambda-url.${REGION}.on.aws`
export const API_HOST = `${ID}.execute-api.${REGION}.amazonaws.com`

/** What a function URL sends: the path and the query as they were sent, repeated fields joined, cookies apart. */
export function urlEvent(sent: Sent): UrlEvent {
  const event = secondForm({ host: URL_HOST, ...sent, stage: '$default' })
  return { ...event, requestContext: { ...event.requestContext, domainName: URL_HOST } }
}

/** What an HTTP API sends to an integration with payload 2.0. */
export function httpEvent(sent: Sent): UrlEvent {
  return secondForm({ host: API_HOST, ...sent })
}

/** What a REST API sends to a proxy integration: names as the client spelt them, all values and the last ones. */
export function restEvent(sent: Sent): ProxyEvent {
  const { method = 'GET', target, host = API_HOST, stage = 'prod', basePath = '' } = sent
  const { path, query } = split(target)
  const headers = [...(sent.headers ?? []), ['Host', host] as const]
  return {
    httpMethod: method,
    path: basePath + path,
    headers: last(headers),
    multiValueHeaders: every(headers),
    queryStringParameters: last(parameters(query)),
    multiValueQueryStringParameters: every(parameters(query)),
    requestContext: { apiId: ID, domainName: host, stage, identity: addressOf(sent) },
    ...bodyOf(sent),
  }
}

/** What an HTTP API sends to an integration with payload 1.0: a REST API's form, its own stage before the path. */
export function http1Event(sent: Sent): ProxyEvent {
  const { stage = '$default' } = sent
  const event = restEvent(sent)
  return {
    ...event,
    version: '1.0',
    path: prefixOf({ host: API_HOST, ...sent }) + split(sent.target).path,
    requestContext: { ...event.requestContext, stage },
  }
}

/** Every kind of event that brings a request. */
export const KINDS = { url: urlEvent, 'http 2.0': httpEvent, 'http 1.0': http1Event, rest: restEvent } as const

function secondForm(sent: Sent & { readonly host?: string | undefined }): UrlEvent {
  const { method = 'GET', target, host = API_HOST, stage = '$default' } = sent
  const { path, query } = split(target)
  const given = sent.headers ?? []
  const cookies = given.filter(isCookie).flatMap(([, line]) => line.split('; '))
  const headers = [...given.filter((each) => !isCookie(each)), ['host', host] as const]
  return {
    version: '2.0',
    rawPath: prefixOf({ ...sent, host }) + path,
    rawQueryString: query ?? '',
    ...(cookies.length > 0 && { cookies }),
    headers: joined(headers),
    requestContext: { apiId: ID, domainName: host, stage, http: { method, ...addressOf(sent) } },
    ...bodyOf(sent),
  }
}

/** An HTTP API tells a named stage on its own domain, and the base path on a custom one. */
function prefixOf({ host, stage = '$default', basePath = '' }: Sent): string {
  if (host !== API_HOST) return basePath
  return stage === '$default' ? '' : `/${stage}`
}

function addressOf(sent: Sent): { sourceIp?: string } {
  const { address } = { address: '203.0.113.7', ...sent }
  return address === undefined ? {} : { sourceIp: address }
}

/** Text arrives as it is, all else in base64. */
function bodyOf({ body }: Sent): { body: string | null; isBase64Encoded: boolean } {
  if (body === undefined) return { body: null, isBase64Encoded: false }
  const isText = /^[\x20-\x7e]*$/.test(body)
  return { body: isText ? body : Buffer.from(body, 'latin1').toString('base64'), isBase64Encoded: !isText }
}

function isCookie([name]: readonly [string, string]): boolean {
  return name.toLowerCase() === 'cookie'
}
