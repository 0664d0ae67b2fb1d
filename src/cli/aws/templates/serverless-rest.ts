import type { Authorizer, Guard, Integration } from '../model.ts'
import type { ApiDraft } from './drafts.ts'
import { authorizer, capitals, integration } from './parts.ts'
import type { Service, ServiceEvent } from './serverless-service.ts'
import { asked, logicalName, methodAndPath, stageOf } from './serverless-service.ts'
import { sourceOf } from './sources.ts'
import type { Told, Tree } from './tree.ts'
import { at, entriesOf, knownText, textOf, UNKNOWN } from './tree.ts'

/** What the framework takes where an authorizer names no identity source, unless it is a REQUEST one that caches nothing. */
const DEFAULT_SOURCE = 'method.request.header.Authorization'
const NAME = 'ApiGatewayRestApi'

/** Reads the events of kind `http`: the methods of one REST API. */
export function restEvents(service: Service): void {
  const events = service.events.filter(({ kind }) => kind === 'http')
  const [first] = events
  if (!first) return
  const api = service.read.add(NAME, 'rest', first.line)
  const id = at(service.file, 'provider', 'apiGateway', 'restApiId')
  if (id) api.isElsewhere = true
  api.stages.push(stageOf(service))
  const guards = guardsOf(events, service)
  for (const [name, guard] of guards) {
    service.read.guards.set(`${logicalName(name)}ApiGatewayAuthorizer`, guard)
    if (typeof guard === 'object') api.authorizers.push(guard)
  }
  for (const event of events) addMethods(event, api, guards)
  for (const { path } of api.methods) if (path !== UNKNOWN) addPaths(path, service)
}

/** An authorizer that several events name is made once, by what the last of them says. */
function guardsOf(events: readonly ServiceEvent[], service: Service): Map<string, Guard> {
  const said = new Map<string, Tree>()
  for (const { tree } of events) {
    const own = at(tree, 'authorizer')
    const name = nameOf(own)
    const before = name === undefined ? undefined : said.get(name)
    // What an alias repeats stands where its anchor is; a name alone says nothing more.
    const isRepeated =
      own?.kind === 'map' ? before?.kind === 'map' && own.entries === before.entries : before?.kind === 'scalar'
    if (own && name !== undefined && !isRepeated) said.set(name, own)
  }
  return new Map(Array.from(said, ([name, tree]) => [name, guardIn(name, tree, service)]))
}

function guardIn(name: string, tree: Tree, service: Service): Guard {
  const type = capitals(at(tree, 'type')) ?? 'TOKEN'
  const arn = tree.kind === 'map' ? at(tree, 'arn') : name.includes(':') ? tree : undefined
  const isLambda = (type === 'TOKEN' || type === 'REQUEST') && !/:cognito-idp:/.test(knownText(arn) ?? '')
  return isLambda ? restAuthorizer(name, tree, type, arn, service) : 'others'
}

function restAuthorizer(
  name: string,
  tree: Tree,
  type: 'TOKEN' | 'REQUEST',
  arn: Tree | undefined,
  service: Service,
): Authorizer {
  const read = authorizer({
    ...{ name, line: tree.line, kind: type === 'TOKEN' ? 'token' : 'request', protocol: 'rest', tree },
    ...{ ttl: 'resultTtlInSeconds', sources: 'identitySource', payload: '', simple: '' },
    asks: asked(service, name, arn),
  })
  const hasDefault = !at(tree, 'identitySource') && !(type === 'REQUEST' && read.ttl.seconds === 0)
  const source = hasDefault ? sourceOf(DEFAULT_SOURCE) : undefined
  return source ? { ...read, sources: { line: tree.line, value: [source] } } : read
}

/** What the framework calls an authorizer; undefined for one that asks no function of this file. */
function nameOf(tree: Tree | undefined): string | undefined {
  const text = tree?.kind === 'map' ? undefined : knownText(tree)
  const type = capitals(text === undefined ? at(tree, 'type') : tree)
  if (type === 'AWS_IAM' || at(tree, 'authorizerId')) return undefined
  const arn = at(tree, 'arn')
  return text ?? knownText(at(tree, 'name')) ?? knownText(arn) ?? (arn && `line ${arn.line}`)
}

function guardOf(tree: Tree | undefined, guards: ReadonlyMap<string, Guard>): Guard {
  if (!tree) return 'nobody'
  const type = capitals(tree.kind === 'map' ? at(tree, 'type') : tree)
  if (type === 'AWS_IAM' || type === 'COGNITO_USER_POOLS') return 'others'
  return guards.get(nameOf(tree) ?? '') ?? 'unknown'
}

/** The logical ids of the resources that the framework makes for a path, to which others may refer. */
function addPaths(path: string, { read }: Service): void {
  const parts = path.split('/').slice(1)
  const names = parts.map((part) =>
    part
      .toLowerCase()
      .replaceAll('-', 'Dash')
      .replace(/\{(.*)\}/g, '$1Var')
      .replace(/[^0-9A-Za-z]/g, '')
      .replace(/^./, (first) => first.toUpperCase()),
  )
  for (const place of parts.keys()) {
    const above = parts.slice(0, place + 1).join('/')
    read.paths.set(`ApiGatewayResource${names.slice(0, place + 1).join('')}`, `/${above}`)
  }
}

function addMethods({ line, tree }: ServiceEvent, api: ApiDraft, guards: ReadonlyMap<string, Guard>): void {
  const { verb, path: written } = methodAndPath(tree)
  const path: Told<string> = written === UNKNOWN ? UNKNOWN : `/${written.replace(/^\/|\/$/g, '')}`
  const [target, parameters] = [at(tree, 'integration'), at(tree, 'request', 'parameters')]
  api.methods.push({
    ...{ line, verb, path, guard: guardOf(at(tree, 'authorizer'), guards) },
    integration: { ...integration(target?.line ?? line, knownText(target), undefined), parameters: mapped(parameters) },
  })
  if (verb === 'OPTIONS') api.hasCors = true
  const cors = at(tree, 'cors')
  if (!cors || textOf(cors) === 'false') return
  api.hasCors = true
  if (api.methods.some((method) => method.verb === 'OPTIONS' && method.path === path)) return
  api.methods.push({
    line: cors.line,
    verb: 'OPTIONS',
    path,
    guard: 'nobody',
    integration: integration(cors.line, 'MOCK', undefined),
  })
}

const LOCATIONS: Readonly<Record<string, string>> = { headers: 'header', querystrings: 'querystring', paths: 'path' }

/** The framework hands on each parameter that is named, as it is or as `mappedValue` says. */
function mapped(parameters: Tree | undefined): Integration['parameters'] {
  if (parameters?.kind === 'call') return UNKNOWN
  const found = new Map<string, Told<string>>()
  for (const [location, tree] of entriesOf(parameters)) {
    for (const [name, value] of entriesOf(tree)) {
      const place = `request.${LOCATIONS[location] ?? location}.${name}`
      found.set(`integration.${place}`.toLowerCase(), textOf(at(value, 'mappedValue')) ?? `method.${place}`)
    }
  }
  return found
}
