import { basename } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

type State = 'passed' | 'failed' | 'skipped'
type Counts = Record<State, number>

/** One row of the decision table on one host, as a run has left it. */
export interface Cell {
  readonly file: string
  readonly host: string
  readonly state: State
  /** Why it was skipped. */
  readonly note: string | undefined
}

/** A reporter of vitest that prints, at the end of a run, which rows of the decision table ran on which host. */
export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cells = modules.flatMap(cellsOf)
    if (cells.length > 0) console.log(matrix(cells))
  }
}

/** A test of the table is named `file: title`, in the module of its host. */
function cellsOf(module: TestModule): Cell[] {
  const host = /[\\/]test[\\/]hosts[\\/]([^\\/]+)\.test\.ts$/.exec(module.moduleId)?.[1]
  if (host === undefined) return []
  return Array.from(module.children.allTests()).flatMap((test) => {
    const file = /^([a-z0-9-]+): /.exec(test.name)?.[1]
    const result = test.result()
    if (file === undefined || result.state === 'pending') return []
    const note = result.state === 'skipped' ? (result.note ?? 'no reason given') : undefined
    return [{ file, host: hostName(host, test), state: result.state, note }]
  })
}

/** Two suites in one module are two variants of the host. */
function hostName(host: string, { parent }: TestCase): string {
  return parent.type === 'suite' ? `${host} ${basename(parent.name)}` : host
}

/** The table in text: vector files down, hosts across, then every reason for a skip with its count. */
export function matrix(cells: readonly Cell[]): string {
  const hosts = [...new Set(cells.map((cell) => cell.host))].sort()
  const files = [...new Set(cells.map((cell) => cell.file))].sort()
  const of = (file: string | undefined, host: string) =>
    written(cells.filter((cell) => (file === undefined || cell.file === file) && cell.host === host))
  const lines = [
    ['rows by host', ...hosts],
    ...files.map((file) => [file, ...hosts.map((host) => of(file, host))]),
    ['all', ...hosts.map((host) => of(undefined, host))],
  ]
  return ['', 'Decision table (passed / skipped / failed)', ...aligned(lines), ...skips(cells), ''].join('\n')
}

function written(cells: readonly Cell[]): string {
  const counts: Counts = { passed: 0, skipped: 0, failed: 0 }
  for (const { state } of cells) counts[state]++
  if (cells.length === 0) return '-'
  return counts.failed > 0
    ? `${counts.passed} / ${counts.skipped} / ${counts.failed} FAILED`
    : `${counts.passed} / ${counts.skipped} / 0`
}

function skips(cells: readonly Cell[]): string[] {
  const counts = new Map<string, number>()
  for (const { host, note } of cells) {
    if (note !== undefined) counts.set(`${host}: ${note}`, (counts.get(`${host}: ${note}`) ?? 0) + 1)
  }
  if (counts.size === 0) return []
  const lines = Array.from(counts).sort(([a], [b]) => (a < b ? -1 : 1))
  return ['Skipped rows', ...lines.map(([reason, count]) => `  ${String(count).padStart(4)}  ${reason}`)]
}

function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] as readonly string[]).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  )
  return lines.map((line) =>
    `  ${line.map((text, column) => text.padEnd(widths[column] as number)).join('  ')}`.trimEnd(),
  )
}
