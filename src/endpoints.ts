import type { Target } from './lib/path.ts'
import { splitTarget } from './lib/path.ts'
import type { Endpoint, Match } from './model/decision.ts'

/** Latchkey's own endpoints, on a host that answers them. Where another server answers, they are unknown routes. */
export interface Endpoints {
  /** What a request for one is matched with; `method` is the one that a preflight asks for. */
  match(target: Target, method: string, isPreflight: boolean): Match | undefined
  /** Whether a path outside the base is that of one. */
  isElsewhere(path: string): boolean
  /** Whether a request asks for `live` or `health`, which wait for nothing. */
  isProbe(target: string): boolean
}

/** What else lies under a base path. */
export type MatchMore = Endpoints['match']

/**
 * The endpoints under a base path, with those that only some documents have, and where resource metadata is told. They
 * are recognised on the bytes that are judged, before any router.
 */
export function ownEndpoints(
  base: string,
  matchMore?: MatchMore,
  metadataPaths: readonly string[] = [],
  more: readonly Endpoint[] = [],
): Endpoints {
  const byPath = new Map<string, Endpoint>([
    ...(['live', 'health', 'whoami', ...more] as const).map((endpoint) => [`${base}/${endpoint}`, endpoint] as const),
    ...metadataPaths.map((path) => [path, 'resource-metadata'] as const),
  ])
  return {
    isElsewhere: (path) => metadataPaths.includes(path),
    match(target, method, isPreflight) {
      const endpoint = method === 'GET' || method === 'HEAD' ? byPath.get(target.path) : undefined
      return endpoint ? endpointMatch(endpoint, target, isPreflight) : matchMore?.(target, method, isPreflight)
    },
    isProbe(target) {
      const endpoint = byPath.get(splitTarget(target)?.path ?? '')
      return endpoint === 'live' || endpoint === 'health'
    },
  }
}

function endpointMatch(endpoint: Endpoint, { path, query }: Target, isPreflight: boolean): Match {
  return {
    pattern: path,
    path,
    query,
    passage: isPreflight ? 'preflight' : endpoint === 'whoami' ? 'judged' : 'public',
    access: 'read',
    surface: undefined,
    permissions: undefined,
    credentials: undefined,
    endpoint,
  }
}
