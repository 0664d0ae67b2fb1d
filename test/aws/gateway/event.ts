import type { Sent } from '../events.ts'
import { http1Event, httpEvent, restEvent, tokenEvent } from '../events.ts'
import type { Placed } from './api.ts'
import { ACCOUNT, valuesOf } from './api.ts'
import { contextOf } from './sources.ts'

/**
 * The event that an authorizer is called with, whole, as AWS documents it for its kind:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 * https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-lambda-authorization
 */
export function eventOf(placed: Placed, identity: readonly string[]): unknown {
  const { kind, authorizer } = placed.api
  if (kind === 'appsync') return appsync(placed)
  if (kind === 'websocket') return connection(placed)
  if (kind === 'http') return authorizer.payload === '1.0' ? http1(placed, identity) : http(placed, identity)
  return authorizer.type === 'TOKEN' ? tokenEvent(sentBy(placed), tokenHeader(placed)) : rest(placed)
}

/** The header of a TOKEN authorizer, in lower case. */
export function tokenHeader({ api }: Placed): string {
  const [source = 'method.request.header.Authorization'] = api.authorizer.identitySources ?? []
  return source.replace('method.request.header.', '').toLowerCase()
}

function sentBy({ api, id, stage, host, method, path, query, fields, address }: Placed): Sent {
  return {
    method,
    target: path + query,
    headers: fields.filter(([name]) => name.toLowerCase() !== 'host'),
    host,
    api: id,
    stage,
    address,
    basePath: api.basePath ?? '',
  }
}

/** Names in the client's spelling, `path` without the stage and, on a custom domain, with the base path. */
function rest(placed: Placed): object {
  const { api, route } = placed
  const event = restEvent(sentBy(placed))
  return {
    ...event,
    resource: route.resource,
    pathParameters: orNull(route.parameters),
    stageVariables: orNull(api.stageVariables),
    requestContext: requestContext(placed, event.requestContext),
  }
}

/** Payload 1.0 of an HTTP API. */
function http1(placed: Placed, identity: readonly string[]): object {
  const { api, route } = placed
  const event = http1Event(sentBy(placed))
  return {
    ...event,
    ...(identity.length > 0 && { identitySource: identity.join(','), authorizationToken: identity.join(',') }),
    resource: route.resource,
    pathParameters: route.parameters,
    stageVariables: api.stageVariables ?? {},
    requestContext: requestContext(placed, event?.requestContext),
  }
}

/** Payload 2.0: names in lower case, repeated values joined by commas, `rawPath` with the stage where that has a name. */
function http(placed: Placed, identity: readonly string[]): object {
  const { api, route, query, requestId } = placed
  const event = httpEvent(sentBy(placed))
  const { accountId, domainPrefix, protocol } = contextOf(placed)
  const parameters = new URLSearchParams(query)
  const names = Array.from(new Set(parameters.keys()))
  return {
    ...event,
    identitySource: identity.length > 0 ? identity : null,
    routeKey: route.key,
    ...(names.length > 0 && {
      queryStringParameters: Object.fromEntries(names.map((name) => [name, parameters.getAll(name).join(',')])),
    }),
    ...(Object.keys(route.parameters).length > 0 && { pathParameters: route.parameters }),
    ...(api.stageVariables && { stageVariables: api.stageVariables }),
    requestContext: {
      ...event?.requestContext,
      accountId,
      domainPrefix,
      requestId,
      routeKey: route.key,
      http: { ...event?.requestContext?.http, path: event?.rawPath, protocol, userAgent: userAgentOf(placed) },
    },
  }
}

/** `$connect`: the ARN has no method and no path follows it; neither is in the event. */
function connection(placed: Placed): object {
  const { id, stage, requestId, api } = placed
  const { headers, multiValueHeaders, queryStringParameters, multiValueQueryStringParameters, requestContext } =
    restEvent(sentBy(placed))
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:eu-central-1:${ACCOUNT}:${id}/${stage}/$connect`,
    headers,
    multiValueHeaders,
    queryStringParameters,
    multiValueQueryStringParameters,
    stageVariables: api.stageVariables ?? {},
    requestContext: {
      ...requestContext,
      routeKey: '$connect',
      eventType: 'CONNECT',
      extendedRequestId: requestId,
      messageDirection: 'IN',
      stage,
      requestId,
      connectionId: `${requestId.slice(0, 11)}=`,
    },
  }
}

/** AppSync tells the token, the operation, and the fields of the request. */
function appsync({ id, body, requestId, fields }: Placed): object {
  const { query, operationName, variables } = JSON.parse(body) as Record<string, unknown>
  return {
    authorizationToken: valuesOf(fields, 'authorization').at(-1) ?? '',
    requestContext: {
      apiId: id,
      accountId: ACCOUNT,
      requestId,
      queryString: query,
      operationName: operationName ?? null,
      variables: variables ?? {},
    },
    requestHeaders: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
  }
}

function requestContext(placed: Placed, known: unknown): object {
  const { accountId, httpMethod, path, protocol, requestId, resourcePath, stage } = contextOf(placed)
  const { identity, ...others } = known as { readonly identity: object }
  return {
    ...others,
    accountId,
    httpMethod,
    path,
    protocol,
    requestId,
    resourceId: '05c7jb',
    resourcePath,
    stage,
    identity: { ...identity, userAgent: userAgentOf(placed) },
  }
}

function userAgentOf({ fields }: Placed): string | null {
  return valuesOf(fields, 'user-agent').at(-1) ?? null
}

function orNull(record: Readonly<Record<string, string>> | undefined): object | null {
  return record && Object.keys(record).length > 0 ? record : null
}
