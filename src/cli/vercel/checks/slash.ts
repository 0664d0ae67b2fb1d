import type { RouteDocument } from '../../../document.ts'
import type { Finding } from '../findings.ts'
import { finding, some } from '../findings.ts'
import { METHODS } from '../gaps.ts'
import { probesOfRoute } from '../probes.ts'
import { redirected } from '../redirected.ts'
import type { Subject } from '../subject.ts'

/** Routes that nobody meets, as Next redirects to the same path with a slash at its end. */
export function slash(subject: Subject): Finding[] {
  const { settings, project } = subject
  const missed = settings.routes.filter((route) => isJudged(subject, route.path) && isMissed(subject, route))
  const [first] = missed
  if (!first) return []
  const message = `with trailingSlash Next redirects to a slash at the end, and what is sent there is refused, or meets another route than ${some(missed.map(({ path }) => path))}: write ${first.path}/, or skipTrailingSlashRedirect: true`
  return [finding(project.config.place, 'trailing-slash', message)]
}

/** Whether the gate, or a guard, is shown the path. */
function isJudged({ project, inScope, serving }: Subject, path: string): boolean {
  return (project.gate !== undefined && inScope(path)) || serving(path).some(({ isGuarded }) => isGuarded)
}

/** Whether whoever asks for a path of a route is sent to where another one says another thing. */
function isMissed({ project, verdict }: Subject, route: RouteDocument): boolean {
  const path = probesOfRoute(route.path, [])[0]?.path ?? route.path
  const sent = redirected(path, project.config)
  if (sent === path) return false
  return (route.methods ?? METHODS).some((method) => {
    const found = verdict(method, sent)
    const isSame = found?.route === route || found?.route.path === `${route.path}/`
    return !isSame && !(route.public === true && found?.isPublic === true)
  })
}
