import { segmentsOf } from '../../lib/path.ts'
import type { Api, Method } from './model.ts'
import { UNKNOWN } from './templates/tree.ts'

/** A path as API Gateway writes it, and how it goes on: not, by one segment or more, or in any way. */
interface Pattern {
  readonly segments: readonly string[]
  readonly end: 'none' | 'greedy' | 'default'
}

/** `/orders/{id}`, `/files/{proxy+}`, `$default`. */
export function patternOf(path: string): Pattern {
  if (path === '$default') return { segments: [], end: 'default' }
  const segments = segmentsOf(path)
  const isGreedy = /^\{.*\+\}$/.test(segments.at(-1) ?? '')
  return isGreedy ? { segments: segments.slice(0, -1), end: 'greedy' } : { segments, end: 'none' }
}

/** Any one segment. */
export function isParameter(segment: string): boolean {
  return segment.startsWith('{')
}

/**
 * The method that API Gateway hands a request to: that of the most exact path, and there the verb's own before `ANY`. A
 * REST API picks the path first, whatever verbs it has; an HTTP API looks at routes that take the verb.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function servedBy({ protocol, methods }: Api, verb: string, path: string): Method | undefined {
  const segments = segmentsOf(path)
  const isTaken = (method: Method) => method.verb === verb || method.verb === 'ANY'
  const found = methods
    .filter((method) => method.path !== UNKNOWN && matches(patternOf(method.path), segments))
    .filter((method) => protocol !== 'http' || isTaken(method))
    .sort((one, other) => exactness(other) - exactness(one))
  const [first] = found
  return found
    .filter((method) => isTaken(method) && first && exactness(method) === exactness(first))
    .sort((one) => (one.verb === verb ? -1 : 1))[0]
}

function matches({ segments: head, end }: Pattern, segments: readonly string[]): boolean {
  if (end === 'default') return true
  if (end === 'none' ? segments.length !== head.length : segments.length <= head.length) return false
  const fits = head.every((each, place) => (isParameter(each) ? segments[place] !== '' : each === segments[place]))
  return fits && (end === 'none' || segments[head.length] !== '')
}

/** Digits to the base of four, a segment each, so that what stands first counts most. */
function exactness({ path }: Method): number {
  if (path === UNKNOWN || path === '$default') return -1
  const { segments, end } = patternOf(path)
  const digits = segments.map((segment) => (isParameter(segment) ? 2 : 3))
  return [...digits, ...(end === 'greedy' ? [1] : [])].reduce((sum, digit, place) => sum + digit / 4 ** place, 0)
}
