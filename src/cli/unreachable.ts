import type { RouteDocument } from '../document.ts'
import { segmentsOf } from '../lib/path.ts'

/** A route that can never match, and the earlier one that takes all it could: first match wins. */
export interface Unreachable {
  readonly route: RouteDocument
  readonly behind: RouteDocument
}

/** Finds the routes that stand behind a wider one. */
export function unreachable(routes: readonly RouteDocument[]): Unreachable[] {
  return routes.flatMap((route, place) => {
    const behind = routes.slice(0, place).find((earlier) => takesMethods(earlier, route) && takesPaths(earlier, route))
    return behind ? [{ route, behind }] : []
  })
}

function takesMethods({ methods }: RouteDocument, route: RouteDocument): boolean {
  return methods === undefined || route.methods?.every((method) => methods.includes(method)) === true
}

function takesPaths(earlier: RouteDocument, route: RouteDocument): boolean {
  const wide = segmentsOf(earlier.path)
  const narrow = segmentsOf(route.path)
  const hasTail = wide.at(-1) === '*'
  const head = hasTail ? wide.slice(0, -1) : wide
  if (hasTail ? narrow.length <= head.length : narrow.length !== head.length || narrow.at(-1) === '*') return false
  return head.every((segment, place) => {
    const other = narrow[place] ?? ''
    return segment.startsWith(':') ? other !== '' && other !== '*' : segment === other
  })
}
