import { scopeOf } from '../../../../adapters/vercel/scope.ts'
import { isUnder } from '../../../lib/path.ts'
import type { Finding, Place } from '../findings.ts'
import { finding } from '../findings.ts'
import { UNREAD } from '../source.ts'
import type { Subject } from '../subject.ts'

/** The scope: that it is told, and that all that is protected lies in it. */
export function scope(subject: Subject): Finding[] {
  const { settings, project } = subject
  const call = project.gate?.latchkey
  const routes = settings.routes.filter(({ public: isPublic }) => isPublic !== true)
  const place = call ?? project.config.place
  if (call?.scope === UNREAD) {
    const message = 'the scope is not written out here: what it leaves out is not known; write a path, or a list'
    return [finding(call, 'scope-unread', message), ...outsideBasePath(subject, place)]
  }
  try {
    const gaps = call?.scope === undefined ? [] : scopeOf(call.scope).gaps(settings.routes)
    const outside = routes.filter((route) => gaps.some(({ pointer }) => pointer === pointerOf(subject, route)))
    return [
      ...outside.map(({ path }) =>
        finding(
          place,
          'route-outside-scope',
          `${path} is protected, and not in the scope ${shown(call?.scope)}: ${ADVICE}`,
        ),
      ),
      ...outsideBasePath(subject, place),
    ]
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return [finding(place, 'scope-unread', error.message)]
  }
}

const ADVICE = 'until the scope is wider, or the route is gone, everything is answered 503'

function pointerOf({ settings }: Subject, route: Subject['settings']['routes'][number]): string {
  return `/routes/${settings.routes.indexOf(route)}/path`
}

function shown(given: unknown): string {
  return [given].flat().join(', ')
}

/** Next serves nothing outside of its base path, and writes it in front of every matcher. */
function outsideBasePath({ settings, project }: Subject, place: Place): Finding[] {
  const { basePath, place: ofConfig } = project.config
  if (basePath === '') return []
  const given = project.gate?.latchkey?.scope
  const scopes = given === undefined || given === UNREAD ? [] : given
  const outside = (paths: readonly string[]) => paths.filter((path) => !isUnder(path, basePath))
  const routes = settings.routes.map(({ path }) => path).filter((path) => path !== '/*' && path !== '/')
  return [
    ...outside(scopes)
      .filter((path) => path !== '/')
      .map((path) =>
        finding(
          place,
          'scope-outside-base-path',
          `the scope ${path} is not under the basePath ${basePath}: nothing of the app is judged; write ${basePath}${path}`,
        ),
      ),
    ...outside(routes).map((path) =>
      finding(
        ofConfig,
        'scope-outside-base-path',
        `the route ${path} is not under the basePath ${basePath}, where alone the app is: write ${basePath}${path}`,
        'warning',
      ),
    ),
    ...(project.gate?.matcher ? outside([settings.base]) : []).map((path) =>
      finding(
        place,
        'scope-outside-base-path',
        `"base" ${path} is not under the basePath ${basePath}, and no matcher reaches it: write "base": "${basePath}${path}", or no matcher`,
        'warning',
      ),
    ),
  ]
}
