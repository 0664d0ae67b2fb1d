import type { Settings } from '../../config.ts'
import { isUnder } from '../../lib/path.ts'
import { gapsIn } from './gaps.ts'
import { nextRules, vercelRules } from './matcher.ts'
import type { Project } from './project.ts'
import { UNREAD } from './source.ts'
import type { Subject } from './subject.ts'
import { subjectOf } from './subject.ts'

/** The matcher that a document and a scope imply: null where there should be none. */
export type ImpliedMatcher = readonly string[] | null

/** What is only a file, in a site where everything else is judged. */
const ALL_BUT_FILES = '/((?!_next/static/|favicon\\.ico$).*)'

/** The matcher by which the gate of a project sees what it judges, and no more. */
export function impliedMatcher(settings: Settings, project: Project): ImpliedMatcher {
  const scope = project.gate?.latchkey?.scope
  if (scope === undefined || scope === UNREAD || scope.includes('/')) return null
  const { basePath } = project.isNext ? project.config : { basePath: '' }
  const prefixes = [...scope, settings.base].filter(
    (prefix, place, all) =>
      !all.some((other, at) => at !== place && isUnder(prefix, other) && (other !== prefix || at < place)),
  )
  // Next writes its base path in front itself, and reaches nothing outside of it by a matcher.
  if (!prefixes.every((prefix) => isUnder(prefix, basePath))) return null
  return prefixes.map((prefix) => `${escaped(prefix.slice(basePath.length))}/:path*`)
}

/** For a gate that judges everything: a matcher that saves the calls for files, where no route protects these. */
export function matcherForFiles(subject: Subject): ImpliedMatcher {
  const { settings, project, scope } = subject
  if (scope || project.gate?.latchkey?.scope === UNREAD) return null
  const rules = rulesFor(ALL_BUT_FILES, project)
  return rules && gapsIn(subjectOf(settings, project, rules)).length === 0 ? [ALL_BUT_FILES] : null
}

function rulesFor(source: string, { isNext, config }: Project) {
  const rules = isNext ? nextRules([source], config) : vercelRules([source])
  return 'fault' in rules ? undefined : rules
}

/** What path-to-regexp reads as more than itself. */
function escaped(path: string): string {
  return path.replace(/[:*?+(){}\\]/g, '\\$&')
}

/** A line for the file of the gate. */
export function configLine(matcher: readonly string[]): string {
  const texts = matcher.map((each) => `'${each.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
  return `export const config = { matcher: [${texts.join(', ')}] }`
}
