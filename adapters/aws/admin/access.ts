import type { Settings } from '../../../src/config.ts'
import { MOST_BODY_BYTES } from '../../../src/http/keys/operations.ts'
import type { Access, EpochSeconds } from '../../../src/model/access.ts'
import { access, firstFormatAccess, isOwnDomain, without, withoutStage } from '../access.ts'
import { fieldsOf } from '../fields.ts'
import { apiFor } from '../request.ts'
import type { ProxyEvent, UrlEvent, WithBody } from './event.ts'

/**
 * Reads an access from the event itself: an adapter's `Request` has joined its fields, and its URL was resolved. `basePath`
 * is what stands before the path on a custom domain.
 */
export function accessOfUrl(event: UrlEvent, basePath: string, at: EpochSeconds): Access {
  const { domainName, http } = event.requestContext
  const path = pathOf(event.rawPath, event, basePath)
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ''
  const fields = fieldsOf(null, event.headers, event.cookies)
  return access({ method: http.method, path, query, fields, domainName, sourceIp: http.sourceIp }, at)
}

/** The same of the older kind of event. */
export function accessOfProxy(event: ProxyEvent, basePath: string, at: EpochSeconds): Access {
  return firstFormatAccess(event, event.httpMethod, pathOf(event.path, event, basePath), at)
}

/** An HTTP API puts its stage before a path, where that has a name; a REST API does not. A function URL has neither. */
function pathOf(path: unknown, event: UrlEvent | ProxyEvent, basePath: string): unknown {
  const { apiId, domainName, stage } = event.requestContext
  if (typeof domainName === 'string' && domainName.includes('.lambda-url.')) return path
  if (!isOwnDomain(domainName, apiId)) return without(path, basePath)
  return event.version === undefined ? path : withoutStage(path, stage)
}

/** The base path that the document's `apis` know of an event's API and stage; undefined where they know none. */
export function basePathIn({ document: { apis } }: Settings, event: UrlEvent | ProxyEvent): string | undefined {
  const { apiId, stage } = event.requestContext
  return apiFor(apis, { api: apiId, stage })?.basePath
}

/** What a request sends, and no more than is taken and one byte. */
export function bodyOf({ body, isBase64Encoded }: WithBody): Uint8Array {
  if (typeof body !== 'string') return new Uint8Array()
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8').subarray(0, MOST_BODY_BYTES + 1)
}
