import type { Authorizer, GatewayResponse, Guard, Integration, LambdaFunction, Protocol } from '../model.ts'
import { resourceOf } from './intrinsic.ts'
import { sourcesOf } from './sources.ts'
import type { Line, Told, Tree } from './tree.ts'
import { at, booleanOf, entriesOf, knownText, numberOf, textOf, textsOf, UNKNOWN } from './tree.ts'

/** What kinds of template spell differently of an authorizer. */
export interface Spelt {
  readonly name: string
  readonly line: Line
  readonly kind: 'token' | 'request'
  readonly protocol: Protocol
  /** What holds the settings, and what each is called there. */
  readonly tree: Tree | undefined
  readonly ttl: string
  readonly sources: string
  readonly payload: string
  readonly simple: string
  readonly asks: Told<LambdaFunction>
}

/** How long a REST API keeps answers where nothing is said. An HTTP API and AppSync keep none then. */
const REST_TTL_SECONDS = 300

/** Reads an authorizer's settings under their names. */
export function authorizer({ name, line, kind, protocol, tree, asks, ...keys }: Spelt): Authorizer {
  const [ttl, sources, payload] = [at(tree, keys.ttl), at(tree, keys.sources), at(tree, keys.payload)]
  const seconds = protocol === 'websocket' ? 0 : numberOf(ttl)
  return {
    ...{ line, name, kind, asks },
    ttl: {
      line: ttl?.line ?? line,
      seconds: seconds ?? (protocol === 'rest' ? REST_TTL_SECONDS : 0),
      setting: keys.ttl,
      isDefault: ttl === undefined,
    },
    sources: { line: sources?.line ?? line, value: sourcesOf(sources) },
    payload: { line: payload?.line ?? line, value: payloadOf(payload) },
    isSimple: booleanOf(at(tree, keys.simple)) ?? false,
  }
}

/** A version that was written as a number has lost its zero. */
function payloadOf(tree: Tree | undefined): Told<string> | undefined {
  const text = textOf(tree)
  return typeof text === 'string' && /^\d$/.test(text) ? `${text}.0` : text
}

/** Who guards a method, by its `AuthorizationType` and the authorizer that it names. */
export function guardOf(type: Tree | undefined, named: Tree | undefined, guards: ReadonlyMap<string, Guard>): Guard {
  const text = textOf(type)
  if (text === undefined || text === 'NONE') return 'nobody'
  if (text === UNKNOWN) return 'unknown'
  if (text !== 'CUSTOM') return 'others'
  return guards.get(resourceOf(named) ?? '') ?? 'unknown'
}

const KINDS: Readonly<Record<string, Integration['kind']>> = { HTTP: 'http', HTTP_PROXY: 'http-proxy', MOCK: 'mock' }

/** An integration by its type and what is mapped to it. */
export function integration(line: Line, type: string | undefined, parameters: Tree | undefined): Integration {
  const texts = textsOf(parameters) ?? new Map<string, string>()
  return {
    line,
    kind: KINDS[type?.toUpperCase().replaceAll('-', '_') ?? ''] ?? 'other',
    parameters: texts === UNKNOWN ? UNKNOWN : new Map(Array.from(texts, ([key, value]) => [key.toLowerCase(), value])),
  }
}

/** A Gateway Response by what it sets, each as `gatewayresponse.header.NAME`. */
export function gatewayResponse(line: Line, type: Told<string>, parameters: Tree | undefined): GatewayResponse {
  if (parameters?.kind === 'call') return { line, type, headers: UNKNOWN }
  const names = entriesOf(parameters).flatMap(([key]) => /^gatewayresponse\.header\.(.+)$/i.exec(key)?.[1] ?? [])
  return { line, type, headers: new Set(names.map((name) => name.toLowerCase())) }
}

/** The stage that a template names. */
export function stage(tree: Tree | undefined): { line: Line; value: Told<string> }[] {
  return tree === undefined ? [] : [{ line: tree.line, value: textOf(tree) ?? UNKNOWN }]
}

export function capitals(tree: Tree | undefined): string | undefined {
  return knownText(tree)?.toUpperCase()
}
