import type { Guard, Model } from '../model.ts'
import { graphQl } from './appsync.ts'
import { resourcesInto } from './cloudformation.ts'
import { allowCors } from './cors.ts'
import type { ApiDraft, Drafts } from './drafts.ts'
import { drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionsIn, lambda } from './functions.ts'
import { addRoute } from './http.ts'
import { resourceOf } from './intrinsic.ts'
import { openApi } from './openapi.ts'
import { capitals, gatewayResponse, stage } from './parts.ts'
import type { Resource, Resources } from './resources.ts'
import { ofType, resourcesOf } from './resources.ts'
import { samAuthorizer } from './sam-authorizer.ts'
import type { Line, Told, Tree } from './tree.ts'
import { at, booleanOf, entriesOf, knownText, textOf, UNKNOWN } from './tree.ts'

/** What SAM makes of an API: who guards what names no authorizer, and the authorizers by their names. */
interface SamApi {
  readonly draft: ApiDraft
  readonly guards: ReadonlyMap<string, Guard>
  /** The name of the default authorizer, and its line. */
  readonly byDefault: Tree | undefined
  /** Whether it guards preflights too. */
  readonly guardsPreflights: boolean
}

/** The APIs that SAM makes for events which name none. */
const IMPLICIT = { Api: 'ServerlessRestApi', HttpApi: 'ServerlessHttpApi' } as const

/** Reads a template of the Serverless Application Model, and what of CloudFormation stands in it. */
export function sam(template: Tree): Model {
  const resources = withGlobals(resourcesOf(at(template, 'Resources')), at(template, 'Globals'))
  const read = drafts()
  const functions = functionsIn(resources)
  for (const { name, line, properties } of ofType(resources, 'AWS::Serverless::Function')) {
    functions.set(name, lambda(name, line, properties))
  }
  const apis = new Map<string, SamApi>()
  for (const resource of ofType(resources, 'AWS::Serverless::Api', 'AWS::Serverless::HttpApi')) {
    apis.set(resource.name, samApi(resource, functions, read))
  }
  for (const { name, line, properties } of ofType(resources, 'AWS::Serverless::GraphQLApi')) {
    const auth = at(properties, 'Auth')
    const additional = at(auth, 'Additional')
    for (const each of [auth, ...(additional?.kind === 'list' ? additional.items : [])]) {
      graphQl(name, line, at(each, 'LambdaAuthorizer'), functions, read)
    }
  }
  resourcesInto(read, resources, functions)
  for (const { properties } of ofType(resources, 'AWS::Serverless::Function')) {
    for (const [, event] of entriesOf(at(properties, 'Events'))) {
      const type = knownText(at(event, 'Type'))
      if (type === 'Api' || type === 'HttpApi') addEvent(event, type)
    }
  }
  return read.model()

  function addEvent(event: Tree, type: 'Api' | 'HttpApi'): void {
    const properties = at(event, 'Properties')
    const reference = at(properties, type === 'Api' ? 'RestApiId' : 'ApiId')
    const name = reference ? resourceOf(reference) : IMPLICIT[type]
    const found = apis.get(name ?? '') ?? otherApi(name, reference, type, event.line)
    const guard = guardOf(found, at(properties, 'Auth', 'Authorizer'))
    const verb = capitals(at(properties, 'Method')) ?? 'ANY'
    const path: Told<string> | undefined = textOf(at(properties, 'Path'))
    const key: Told<string> = path === undefined ? '$default' : path === UNKNOWN ? UNKNOWN : `${verb} ${path}`
    addRoute(found.draft, event.line, key, guard, undefined)
    if (found.draft.protocol === 'rest' && found.draft.hasCors) addPreflight(found, path ?? UNKNOWN)
  }

  function otherApi(name: string | undefined, reference: Tree | undefined, type: 'Api' | 'HttpApi', line: Line) {
    const isImplicit = name === IMPLICIT[type]
    const properties = isImplicit ? at(template, 'Globals', type) : undefined
    const resource = { name: name ?? '', line, type: `AWS::Serverless::${type}`, properties }
    const draft = isImplicit ? undefined : read.referred(reference, type === 'Api' ? 'rest' : 'http', line)
    const found = draft ? plainApi(draft) : samApi(resource, functions, read)
    if (isImplicit && found.draft.stages.length === 0) {
      found.draft.stages.push({ line, value: type === 'Api' ? 'Prod' : '$default' })
    }
    if (name !== undefined) apis.set(name, found)
    return found
  }
}

function plainApi(draft: ApiDraft): SamApi {
  return { draft, guards: new Map(), byDefault: undefined, guardsPreflights: false }
}

function samApi({ name, line, type, properties }: Resource, functions: Functions, read: Drafts): SamApi {
  const protocol = type === 'AWS::Serverless::Api' ? 'rest' : 'http'
  const draft = read.add(name, protocol, line)
  draft.stages.push(...stage(at(properties, 'StageName')))
  if (protocol === 'http' && draft.stages.length === 0) draft.stages.push({ line, value: '$default' })
  const auth = at(properties, 'Auth')
  const guards = new Map(
    entriesOf(at(auth, 'Authorizers')).map(([key, tree]) => [key, samAuthorizer(key, tree, draft, functions)]),
  )
  const found: SamApi = {
    ...{ draft, guards, byDefault: at(auth, 'DefaultAuthorizer') },
    guardsPreflights: booleanOf(at(auth, 'AddDefaultAuthorizerToCorsPreflight')) !== false,
  }
  if (protocol === 'http' && at(properties, 'CorsConfiguration')) allowCors(draft)
  if (protocol === 'rest' && at(properties, 'Cors')) draft.hasCors = true
  openApi(draft, at(properties, 'DefinitionBody') ?? at(properties, 'DefinitionUri'), functions, read, guards)
  for (const [at, method] of draft.methods.entries()) {
    // SAM adds the default to what its own document leaves open.
    if (method.guard === 'nobody') draft.methods[at] = { ...method, guard: guardOf(found, undefined) }
  }
  for (const [key, response] of entriesOf(at(properties, 'GatewayResponses'))) {
    const headers = at(response, 'ResponseParameters', 'Headers')
    draft.responses.push(gatewayResponse(response.line, key, prefixed(headers)))
  }
  return found
}

/** SAM leaves out what stands before a header's name. */
function prefixed(headers: Tree | undefined): Tree | undefined {
  if (headers?.kind !== 'map') return headers
  const entries = Array.from(headers.entries, ([key, value]) => [`gatewayresponse.header.${key}`, value] as const)
  return { ...headers, entries: new Map(entries) }
}

function guardOf({ guards, byDefault }: SamApi, named: Tree | undefined): Guard {
  const name = textOf(named ?? byDefault)
  if (name === undefined || name === 'NONE') return 'nobody'
  if (name === UNKNOWN) return 'unknown'
  return name === 'AWS_IAM' ? 'others' : (guards.get(name) ?? 'unknown')
}

/** With `Cors` SAM makes a preflight for each path, and puts it under the default authorizer unless it is told not to. */
function addPreflight({ draft, guards, byDefault, guardsPreflights }: SamApi, path: Told<string>): void {
  if (draft.methods.some((method) => method.verb === 'OPTIONS' && method.path === path)) return
  const guard = guardsPreflights && byDefault ? guards.get(knownText(byDefault) ?? '') : undefined
  const line = guard && byDefault ? byDefault.line : draft.line
  const integration = { line, kind: 'mock', parameters: new Map() } as const
  draft.methods.push({ line, verb: 'OPTIONS', path, guard: guard ?? 'nobody', integration })
}

/** What `Globals` say of all resources of a type; lists are joined, and a resource's own scalars count. */
function withGlobals(resources: Resources, globals: Tree | undefined): Resources {
  const sections: Readonly<Record<string, Tree | undefined>> = {
    'AWS::Serverless::Function': at(globals, 'Function'),
    'AWS::Serverless::Api': at(globals, 'Api'),
    'AWS::Serverless::HttpApi': at(globals, 'HttpApi'),
  }
  return new Map(
    Array.from(resources, ([name, resource]) => [
      name,
      { ...resource, properties: merged(sections[resource.type], resource.properties) },
    ]),
  )
}

function merged(general: Tree | undefined, own: Tree | undefined): Tree | undefined {
  if (!general || !own) return own ?? general
  if (general.kind === 'list' && own.kind === 'list') return { ...own, items: [...general.items, ...own.items] }
  if (general.kind !== 'map' || own.kind !== 'map') return own
  const entries = new Map(general.entries)
  for (const [key, value] of own.entries) entries.set(key, merged(general.entries.get(key), value) as Tree)
  return { ...own, entries }
}
