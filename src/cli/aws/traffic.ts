import type { Settings } from '../../config.ts'
import type { RouteDocument } from '../../document.ts'
import { segmentsOf } from '../../lib/path.ts'
import type { Access } from '../../model/access.ts'
import { routeTable } from '../../routes.ts'
import type { Api, Method } from './model.ts'
import { isParameter, patternOf, servedBy } from './pattern.ts'
import { UNKNOWN } from './templates/tree.ts'

/** One request that a method of an API serves, and what the document makes of it. */
export interface Traffic {
  readonly method: Method
  readonly verb: string
  readonly path: string
  /** Undefined: the document refuses it, whoever asks. */
  readonly route: RouteDocument | undefined
}

/** What stands for any segment: no literal of anybody's. */
const SAMPLE = 'latchkey-sample'
const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Requests that each method of an API serves: one of its own kind, and one for each route of the document that it has a
 * path in common with. What API Gateway hands to another method is left out, and so are preflights.
 */
export function trafficOf(api: Api, settings: Settings): Traffic[] {
  const find = routeTable(settings)
  return api.methods.flatMap((method) => {
    const { verb, path } = method
    if (path === UNKNOWN || verb === 'OPTIONS') return []
    const paths = new Set([...samplesOf(path), ...settings.routes.flatMap((route) => common(path, route.path))])
    const verbs = verb === 'ANY' ? VERBS : [verb]
    return Array.from(paths).flatMap((each) =>
      verbs.flatMap((sent) =>
        servedBy(api, sent, each) === method
          ? [{ method, verb: sent, path: each, route: routeOf(find(accessOf(sent, each), undefined), sent) }]
          : [],
      ),
    )
  })

  function routeOf(match: ReturnType<ReturnType<typeof routeTable>>, verb: string): RouteDocument | undefined {
    if ('reason' in match) return undefined
    // The first of those with the same path.
    return settings.routes.find(
      ({ path, methods }) =>
        path === match.pattern &&
        (methods?.some((each) => each === verb || (verb === 'HEAD' && each === 'GET')) ?? true),
    )
  }
}

function accessOf(method: string, target: string): Access {
  return {
    ...{ requestId: '', at: 0, method, scheme: 'https', host: 'api.example', target, loopback: false },
    header: () => [],
    headerNames: () => [],
  }
}

function samplesOf(path: string): string[] {
  const { segments, end } = patternOf(path)
  const head = segments.map((segment) => (isParameter(segment) ? SAMPLE : segment))
  const tails = { none: [[]], greedy: [[SAMPLE], [SAMPLE, SAMPLE]], default: [[''], [SAMPLE], [SAMPLE, SAMPLE]] }
  return tails[end].map((tail) => `/${[...head, ...tail].join('/')}`)
}

/** A path that both a template's and a document's match; none where there is none. */
function common(path: string, route: string): string[] {
  const { segments, end } = patternOf(path)
  const written = segmentsOf(route)
  const hasTail = written.at(-1) === '*'
  const wanted = hasTail ? written.slice(0, -1) : written
  const longer = segments.length - wanted.length
  if (end === 'none' && (hasTail ? longer <= 0 : longer !== 0)) return []
  if (end === 'greedy' && !hasTail && longer >= 0) return []
  const found: string[] = []
  for (let place = 0; place < Math.max(segments.length, wanted.length); place++) {
    const both = [segments[place], wanted[place]].filter((each) => each !== undefined)
    const literals = both.filter((each) => !isParameter(each) && !each.startsWith(':'))
    const [literal = SAMPLE] = literals
    // A parameter is a segment that is not empty.
    if (literals.some((each) => each !== literal) || (literal === '' && literals.length < both.length)) return []
    found.push(literal)
  }
  return [`/${[...found, ...(end !== 'none' && hasTail ? [SAMPLE] : [])].join('/')}`]
}
