import { randomUUID } from 'node:crypto'
import { API, httpApiPath, ownDomain } from '../events.ts'
import type { Api, Placed, Route, Wire } from './api.ts'
import { valuesOf } from './api.ts'
import type { Reply } from './refusals.ts'
import { plain, worded } from './refusals.ts'

/**
 * Finds the API of a request by its host, stage and path, and the route; or what API Gateway answers by itself. On AWS's own
 * domain the stage is the first segment, but for `$default`; on a custom one the base path mapping tells API and stage:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
 */
export function place(apis: readonly Api[], wire: Wire): Placed | Reply {
  const [host = ''] = valuesOf(wire.fields, 'host')
  const mark = wire.target.indexOf('?')
  const [whole, query] = mark < 0 ? [wire.target, ''] : [wire.target.slice(0, mark), wire.target.slice(mark)]
  for (const api of apis) {
    const { id = API, stage = 'prod' } = api
    const path = api.kind === 'appsync' ? appsyncPath(host, id, whole) : pathOf(api, id, stage, host, whole)
    if (path === undefined) continue
    const placed = { ...wire, api, id, stage, host, path, query, requestId: randomUUID() }
    return routed(placed)
  }
  return plain(403, 'Forbidden', 'ForbiddenException')
}

function appsyncPath(host: string, id: string, path: string): string | undefined {
  return host === `${id}.appsync-api.eu-central-1.amazonaws.com` && path === '/graphql' ? path : undefined
}

/** A path without what only says which API and stage it is for; undefined where it is for another one. */
function pathOf({ basePath = '' }: Api, id: string, stage: string, host: string, path: string): string | undefined {
  const isOwn = host === ownDomain(id)
  if (!isOwn && host !== 'api.example') return undefined
  const prefix = !isOwn ? basePath : stage === '$default' ? '' : `/${stage}`
  if (!path.startsWith(prefix)) return undefined
  const rest = path.slice(prefix.length)
  return rest === '' ? '/' : rest.startsWith('/') ? rest : undefined
}

/**
 * A REST API without such a method answers 403 "Missing Authentication Token" by itself, an HTTP API 404. An HTTP API
 * decodes the path before it looks for its route.
 */
function routed(placed: Omit<Placed, 'route'>): Placed | Reply {
  const { api, method } = placed
  if (api.kind === 'websocket' || api.kind === 'appsync') {
    return { ...placed, route: { key: '$connect', resource: '$connect', parameters: {} } }
  }
  const path = api.kind === 'http' ? httpApiPath(placed.path) : placed.path
  if (path === undefined) return plain(400, 'Bad Request')
  const everything = api.kind === 'http' ? ['$default'] : ['ANY /', 'ANY /{proxy+}']
  const route = routeOf(api.routes ?? everything, method, path)
  if (route) return { ...placed, route }
  return api.kind === 'http' ? plain(404, 'Not Found') : worded('MISSING_AUTHENTICATION_TOKEN', api, placed, {})
}

/**
 * The route that takes a request: of those that match, the one without variables goes first, then the one with `{name}`,
 * then `{name+}`, then `$default`; a method goes before `ANY`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeOf(keys: readonly string[], method: string, path: string): Route | undefined {
  const found = keys.flatMap((key) => {
    const [verb, resource = key] = key.split(' ')
    if (verb !== method && verb !== 'ANY' && key !== '$default') return []
    const match = key === '$default' ? undefined : expressionOf(resource).exec(path)
    if (match === null) return []
    const width = key === '$default' ? 3 : /\+\}/.test(resource) ? 2 : resource.includes('{') ? 1 : 0
    const parameters = { ...match?.groups }
    return [{ order: width * 2 + (verb === method ? 0 : 1), route: { key, resource, parameters } }]
  })
  return found.sort((one, other) => one.order - other.order)[0]?.route
}

function expressionOf(resource: string): RegExp {
  const parts = resource.split(/(\{[^}]+\})/).map((part) => {
    const [, name, greedy] = /^\{([A-Za-z0-9]+)(\+?)\}$/.exec(part) ?? []
    if (name === undefined) return part.replace(/[^A-Za-z0-9/]/g, '\\$&')
    return greedy ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`
  })
  // A live REST API serves `/payment/` by its resource `/payment`, and tells `path` as it was sent. No page says so.
  return new RegExp(`^${parts.join('')}/?$`, 's')
}
