import type { Settings } from '../../src/config.ts'
import { isFunctionUrl } from '../../src/lib/function-url.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import { access, decodedPath, firstFormatAccess, isOwnDomain, without } from './access.ts'
import { fieldsOf } from './fields.ts'
import { apiFor } from './request.ts'
import type { UrlEvent, WholeEvent, WholeRequest } from './whole-event.ts'

/**
 * Reads an access from the event itself: an adapter's `Request` has joined its fields, and its URL was resolved. `basePath`
 * is what stands before the path on a custom domain, where the document's `apis` do not say it.
 */
export function accessOf(
  request: WholeRequest,
  { document: { apis } }: Settings,
  basePath: string,
  at: EpochSeconds,
): Access {
  const { apiId, stage } = request.event.requestContext
  const own = apiFor(apis, { api: apiId, stage })?.basePath ?? basePath
  if (request.kind === 'url') return secondFormatAccess(request.event, own, at)
  const { event } = request
  return firstFormatAccess(event, event.httpMethod, pathOf(event.path, event, own), at)
}

function secondFormatAccess(event: UrlEvent, basePath: string, at: EpochSeconds): Access {
  const { domainName, http } = event.requestContext
  const path = pathOf(event.rawPath, event, basePath)
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ''
  const fields = fieldsOf(null, event.headers, event.cookies)
  return access({ method: http.method, path, query, fields, domainName, sourceIp: http.sourceIp }, at)
}

/**
 * The path as it was sent; of an HTTP API, which decodes it and puts its stage before it, encoded again. A function URL has
 * neither stage nor base path.
 */
function pathOf(path: unknown, { version, requestContext }: WholeEvent, basePath: string): unknown {
  const { apiId, domainName } = requestContext
  if (isFunctionUrl(domainName)) return path
  if (version !== undefined) return decodedPath(path, requestContext, basePath)
  return isOwnDomain(domainName, apiId) ? path : without(path, basePath)
}
