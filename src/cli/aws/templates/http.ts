import type { Guard, Integration } from '../model.ts'
import { allowCors } from './cors.ts'
import type { ApiDraft, Drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import { resourcesIn } from './intrinsic.ts'
import { openApi } from './openapi.ts'
import { authorizer, capitals, guardOf, integration, stage } from './parts.ts'
import type { Resource, Resources } from './resources.ts'
import { ofType } from './resources.ts'
import type { Line, Told, Tree } from './tree.ts'
import { at, knownText, textOf, UNKNOWN } from './tree.ts'

const TYPE = 'AWS::ApiGatewayV2'

/** Reads CloudFormation's HTTP APIs and WebSocket APIs. */
export function http(resources: Resources, functions: Functions, drafts: Drafts): void {
  for (const { name, line, properties } of ofType(resources, `${TYPE}::Api`)) {
    const api = drafts.add(name, capitals(at(properties, 'ProtocolType')) === 'WEBSOCKET' ? 'websocket' : 'http', line)
    const cors = at(properties, 'CorsConfiguration')
    if (cors) allowCors(api)
    openApi(api, at(properties, 'Body') ?? at(properties, 'BodyS3Location'), functions, drafts)
    quickRoute(api, properties)
  }
  for (const resource of ofType(resources, `${TYPE}::Authorizer`)) httpAuthorizer(resource, functions, drafts)
  const integrations = new Map(
    ofType(resources, `${TYPE}::Integration`).map(({ name, line, properties }) => [name, target(line, properties)]),
  )
  for (const resource of ofType(resources, `${TYPE}::Route`)) route(resource, integrations, drafts)
  for (const resource of ofType(resources, `${TYPE}::Stage`)) {
    apiOf(resource, drafts).stages.push(...stage(at(resource.properties, 'StageName')))
  }
}

/** An API that is made with a target has one route, and its stage. */
function quickRoute(api: ApiDraft, properties: Tree | undefined): void {
  const uri = at(properties, 'Target')
  if (!uri) return
  const isUrl = /^https?:/.test(knownText(uri) ?? '')
  api.stages.push({ line: uri.line, value: '$default' })
  api.methods.push({
    ...{ line: uri.line, verb: 'ANY', path: textOf(at(properties, 'RouteKey')) ?? '$default', guard: 'nobody' },
    integration: integration(uri.line, isUrl ? 'HTTP_PROXY' : undefined, undefined),
  })
}

/** The API of a part: what is elsewhere is taken for an HTTP API. */
function apiOf({ line, properties }: Resource, drafts: Drafts): ApiDraft {
  return drafts.referred(at(properties, 'ApiId'), 'http', line)
}

function httpAuthorizer(resource: Resource, functions: Functions, drafts: Drafts): void {
  const { name, line, properties } = resource
  const type = capitals(at(properties, 'AuthorizerType'))
  if (type !== 'REQUEST') return void drafts.guards.set(name, type ? 'others' : 'unknown')
  const api = apiOf(resource, drafts)
  const read = authorizer({
    ...{ name, line, kind: 'request', protocol: api.protocol, tree: properties },
    ...{ ttl: 'AuthorizerResultTtlInSeconds', sources: 'IdentitySource' },
    ...{ payload: 'AuthorizerPayloadFormatVersion', simple: 'EnableSimpleResponses' },
    asks: functionIn(at(properties, 'AuthorizerUri'), functions),
  })
  drafts.guards.set(name, read)
  api.authorizers.push(read)
}

function target(line: Line, properties: Tree | undefined): Integration {
  return integration(line, knownText(at(properties, 'IntegrationType')), at(properties, 'RequestParameters'))
}

function route(resource: Resource, integrations: ReadonlyMap<string, Integration>, drafts: Drafts): void {
  const { line, properties } = resource
  const api = apiOf(resource, drafts)
  const named = Array.from(resourcesIn(at(properties, 'Target'))).find((name) => integrations.has(name))
  const guard = guardOf(at(properties, 'AuthorizationType'), at(properties, 'AuthorizerId'), drafts.guards)
  addRoute(api, line, textOf(at(properties, 'RouteKey')) ?? UNKNOWN, guard, integrations.get(named ?? ''))
}

/** A route by its key: `GET /orders/{id}`, `$default`, and of a WebSocket API `$connect`. */
export function addRoute(
  api: ApiDraft,
  line: Line,
  key: Told<string>,
  guard: Guard,
  integration: Integration | undefined,
): void {
  const [first = '', second] = key === UNKNOWN ? [] : key.split(' ')
  if (api.protocol === 'websocket') {
    // The others are asked by nobody: who is connected is let in.
    if (first === '$connect') api.methods.push({ line, verb: 'GET', path: '/$connect', guard, integration })
    return
  }
  const [verb, path]: [string, Told<string>] =
    second === undefined ? ['ANY', key === UNKNOWN ? UNKNOWN : first] : [first.toUpperCase(), second]
  if (verb === 'OPTIONS') api.hasCors = true
  api.methods.push({ line, verb, path, guard, integration })
}
