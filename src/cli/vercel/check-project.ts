import type { Settings } from '../../config.ts'
import { gateFile } from './checks/gate.ts'
import { guards } from './checks/guards.ts'
import { handlers } from './checks/handlers.ts'
import { matcher } from './checks/matcher.ts'
import { next } from './checks/next.ts'
import { scope } from './checks/scope.ts'
import { slash } from './checks/slash.ts'
import type { Finding } from './findings.ts'
import type { ImpliedMatcher } from './implied.ts'
import { impliedMatcher, matcherForFiles } from './implied.ts'
import type { Project } from './project.ts'
import type { Subject } from './subject.ts'
import { subjectOf } from './subject.ts'

const CHECKS: readonly ((subject: Subject) => readonly Finding[])[] = [
  gateFile,
  matcher,
  scope,
  handlers,
  guards,
  next,
  slash,
]

/** What is found in a project, and the matcher that it should have. */
export interface Checked {
  readonly findings: readonly Finding[]
  /** Null: none. */
  readonly matcher: ImpliedMatcher
  /** Where there should be none: one that saves the calls for files. */
  readonly withoutFiles: ImpliedMatcher
}

const ORDER = { error: 0, warning: 1, info: 2 } as const

/** Holds a project against a document; errors first, and then in the order of files and lines. */
export function checkProject(settings: Settings, project: Project): Checked {
  const subject = subjectOf(settings, project)
  const found = CHECKS.flatMap((check) => check(subject))
  const distinct = Array.from(new Map(found.map((each) => [JSON.stringify(each), each])).values())
  const implied = impliedMatcher(settings, project)
  return {
    findings: distinct.sort(
      (one, other) =>
        ORDER[one.severity] - ORDER[other.severity] || one.file.localeCompare(other.file) || one.line - other.line,
    ),
    matcher: implied,
    withoutFiles: implied === null && project.gate ? matcherForFiles(subject) : null,
  }
}
