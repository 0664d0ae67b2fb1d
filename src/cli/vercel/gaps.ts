import type { RouteDocument } from '../../document.ts'
import { grouped } from '../aws/grouped.ts'
import type { Coverage } from './coverage.ts'
import type { Probe } from './probes.ts'
import { formsOf, probesOfFile, probesOfRoute, wordsIn } from './probes.ts'
import { isHandler } from './served.ts'
import { UNREAD } from './source.ts'
import type { Subject } from './subject.ts'

/** Why a protected path goes round the gate. */
export type GapKind = 'path' | 'condition' | 'form'

/** A protected route of the document, and the paths of it that go round the gate. */
export interface Gap {
  readonly route: RouteDocument
  readonly kind: GapKind
  readonly paths: readonly string[]
  /** Whether all that serves these paths judges by itself. */
  readonly isGuarded: boolean
}

/** The methods that a document speaks of. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const READING = ['GET', 'HEAD']

/** What goes round a matcher, by route and kind; odd paths only where no ordinary one does. */
export function gapsIn(subject: Subject): Gap[] {
  const found = protectedPaths(subject).flatMap(({ route, path, isExotic }) =>
    gapsAt(subject, path).map(([kind, each]) => ({ route, kind, path: each, isExotic })),
  )
  return Array.from(
    grouped(found, ({ route, kind }) => `${subject.settings.routes.indexOf(route)} ${kind}`).values(),
  ).map((gaps) => {
    const { route, kind } = gaps[0] as (typeof gaps)[number]
    const open = gaps.filter(({ path }) => !isGuarded(subject, path))
    const counting = open.length > 0 ? open : gaps
    const ordinary = counting.filter(({ isExotic }) => !isExotic)
    const paths = (ordinary.length > 0 ? ordinary : counting).map(({ path }) => path)
    return { route, kind, paths: Array.from(new Set(paths)), isGuarded: open.length === 0 }
  })
}

/** A path that only who is judged may call, and its route. */
interface ProtectedPath extends Probe {
  readonly route: RouteDocument
}

function protectedPaths(subject: Subject): ProtectedPath[] {
  const { settings, project, inScope } = subject
  const words = wordsIn((subject.rules ?? []).map(({ source }) => source))
  const byRoutes = settings.routes
    .filter((route) => route.public !== true)
    .flatMap((route) => countingOf(subject, route, probesOfRoute(route.path, words)))
  const byFiles = project.answering.flatMap((each) => probesOfFile(each, words))
  const distinct = new Map([...byRoutes, ...byFiles].map((probe) => [probe.path, probe]))
  // What the last route is about the scope tells, where it is known.
  const isKnown = project.gate?.latchkey?.scope !== UNREAD
  return Array.from(distinct.values()).flatMap((probe) => {
    const route = protectedBy(subject, probe.path)
    return route && inScope(probe.path) && (isKnown || route.path !== '/*') ? [{ ...probe, route }] : []
  })
}

/** An odd path counts where something serves it, or where nobody knows what serves the route at all. */
function countingOf(subject: Subject, { path }: RouteDocument, probes: readonly Probe[]): Probe[] {
  const isKnown = path === '/*' || probes.some((probe) => !probe.isExotic && subject.serving(probe.path).length > 0)
  return probes.filter(({ path: each, isExotic }) => !isExotic || !isKnown || subject.serving(each).length > 0)
}

/** The route that protects a path, for some method by which it is served. */
export function protectedBy(subject: Subject, path: string): RouteDocument | undefined {
  for (const method of methodsAt(subject, path)) {
    const found = subject.verdict(method, path)
    if (found && !found.isPublic) return found.route
  }
  return undefined
}

/** A page answers reading alone; what else is sent there is for Server Functions. */
function methodsAt({ serving }: Subject, path: string): readonly string[] {
  const served = serving(path)
  const methods = served.flatMap((each) =>
    !isHandler(each) ? READING : each.methods.length > 0 ? each.methods.flatMap(withHead) : METHODS,
  )
  return served.length === 0 ? METHODS : Array.from(new Set(methods))
}

function withHead(method: string): readonly string[] {
  return method === 'GET' ? READING : [method]
}

function gapsAt(subject: Subject, path: string): (readonly [kind: GapKind, path: string])[] {
  const kind = KINDS[subject.coverage(path)]
  if (kind) return [[kind, path]]
  return formsOf(path, subject).flatMap((form) => {
    const coverage = subject.coverage(form)
    return coverage === 'always' ? [] : [[coverage === 'never' ? ('form' as const) : ('condition' as const), form]]
  })
}

const KINDS: Readonly<Record<Coverage, GapKind | undefined>> = {
  always: undefined,
  sometimes: 'condition',
  never: 'path',
}

/** A form of a path is served by what serves the path. */
function isGuarded({ serving }: Subject, path: string): boolean {
  const served = serving(path.replace(/\.(?:rsc|segments\/.*)$/, ''))
  return served.length > 0 && served.every((each) => each.isGuarded)
}
