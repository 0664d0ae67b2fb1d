import type { Note } from '../../imports/index.ts'
import { plain, print, say } from '../terminal.ts'

/** What became of an import. */
export interface ImportReport {
  readonly imported: number
  /** Those that an earlier run had taken. */
  readonly already: number
  /** What was not taken, and why. */
  readonly left: readonly Note[]
  /** What was changed or lost on the way. */
  readonly warnings: readonly Note[]
  /** The entry of the document's `imports` by which these tokens are looked up, as JSON. */
  readonly entry: string | undefined
}

/** Tells a report: exit 1 where something was left. */
export function tellImport(report: ImportReport, isTry: boolean, json: boolean): number {
  const { imported, already, left, warnings, entry } = report
  if (json) {
    const parsed: unknown = entry === undefined ? null : JSON.parse(entry)
    print(JSON.stringify({ dryRun: isTry, ...report, entry: parsed }, null, 2))
    return codeOf(report)
  }
  for (const note of warnings) print(`warning  ${textOf(note)}`)
  for (const note of left) print(`left     ${textOf(note)}`)
  const counts = isTry
    ? `would take ${imported}, less those that are there already`
    : `imported ${imported}, there already ${already}`
  print(`${counts}, left ${left.length}`)
  if (entry !== undefined && imported + already > 0) {
    say('the tokens count where a credential of kind api-key has this among its "imports":')
    say(`  ${plain(entry)}`)
  }
  return codeOf(report)
}

function textOf({ where, why }: Note): string {
  return plain(`${where}: ${why}`)
}

function codeOf({ left }: ImportReport): number {
  return left.length > 0 ? 1 : 0
}
