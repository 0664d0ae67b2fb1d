import { httpApiPath } from '../events.ts'
import type { Placed } from './api.ts'
import { ACCOUNT, valuesOf } from './api.ts'

/**
 * The values of the identity sources, in order; undefined where one is missing or empty: then API Gateway answers 401 and
 * calls nobody. Together they are all that tells one answer that is kept from another.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function identityOf(placed: Placed): string[] | undefined {
  const { identitySources = [] } = placed.api.authorizer
  const values = identitySources.map((source) => read(source, placed))
  return values.every((value) => value !== undefined && value !== '') ? (values as string[]) : undefined
}

const SOURCE =
  /^(?:(?:method|route)\.request\.|\$request\.)(header|querystring)\.(.+)$|^\$?(context|stageVariables)\.(.+)$/

/**
 * One source: `method.request.header.X` of a REST API, `$request.header.X` of an HTTP API, `route.request.header.X` of a
 * WebSocket API, and so on. Names of fields are compared without regard to case, as an HTTP API's documents say; of a
 * REST API they do not say it, but clients over HTTP/2 have only lower-case ones.
 */
function read(source: string, placed: Placed): string | undefined {
  const [, place, name = '', kept, key = ''] = SOURCE.exec(source) ?? []
  if (place === 'header') return valuesOf(placed.fields, name).at(-1)
  if (place === 'querystring') return new URLSearchParams(placed.query).get(name) ?? undefined
  if (kept === 'stageVariables') return placed.api.stageVariables?.[key]
  if (kept === 'context') return contextOf(placed)[key]
  throw new Error(`not an identity source of API Gateway: ${source}`)
}

/**
 * `$context`, as far as a request tells it before anybody is authorized. `path` has the stage or the base path; an HTTP
 * API has decoded it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function contextOf(placed: Placed): Readonly<Record<string, string>> {
  const { api, id, stage, host, method, target, address, route, requestId, fields } = placed
  const [whole = ''] = target.split('?')
  return {
    accountId: ACCOUNT,
    apiId: id,
    domainName: host,
    domainPrefix: host.split('.')[0] as string,
    httpMethod: method,
    path: (api.kind === 'http' ? httpApiPath(whole) : whole) ?? whole,
    protocol: 'HTTP/1.1',
    requestId,
    resourcePath: route.resource,
    routeKey: route.key,
    stage,
    'identity.sourceIp': address,
    'identity.userAgent': valuesOf(fields, 'user-agent').at(-1) ?? '',
  }
}
