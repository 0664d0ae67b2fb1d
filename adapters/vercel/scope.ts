import type { RouteDocument } from '../../src/document.ts'
import { loosestReading, segmentsOf } from '../../src/lib/path.ts'
import type { Fault } from '../../src/validate.ts'

/** The paths that are judged: every other one passes unjudged, and says so. */
export interface Scope {
  /** Whether any reading of a path lies in the scope. */
  covers(path: string): boolean
  /** The protected routes that nobody would judge. */
  gaps(routes: readonly RouteDocument[]): readonly Fault[]
}

/**
 * Reads a scope: prefixes of whole segments, `/api` or `['/api', '/admin']`. Throws a `TypeError` for what is none.
 */
export function scopeOf(given: string | readonly string[]): Scope {
  const written = [given].flat()
  if (written.length === 0 || !written.every(isPrefix)) throw new TypeError(EXPECTED)
  const prefixes = written.map(foldedSegments)

  const isUnder = (segments: readonly string[], form = FORM) =>
    prefixes.some((prefix) => prefix.every((segment, place) => segment === segments[place]?.replace(form, '')))

  return {
    covers(path) {
      const segments = foldedSegments(path)
      const data = dataPath(segments)
      return isUnder(segments) || (data !== undefined && isUnder(data, DATA_FORM))
    },
    gaps: (routes) =>
      routes.flatMap(({ path, public: isPublic }, place) => {
        // The last route of a table that serves other hosts too is about whatever is judged here.
        if (isPublic || path === '/*' || isUnder(foldedSegments(path))) return []
        return [{ pointer: `/routes/${place}/path`, message: `a path in the scope ${written.join(', ')}: ${ADVICE}` }]
      }),
  }
}

const EXPECTED = 'a scope is a path like "/api", of whole segments without parameters, or a list of such'
const ADVICE = 'nobody would judge this one, so widen the scope, or make the route public'

function isPrefix(text: unknown): text is string {
  return typeof text === 'string' && (text === '/' || /^(?:\/[A-Za-z0-9\-._~!$&'()+,=@]+)+$/.test(text))
}

/** The segments of a path as the most liberal server would read them: `/` alone has none. */
function foldedSegments(path: string): string[] {
  const reading = loosestReading(path.replaceAll('\\', '/')).replaceAll('\\', '/').toLowerCase()
  const segments: string[] = []
  for (const segment of segmentsOf(reading)) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments
}

/** The endings by which Next, React Router and SvelteKit serve other forms of a page, under names of their own. */
const FORM = /\.(?:(?:prefetch\.)?rsc|segments?(?:\.rsc)?|action|data|html(?:__data\.json)?)$/
const DATA_FORM = /\.json$/

/** What `/_next/data/BUILD/x.json` is the data of. */
function dataPath(segments: readonly string[]): readonly string[] | undefined {
  const start = segments.indexOf('_next')
  return start >= 0 && segments[start + 1] === 'data' ? segments.slice(start + 3) : undefined
}
