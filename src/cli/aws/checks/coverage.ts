import type { RouteDocument } from '../../../document.ts'
import { isUnder } from '../../../lib/path.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import { grouped } from '../grouped.ts'
import type { Authorizer, Method } from '../model.ts'
import { authorizerOf } from '../model.ts'
import { describe } from '../names.ts'
import type { Judged, Subject } from '../subject.ts'
import { demandedOf } from '../subject.ts'
import type { Line } from '../templates/tree.ts'
import { UNKNOWN } from '../templates/tree.ts'
import type { Traffic } from '../traffic.ts'

/** Holds the methods of a template and the routes of the document against each other. */
export function coverage(subject: Subject): Finding[] {
  const guarded = subject.apis.filter(({ methods }) => methods.some(authorizerOf))
  return [...guarded.flatMap((api) => methodsOf(api, subject)), ...unguarded(subject), ...unserved(subject)]
}

function methodsOf(api: Judged, subject: Subject): Finding[] {
  return Array.from(grouped(api.traffic, ({ method }) => method)).flatMap(([method, traffic]) => {
    const authorizer = authorizerOf(method)
    if (authorizer) return asked(method, traffic, authorizer, subject)
    return method.guard === 'nobody' ? open(method, traffic, subject) : []
  })
}

function asked(method: Method, traffic: readonly Traffic[], authorizer: Authorizer, { settings }: Subject): Finding[] {
  const { line } = method
  const what = describe(method)
  if (traffic.every(({ route }) => !route)) {
    const message = isAllUnder(traffic, settings.base)
      ? `${what} lies under "base", which is Latchkey's own: every call is refused. Take its authorizer away, and let the admin function serve it`
      : `${what} is matched by no route of the document: every call is refused. Add a route, or take the method away`
    return [finding(line, 'method-unmatched', message)]
  }
  const isDemanding = authorizer.kind === 'token' || demandedOf(authorizer).length > 0
  const open = traffic.filter(({ route }) => route?.public)
  if (isDemanding && open.length > 0) {
    const message = `${what} serves ${pathsOf(open)}, public in the document, and API Gateway answers 401 without a token: give it a method without the authorizer`
    return [finding(line, 'public-refused', message)]
  }
  if (open.length < traffic.length) return []
  return [finding(line, 'public-asked', `${what} is public in the document: without the authorizer it costs no call`)]
}

/** A method that asks nobody. */
function open(method: Method, traffic: readonly Traffic[], { settings }: Subject): Finding[] {
  if (method.integration?.kind === 'mock' || isAllUnder(traffic, settings.base)) return []
  const what = describe(method)
  const closed = traffic.filter(({ route }) => route && !route.public)
  if (closed.length > 0) {
    const message = `${what} has no authorizer, and serves ${pathsOf(closed)}, protected in the document: name the authorizer`
    return [finding(method.line, 'unprotected', message)]
  }
  if (!traffic.every(({ route }) => !route)) return []
  const message = `${what} has no authorizer, and no route of the document names it: make it a public route, or name the authorizer`
  return [finding(method.line, 'open-method', message)]
}

function isAllUnder(traffic: readonly Traffic[], base: string): boolean {
  return traffic.every(({ path }) => isUnder(path, base))
}

function pathsOf(traffic: readonly Traffic[]): string {
  return [...new Set(traffic.map(({ route }) => route?.path))].join(', ')
}

/** APIs that ask no Lambda authorizer may be somebody else's; where no API does, nothing is guarded. */
function unguarded({ apis }: Subject): Finding[] {
  const [first] = apis
  if (first && !apis.some(({ methods }) => methods.some(authorizerOf))) {
    const isOutside = apis.some(({ methods }) => methods.some(({ guard }) => guard === 'unknown'))
    const message = 'no API of this template asks a Lambda authorizer: name one in its methods'
    return isOutside ? [] : [finding(first.line, 'no-authorizer', message)]
  }
  return apis.flatMap(({ line, name, methods }) => {
    const isOpen = methods.length > 0 && methods.every(({ guard }) => guard === 'nobody')
    const message = `no method of ${name} asks a Lambda authorizer: what it serves is not judged`
    return isOpen ? [finding(line, 'api-without-authorizer', message)] : []
  })
}

/** Only where every method is seen can one be missing. */
function unserved({ settings, apis }: Subject): Finding[] {
  const isWhole = apis.every(
    ({ isElsewhere, methods }) => !isElsewhere && methods.every(({ path }) => path !== UNKNOWN),
  )
  const [first] = apis
  if (!isWhole || !first) return []
  const served = new Set(apis.flatMap(({ traffic }) => traffic.map(({ route }) => route)))
  const hasFields = apis.some(({ protocol }) => protocol === 'graphql')
  return settings.routes.flatMap((route) => {
    // The last word of a table needs nobody who serves it, and fields of GraphQL are no paths.
    const isRest = route.path === '/*' || (hasFields && route.path.startsWith('/graphql/'))
    return served.has(route) || isRest ? [] : [ofRoute(route, first.line)]
  })
}

function ofRoute({ methods, path }: RouteDocument, line: Line): Finding {
  const message = `no method of this template serves ${methods?.join(',') ?? '*'} ${path} of the document`
  return finding(line, 'route-unserved', message)
}
