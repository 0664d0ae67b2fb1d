import { join } from 'node:path'
import type { Settings } from '../../config.ts'
import { plain, print, say } from '../terminal.ts'
import { UsageError } from '../usage.ts'
import { checkProject } from './check-project.ts'
import type { Finding, Severity } from './findings.ts'
import type { ImpliedMatcher } from './implied.ts'
import { configLine } from './implied.ts'
import { projectIn } from './project.ts'

/** A project that was held against a document. */
export interface HeldProject {
  /** Whether it has no error. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
  /** What the gate's file should say; null: no matcher. */
  readonly matcher: ImpliedMatcher
  /** For people, in the form by which editors and CI find lines. */
  tell(): void
}

/** Reads the project in a folder, which a flag names or which is this one; undefined where this one holds none. */
export function heldProject(folder: string | undefined, settings: Settings): HeldProject | undefined {
  const project = projectIn(folder ?? '.')
  if (!project) {
    if (folder === undefined) return undefined
    throw new UsageError(
      `--project ${folder}: no Next app, no middleware file, and no function that is wrapped in guard`,
    )
  }
  const { findings: found, matcher, withoutFiles } = checkProject(settings, project)
  const findings = found.map((each) => ({
    ...each,
    file: join(folder ?? '.', each.file),
    message: plain(each.message),
  }))
  const ok = findings.every(({ severity }) => severity !== 'error')
  return { ok, findings, matcher, tell: () => tell(findings, matcher, withoutFiles, folder ?? 'this folder') }
}

function tell(
  findings: readonly Finding[],
  matcher: ImpliedMatcher,
  withoutFiles: ImpliedMatcher,
  folder: string,
): void {
  print(
    matcher
      ? `the matcher that the scope implies, for the gate alone\n  ${configLine(matcher)}`
      : 'the matcher: none, leave it away',
  )
  if (withoutFiles) print(`  or, to save the calls for files: ${configLine(withoutFiles)}`)
  for (const { file, line, severity, code, message } of findings) {
    say(`${plain(file)}:${line}: ${severity}: ${message} [${code}]`)
  }
  const counts = (['error', 'warning'] as const).map((severity) => counted(findings, severity))
  say(`${plain(folder)}: ${counts.join(', ')}`)
}

function counted(findings: readonly Finding[], wanted: Severity): string {
  const { length } = findings.filter(({ severity }) => severity === wanted)
  return `${length} ${wanted}${length === 1 ? '' : 's'}`
}
