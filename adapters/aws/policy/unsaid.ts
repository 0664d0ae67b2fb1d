import type { Settings } from '../../../src/config.ts'
import type { ApiDocument } from '../../../src/document.ts'
import { policyLists } from './lists.ts'
import type { Judged } from './rules.ts'
import { tableFor } from './rules.ts'
import { statementsOf } from './statements.ts'

/** As long as most, where nobody knows the API yet. */
const A_PREFIX = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/production/'
/** What 8 KB leave beside a context of some length. */
const MOST_CHARACTERS = 7000

/**
 * The routes that somebody may use and that no kept policy for an API can say all of, by their paths: an answer to one of
 * them names its own path. All of his routes where the policy would be too long.
 */
export function unsaidRoutes(settings: Settings, judged: Judged, { greedy = true }: ApiDocument): string[] {
  for (const lists of policyLists(settings)(judged, greedy)) {
    const statements = statementsOf(lists, A_PREFIX)
    if (!statements || JSON.stringify(statements).length > MOST_CHARACTERS) continue
    return pathsOf(settings, lists.lost)
  }
  const passing = tableFor(settings, judged).rules.flatMap((rule) => (rule.passing.size > 0 ? [rule.route] : []))
  return pathsOf(settings, passing)
}

function pathsOf({ routes }: Settings, places: readonly number[]): string[] {
  return Array.from(new Set(places.flatMap((place) => routes[place]?.path ?? [])))
}
