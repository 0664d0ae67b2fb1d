import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Settings } from '../../config.ts'
import { read } from '../inputs.ts'
import { plain, say } from '../terminal.ts'
import { findingsIn } from './check-template.ts'
import type { Severity } from './findings.ts'
import { FINDINGS } from './findings.ts'
import type { Tree } from './templates/tree.ts'
import { treeOf } from './templates/yaml.ts'

/** A finding as scripts read it. */
export interface ToldFinding {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly severity: Severity
  readonly code: string
  readonly message: string
}

/** A template that was held against a document. */
export interface HeldTemplate {
  /** Whether it has no fault. */
  readonly ok: boolean
  readonly findings: readonly ToldFinding[]
  /** For people, in the form by which editors and CI find lines. */
  tell(): void
}

/** Reads the template that a flag names, and holds it against a document. */
export function heldTemplate(path: string, settings: Settings): HeldTemplate {
  const template = { text: read(path, '--template'), file: path, include: (named: string) => included(path, named) }
  const findings = findingsIn(template, settings).map(({ line, code, message }) => ({
    ...{ file: line.file, line: line.number, severity: FINDINGS[code][0], code },
    // Names in a template may be anybody's.
    message: plain(message),
  }))
  const faults = findings.filter(({ severity }) => severity === 'fault').length
  return { ok: faults === 0, findings, tell: () => tell(findings, faults, path) }
}

/** A file beside the template; what is no YAML is code, which is not run here. */
function included(path: string, named: string): Tree | undefined {
  if (!/\.(?:ya?ml|json)$/i.test(named)) return undefined
  const file = join(dirname(path), named)
  try {
    return treeOf(readFileSync(file, 'utf8'), file)
  } catch {
    return undefined
  }
}

function tell(findings: readonly ToldFinding[], faults: number, path: string): void {
  for (const { file, line, severity, code, message } of findings) {
    say(`${plain(file)}:${line}: ${severity}: ${message} [${code}]`)
  }
  say(`${plain(path)}: ${counted(faults, 'fault')}, ${counted(findings.length - faults, 'warning')}`)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
