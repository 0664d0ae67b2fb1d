import type { ApiDocument, Document } from '../../document.ts'
import type { Api } from './model.ts'
import type { Told } from './templates/tree.ts'
import { UNKNOWN } from './templates/tree.ts'

/** What `apis` says of an API and a stage, its defaults filled in. */
export type Entry = Required<Pick<ApiDocument, 'resultTtlSeconds' | 'cachedBy' | 'greedy'>>

const DEFAULT: Entry = { resultTtlSeconds: 0, cachedBy: [], greedy: true }

/**
 * The entries of `apis` that may be meant for an API of a template: which one it is the deployment tells where the id or
 * the stage is not in the template. Empty where none takes it.
 */
export function entriesFor({ apis }: Document, { id, stages }: Api): Entry[] {
  if (!apis) return [DEFAULT]
  const named: readonly Told<string>[] = stages.length === 0 ? [UNKNOWN] : stages.map(({ value }) => value)
  const found = new Set(named.flatMap((stage) => entriesOf(apis, id, stage)))
  return Array.from(found, (entry) => ({ ...DEFAULT, ...entry }))
}

/** The first that takes it for sure, and those before it that may. */
function entriesOf(apis: readonly ApiDocument[], id: Told<string>, stage: Told<string>): ApiDocument[] {
  const found: ApiDocument[] = []
  for (const entry of apis) {
    const takes = [takesText(entry.api, id), takesText(entry.stage, stage)]
    if (takes.includes('no')) continue
    found.push(entry)
    if (!takes.includes('maybe')) break
  }
  return found
}

function takesText(wanted: string | undefined, text: Told<string>): 'yes' | 'no' | 'maybe' {
  if (wanted === undefined || wanted === text) return 'yes'
  return text === UNKNOWN ? 'maybe' : 'no'
}

/** Whether all that may be meant say so: what only some say is no finding. */
export function everyEntry(entries: readonly Entry[], says: (entry: Entry) => boolean): boolean {
  return entries.length > 0 && entries.every(says)
}
