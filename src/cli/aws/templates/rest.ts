import type { ApiDraft, Drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import { resourceOf } from './intrinsic.ts'
import { openApi } from './openapi.ts'
import { authorizer, capitals, gatewayResponse, guardOf, integration, stage } from './parts.ts'
import type { Resource, Resources } from './resources.ts'
import { ofType } from './resources.ts'
import type { Told } from './tree.ts'
import { at, knownText, textOf, UNKNOWN } from './tree.ts'

const TYPE = 'AWS::ApiGateway'

/** Reads CloudFormation's REST APIs. */
export function rest(resources: Resources, functions: Functions, drafts: Drafts): void {
  for (const { name, line, properties } of ofType(resources, `${TYPE}::RestApi`)) {
    const api = drafts.add(name, 'rest', line)
    openApi(api, at(properties, 'Body') ?? at(properties, 'BodyS3Location'), functions, drafts)
  }
  for (const resource of ofType(resources, `${TYPE}::Authorizer`)) restAuthorizer(resource, functions, drafts)
  for (const resource of ofType(resources, `${TYPE}::Method`)) method(resource, resources, drafts)
  for (const resource of ofType(resources, `${TYPE}::GatewayResponse`)) {
    const { line, properties } = resource
    const type = textOf(at(properties, 'ResponseType')) ?? UNKNOWN
    apiOf(resource, drafts).responses.push(gatewayResponse(line, type, at(properties, 'ResponseParameters')))
  }
  for (const resource of ofType(resources, `${TYPE}::Stage`, `${TYPE}::Deployment`)) {
    apiOf(resource, drafts).stages.push(...stage(at(resource.properties, 'StageName')))
  }
}

function apiOf({ line, properties }: Resource, drafts: Drafts): ApiDraft {
  return drafts.referred(at(properties, 'RestApiId'), 'rest', line)
}

function restAuthorizer(resource: Resource, functions: Functions, drafts: Drafts): void {
  const { name, line, properties } = resource
  const type = capitals(at(properties, 'Type'))
  if (type !== 'TOKEN' && type !== 'REQUEST') return void drafts.guards.set(name, type ? 'others' : 'unknown')
  const read = authorizer({
    ...{ name, line, kind: type === 'TOKEN' ? 'token' : 'request', protocol: 'rest', tree: properties },
    ...{ ttl: 'AuthorizerResultTtlInSeconds', sources: 'IdentitySource', payload: '', simple: '' },
    asks: functionIn(at(properties, 'AuthorizerUri'), functions),
  })
  drafts.guards.set(name, read)
  apiOf(resource, drafts).authorizers.push(read)
}

function method(resource: Resource, resources: Resources, drafts: Drafts): void {
  const { line, properties } = resource
  const api = apiOf(resource, drafts)
  const target = at(properties, 'Integration')
  const verb = capitals(at(properties, 'HttpMethod')) ?? 'ANY'
  if (verb === 'OPTIONS') api.hasCors = true
  api.methods.push({
    ...{ line, verb },
    path: pathOf(resourceOf(at(properties, 'ResourceId')), []),
    guard: guardOf(at(properties, 'AuthorizationType'), at(properties, 'AuthorizerId'), drafts.guards),
    integration: target && integration(target.line, knownText(at(target, 'Type')), at(target, 'RequestParameters')),
  })

  /** The path of a resource, by those above it; unknown where one of them is not in the template. */
  function pathOf(name: string | undefined, below: readonly string[]): Told<string> {
    // Its root resource is an attribute of the API.
    const above = name === api.name ? '' : drafts.paths.get(name ?? '')
    if (above !== undefined) return [above, ...below].join('/') || '/'
    const found = resources.get(name ?? '')
    const part = knownText(at(found?.properties, 'PathPart'))
    if (part === undefined || below.length > MOST_SEGMENTS) return UNKNOWN
    return pathOf(resourceOf(at(found?.properties, 'ParentId')), [part, ...below])
  }
}

/** A resource that stands above itself would have a path without end. */
const MOST_SEGMENTS = 100
