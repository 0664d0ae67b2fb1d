import { builtin } from '../../src/lib/builtin.ts'
import { encodePath } from '../../src/lib/percent.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { FirstFormat, HttpRequestEvent, RestRequestEvent } from './event.ts'
import type { Fields } from './fields.ts'
import { fieldsOf, queryOf } from './fields.ts'

// As src/crypto/node.ts has it, and for the same reason.
const { randomUUID } = builtin('node:crypto')

/**
 * Reads an access from a REST API's REQUEST event. Its `path` is what the client sent, and begins on a custom domain
 * with the base path of the mapping.
 */
export function restAccess(event: RestRequestEvent, basePath: string, at: EpochSeconds): Access {
  const { apiId, domainName } = event.requestContext ?? {}
  const path = isOwnDomain(domainName, apiId) ? event.path : without(event.path, basePath)
  return firstFormatAccess(event, event.httpMethod, path, at)
}

/** Reads an access from an event in the first payload format, whose method and path are known. */
export function firstFormatAccess(event: FirstFormat, method: unknown, path: unknown, at: EpochSeconds): Access {
  const { domainName, identity } = event.requestContext ?? {}
  const fields = fieldsOf(event.multiValueHeaders, event.headers)
  const query = queryOf(event.multiValueQueryStringParameters, event.queryStringParameters)
  return access({ method, path, query, fields, domainName, sourceIp: identity?.sourceIp }, at)
}

/**
 * Reads an access from an HTTP API's event. Its `rawPath` is decoded, whatever its name says, and begins with the stage,
 * where that has a name, or on a custom domain with the base path of the mapping.
 */
export function httpAccess(event: HttpRequestEvent, basePath: string, at: EpochSeconds): Access {
  const { domainName, http } = event.requestContext ?? {}
  const path = decodedPath(event.rawPath, event.requestContext, basePath)
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ''
  const fields = fieldsOf(null, event.headers, event.cookies)
  return access({ method: http?.method, path, query, fields, domainName, sourceIp: http?.sourceIp }, at)
}

/** The path of an HTTP API's event, encoded again, without its stage and base path. */
export function decodedPath(path: unknown, context: unknown, basePath: string): string | undefined {
  const { apiId, domainName, stage } = Object(context)
  const stripped = isOwnDomain(domainName, apiId) ? withoutStage(path, stage) : without(path, basePath)
  return stripped === undefined ? undefined : encoded(stripped)
}

/** What a request is made of, as an event has it; what is missing or no text is not known. */
export interface Parts {
  readonly method: unknown
  readonly path: unknown
  readonly query: string
  readonly fields: Fields
  readonly domainName: unknown
  readonly sourceIp: unknown
}

const NONE: readonly string[] = []

/** An empty target is ambiguous to the core: a request whose method or path is not known is refused. */
export function access({ method, path, query, fields, domainName, sourceIp }: Parts, at: EpochSeconds): Access {
  const hosts = fields.get('host') ?? [domainName]
  const isKnown = isText(method) && isText(path) && !/[?#]/.test(path)
  return {
    requestId: randomUUID(),
    at,
    method: isText(method) ? method : '',
    // API Gateway has no plain HTTP.
    scheme: 'https',
    loopback: false,
    host: hosts.length === 1 && isText(hosts[0]) ? hosts[0] : '',
    target: isKnown ? path + query : '',
    header: (name) => fields.get(name) ?? NONE,
    headerNames: () => fields.keys(),
    clientAddress: isText(sourceIp) ? sourceIp : undefined,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Whether the request came by AWS's own name for the API, which knows no base path. */
export function isOwnDomain(domainName: unknown, apiId: unknown): boolean {
  return isText(domainName) && isText(apiId) && domainName.startsWith(apiId) && domainName.includes('.execute-api.')
}

/** Takes a prefix of whole segments away; undefined where the path does not begin with it. */
export function without(path: unknown, prefix: string): string | undefined {
  if (!isText(path) || !path.startsWith(prefix)) return undefined
  const rest = path.slice(prefix.length)
  return rest === '' ? '/' : rest.startsWith('/') ? rest : undefined
}

/** Emulators leave the stage out, AWS does not. */
export function withoutStage(path: unknown, stage: unknown): string | undefined {
  if (!isText(path) || !isText(stage)) return undefined
  return stage === '$default' ? path : (without(path, `/${stage}`) ?? path)
}

/** Bytes that are not UTF-8 arrive as U+FFFD, from which nothing can be encoded again: left as it is, it is ambiguous. */
function encoded(path: string): string {
  return /[\ufffd\ud800-\udfff]/u.test(path) ? path : encodePath(path)
}
