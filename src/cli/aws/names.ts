import type { Method } from './model.ts'
import { UNKNOWN } from './templates/tree.ts'

/** A method in words: `GET /orders/{id}`. */
export function describe({ verb, path }: Method): string {
  if (path === UNKNOWN) return `${verb} of a path that is not known here`
  return path === '$default' ? path : `${verb} ${path}`
}
