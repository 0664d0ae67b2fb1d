import type { Guard, Source } from '../model.ts'
import { addRoute } from './http.ts'
import { authorizer } from './parts.ts'
import type { Service } from './serverless-service.ts'
import { asked, stageOf } from './serverless-service.ts'
import type { Tree } from './tree.ts'
import { at, knownText, textOf, UNKNOWN } from './tree.ts'

/** What the framework takes where an authorizer names no identity source. */
const DEFAULT_SOURCE: Source = { kind: 'header', name: 'auth', text: 'route.request.header.Auth' }

/** Reads the events of kind `websocket`: the routes of one WebSocket API. */
export function websocketEvents(service: Service): void {
  const events = service.events.filter(({ kind }) => kind === 'websocket')
  const [first] = events
  if (!first) return
  const api = service.read.add('WebsocketsApi', 'websocket', first.line)
  api.stages.push(stageOf(service))
  for (const { line, tree } of events) {
    const guard = guardIn(at(tree, 'authorizer'), service)
    if (typeof guard === 'object') api.authorizers.push(guard)
    addRoute(api, line, textOf(tree.kind === 'map' ? at(tree, 'route') : tree) ?? UNKNOWN, guard, undefined)
  }
}

function guardIn(tree: Tree | undefined, service: Service): Guard {
  if (!tree) return 'nobody'
  const text = tree.kind === 'map' ? undefined : knownText(tree)
  const name = text ?? knownText(at(tree, 'name'))
  const arn = at(tree, 'arn') ?? (text?.includes(':') ? tree : undefined)
  const read = authorizer({
    ...{ name: name ?? 'authorizer', line: tree.line, kind: 'request', protocol: 'websocket', tree },
    ...{ ttl: '', sources: 'identitySource', payload: '', simple: '', asks: asked(service, name, arn) },
  })
  return at(tree, 'identitySource') ? read : { ...read, sources: { line: tree.line, value: [DEFAULT_SOURCE] } }
}
