import { grouped } from '../../aws/grouped.ts'
import type { Finding } from '../findings.ts'
import { finding, some } from '../findings.ts'
import type { GuardCall } from '../guards.ts'
import type { Answering, Project } from '../project.ts'
import { isAny, shownPath } from '../served.ts'
import { UNREAD } from '../source.ts'
import type { Subject } from '../subject.ts'

/** What wraps the handlers of Next: that it judges the path that was sent, and only once somebody has sent it. */
export function guards({ project }: Subject): Finding[] {
  const handlers = project.isNext ? project.answering.filter(({ kind }) => kind === 'app-handler') : []
  return [...withoutBasePath(project, handlers), ...handlers.flatMap(runAhead)]
}

/** Next takes its base path off before a handler sees the path. */
function withoutBasePath({ config: { basePath } }: Project, handlers: readonly Answering[]): Finding[] {
  if (basePath === '') return []
  const wrapping = handlers.flatMap((handler) => handler.guards.map((guard) => ({ guard, handler })))
  const mistaken = wrapping.filter(({ guard }) => guard.basePath !== UNREAD && guard.basePath !== basePath)
  return Array.from(grouped(mistaken, ({ guard }) => `${guard.file}:${guard.line}`).values()).map((group) => {
    const { guard } = group[0] as (typeof group)[number]
    const paths = some(Array.from(new Set(group.map(({ handler }) => shownPath(handler)))))
    const message = `the guard of ${paths} ${toldOf(guard)}, and next.config has ${basePath}, which a handler is not shown: every request is refused; write basePath: '${basePath}' into this call`
    return finding(guard, 'guard-base-path', message)
  })
}

function toldOf({ basePath }: GuardCall): string {
  return typeof basePath === 'string' ? `is told the basePath "${basePath}"` : 'is told no basePath'
}

/** What Next keeps of a handler that it runs before anybody calls is a refusal. */
function runAhead(handler: Answering): Finding[] {
  const { file, dynamic, segments, tail } = handler
  if (!dynamic) return []
  const { value, line } = dynamic
  if (value === 'force-static') {
    const message = `dynamic = 'force-static' shows the guard of ${shownPath(handler)} no request, at the build and after: every caller gets 503; take it out`
    return [finding({ file, line }, 'guard-static', message)]
  }
  if (value !== 'error') return []
  if (tail !== 'none' || segments.some(isAny)) {
    const message = `dynamic = 'error' has Next keep what the guard of ${shownPath(handler)} says before it is shown a request: every caller gets 503; take it out`
    return [finding({ file, line }, 'guard-static', message)]
  }
  const message = `dynamic = 'error' forbids what the guard of ${shownPath(handler)} does, and only as the build gets a 503 of it does Next run it for each request: take it out`
  return [finding({ file, line }, 'guard-static', message, 'warning')]
}
