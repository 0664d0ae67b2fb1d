import type { Model } from '../model.ts'
import { resourcesInto } from './cloudformation.ts'
import type { Drafts } from './drafts.ts'
import { drafts } from './drafts.ts'
import { functionsIn, isInVpc } from './functions.ts'
import { resourcesOf } from './resources.ts'
import { httpEvents } from './serverless-http.ts'
import { restEvents } from './serverless-rest.ts'
import type { Service, ServiceEvent } from './serverless-service.ts'
import { logicalId } from './serverless-service.ts'
import { websocketEvents } from './serverless-websocket.ts'
import type { Told, Tree } from './tree.ts'
import { at, entriesOf, itemsOf, textsOf, UNKNOWN } from './tree.ts'
import type { Include } from './variables.ts'
import { withVariables } from './variables.ts'

/** Reads a serverless.yml of the framework's third version, which osls carries on, and the resources in it. */
export function serverless(template: Tree, include: Include): Model {
  const file = withVariables(template, include)
  const read = drafts()
  const declared = itemsOf(at(file, 'functions')).flatMap(entriesOf)
  const resources = resourcesOf(sectionsIn(at(file, 'resources')))
  const functions = functionsIn(resources)
  for (const [name, tree] of declared) {
    functions.set(logicalId(name), {
      ...{ line: tree.line, name, variables: variablesOf(file, tree) },
      isInVpc: isInVpc(at(tree, 'vpc') ?? at(file, 'provider', 'vpc'), 'subnetIds'),
    })
  }
  const events = declared.flatMap(([, tree]) => itemsOf(at(tree, 'events')).flatMap(eventsIn))
  const service: Service = { file, events, functions, read }
  restEvents(service)
  httpEvents(service)
  websocketEvents(service)
  resourcesInto(read, resources, functions)
  noteUnread(file, read)
  return read.model()
}

function eventsIn(tree: Tree): ServiceEvent[] {
  return entriesOf(tree).map(([kind, event]) => ({ kind, line: event.line, tree: event }))
}

/** The resources of a file that has one section, or a list of them. */
function sectionsIn(resources: Tree | undefined): Tree | undefined {
  const sections = itemsOf(resources).map((each) => at(each, 'Resources'))
  const entries = new Map(sections.flatMap(entriesOf))
  return resources && { kind: 'map', line: resources.line, entries }
}

/** A function's own variables go before the provider's. */
function variablesOf(file: Tree, tree: Tree): Told<ReadonlyMap<string, Told<string>>> {
  const general = textsOf(at(file, 'provider', 'environment')) ?? new Map()
  const own = textsOf(at(tree, 'environment')) ?? new Map()
  return general === UNKNOWN || own === UNKNOWN ? UNKNOWN : new Map([...general, ...own])
}

function noteUnread(file: Tree, read: Drafts): void {
  const parts = [
    ...itemsOf(at(file, 'functions')),
    ...itemsOf(at(file, 'resources')).map((each) => at(each, 'Resources') ?? each),
  ]
  for (const { kind, line } of parts) {
    if (kind === 'call') read.unread(line, 'what another file holds is not read')
  }
  const extensions = itemsOf(at(file, 'resources')).flatMap((each) => at(each, 'extensions') ?? [])
  for (const [, extension] of extensions.flatMap(entriesOf)) {
    const properties = at(extension, 'Properties')
    if (properties) read.unread(properties.line, 'extensions of generated resources are not read')
  }
  const appSync = at(file, 'appSync')
  if (appSync) read.unread(appSync.line, 'what a plugin makes of "appSync" is not read: check the packaged template')
}
