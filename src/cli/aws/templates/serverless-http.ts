import type { Guard } from '../model.ts'
import { allowCors } from './cors.ts'
import { addRoute } from './http.ts'
import { authorizer, capitals } from './parts.ts'
import type { Service } from './serverless-service.ts'
import { asked, logicalName, methodAndPath } from './serverless-service.ts'
import type { Tree } from './tree.ts'
import { at, entriesOf, knownText, textOf, UNKNOWN } from './tree.ts'

/** Reads the events of kind `httpApi`: the routes of one HTTP API, which has one stage. */
export function httpEvents(service: Service): void {
  const events = service.events.filter(({ kind }) => kind === 'httpApi')
  const [first] = events
  if (!first) return
  const settings = at(service.file, 'provider', 'httpApi')
  const api = service.read.add('HttpApi', 'http', settings?.line ?? first.line)
  api.stages.push({ line: api.line, value: '$default' })
  if (at(settings, 'id')) api.isElsewhere = true
  const cors = at(settings, 'cors')
  if (cors && textOf(cors) !== 'false') allowCors(api)
  const guards = new Map<string, Guard>()
  for (const [name, tree] of entriesOf(at(settings, 'authorizers'))) {
    const guard = guardIn(name, tree, service)
    guards.set(name, guard)
    service.read.guards.set(`HttpApiAuthorizer${logicalName(knownText(at(tree, 'name')) ?? name)}`, guard)
    if (typeof guard === 'object') api.authorizers.push(guard)
  }
  for (const { line, tree } of events) {
    const { verb, path } = methodAndPath(tree)
    const key = path === UNKNOWN ? UNKNOWN : path === '*' ? '$default' : `${verb} ${path}`
    addRoute(api, line, key, guardOf(at(tree, 'authorizer'), guards), undefined)
  }
}

function guardIn(name: string, tree: Tree, service: Service): Guard {
  if (capitals(at(tree, 'type')) !== 'REQUEST') return 'others'
  const read = authorizer({
    ...{ name, line: tree.line, kind: 'request', protocol: 'http', tree },
    ...{ ttl: 'resultTtlInSeconds', sources: 'identitySource' },
    ...{ payload: 'payloadVersion', simple: 'enableSimpleResponses' },
    asks: asked(service, knownText(at(tree, 'functionName')), at(tree, 'functionArn')),
  })
  return { ...read, payload: { ...read.payload, value: read.payload.value ?? '2.0' } }
}

function guardOf(tree: Tree | undefined, guards: ReadonlyMap<string, Guard>): Guard {
  if (!tree) return 'nobody'
  if (capitals(at(tree, 'type')) === 'AWS_IAM') return 'others'
  return guards.get(knownText(tree.kind === 'map' ? at(tree, 'name') : tree) ?? '') ?? 'unknown'
}
