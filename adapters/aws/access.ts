import { randomUUID } from 'node:crypto'
import { encodePath, encodePathOnce } from '../../src/lib/percent.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { HttpRequestEvent, RestRequestEvent, TokenEvent } from './event.ts'

/** The fields of a request, by lower-case name. */
type Fields = ReadonlyMap<string, readonly string[]>

const NONE: readonly string[] = []

/**
 * Reads an access from a TOKEN event. Its methodArn holds the method and the path, without stage and base path; the
 * token is the value of the one header that the document reads.
 */
export function tokenAccess(event: TokenEvent, header: string, at: EpochSeconds): Access {
  // arn:aws:execute-api:region:account:api/stage/METHOD/path
  const [, , method = '', ...path] = event.methodArn.split('/')
  const fields: Fields = new Map(event.authorizationToken ? [[header, [event.authorizationToken]]] : [])
  return access(method, `/${encodePathOnce(path.join('/'))}`, fields, 'api-gateway', undefined, at)
}

/** Reads an access from a REST API's REQUEST event. `basePath` is the custom domain's mapping, which `path` begins with. */
export function restAccess(event: RestRequestEvent, basePath: string, at: EpochSeconds): Access {
  const fields = fieldsOf(event.multiValueHeaders ?? singles(event.headers))
  const path = encodePathOnce(without(event.path ?? '/', basePath))
  const query = queryOf(event.multiValueQueryStringParameters ?? singles(event.queryStringParameters))
  const { domainName, identity } = event.requestContext ?? {}
  return access(event.httpMethod ?? '', path + query, fields, domainName, identity?.sourceIp, at)
}

/** Reads an access from an HTTP API's event. A stage that has a name stands before the path on AWS's own domain. */
export function httpAccess(event: HttpRequestEvent, basePath: string, at: EpochSeconds): Access {
  const { domainName, http, stage } = event.requestContext ?? {}
  const isOwnDomain = domainName?.includes('.execute-api.') === true
  const prefix = isOwnDomain && stage && stage !== '$default' ? `/${stage}` : basePath
  const path = encodePath(without(event.rawPath ?? '/', prefix))
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ''
  const fields = fieldsOf(singles(event.headers))
  if (event.cookies && event.cookies.length > 0 && !fields.has('cookie'))
    fields.set('cookie', [event.cookies.join('; ')])
  return access(http?.method ?? '', path + query, fields, domainName, http?.sourceIp, at)
}

function access(
  method: string,
  target: string,
  fields: Fields,
  domainName: string | null | undefined,
  sourceIp: string | null | undefined,
  at: EpochSeconds,
): Access {
  const hosts = fields.get('host') ?? NONE
  return {
    requestId: randomUUID(),
    at,
    method,
    // API Gateway has no plain HTTP.
    scheme: 'https',
    loopback: false,
    host: hosts.length === 1 ? (hosts[0] as string) : hosts.length === 0 ? (domainName ?? '') : '',
    target,
    header: (name) => fields.get(name) ?? NONE,
    headerNames: () => fields.keys(),
    clientAddress: sourceIp ?? undefined,
  }
}

function singles(
  values: Readonly<Record<string, string | undefined>> | null | undefined,
): Record<string, readonly string[]> {
  const pairs = Object.entries(values ?? {}).flatMap(([name, value]) =>
    value == null ? [] : [[name, [value]] as const],
  )
  return Object.fromEntries(pairs)
}

/** API Gateway keeps the client's spelling, so two spellings of one name are two values of it. */
function fieldsOf(values: Readonly<Record<string, readonly string[] | undefined>>): Map<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>()
  for (const [name, list] of Object.entries(values)) {
    const lower = name.toLowerCase()
    fields.set(lower, [...(fields.get(lower) ?? NONE), ...(list ?? NONE)])
  }
  return fields
}

function queryOf(values: Readonly<Record<string, readonly string[] | undefined>>): string {
  const pairs = Object.entries(values).flatMap(([name, list]) =>
    (list ?? NONE).map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function without(path: string, prefix: string): string {
  if (prefix === '' || !path.startsWith(prefix)) return path
  const rest = path.slice(prefix.length)
  return rest === '' ? '/' : rest.startsWith('/') ? rest : path
}
