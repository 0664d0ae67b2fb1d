import type { ImportResult } from '../../http/keys/replies.ts'
import type { Batch, ImportedKey, Note } from '../../imports/index.ts'
import { alternateName, ImportUnreadable } from '../../imports/index.ts'
import { Failure } from '../failure.ts'
import { IMPORT_SOURCE_FLAGS, importOf } from '../import-sources.ts'
import { variablesOf } from '../inputs.ts'
import type { Progress } from '../progress.ts'
import { progress } from '../progress.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import type { ImportReport } from './import-report.ts'
import { tellImport } from './import-report.ts'
import type { KeyService } from './service.ts'
import { now } from './times.ts'

export const IMPORT_FLAGS: Flags = {
  ...IMPORT_SOURCE_FLAGS,
  'dry-run': { type: 'boolean', description: 'say what would be taken, and change nothing' },
  ...ACCESS_FLAGS,
}

/** What was read of an export. */
interface Read {
  readonly keys: readonly ImportedKey[]
  readonly left: readonly Note[]
  readonly warnings: readonly Note[]
  readonly entry: string | undefined
}

/**
 * `latchkey keys import`: takes over keys of another system, whose tokens go on counting. All is read before anything is
 * written, and running it twice changes nothing. Exit 1 where something was left.
 */
export async function importKeys(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, IMPORT_FLAGS)
  const json = flags.is('json')
  const read = await readAll(importOf(flags, variablesOf(flags), now()))
  if (flags.is('dry-run')) {
    const { keys, ...rest } = read
    return tellImport({ ...rest, imported: keys.length, already: 0 }, true, json)
  }
  return withKeys(flags, async (keys) => tellImport(await taken(keys, read), false, json), { makesSecrets: true })
}

async function readAll(batches: AsyncIterable<Batch>): Promise<Read> {
  const keys: ImportedKey[] = []
  const left: Note[] = []
  const warnings: Note[] = []
  let entry: string | undefined
  try {
    for await (const batch of batches) {
      keys.push(...batch.keys)
      left.push(...batch.left)
      warnings.push(...batch.warnings)
      entry = batch.entry ?? entry
    }
  } catch (error) {
    if (error instanceof ImportUnreadable) throw new Failure(error.message)
    throw error
  }
  return { keys, left, warnings, entry }
}

/** How many other names are tried for a key whose own another one has. */
const MOST_NAMES = 20

async function taken(service: KeyService, { keys, left, warnings, entry }: Read): Promise<ImportReport> {
  const [lost, noted] = [[...left], [...warnings]]
  const counts = { imported: 0, already: 0 }
  const bar = progress('importing', keys.length)
  try {
    let waiting = keys
    for (let number = 1; waiting.length > 0; number++) {
      const renamed: ImportedKey[] = []
      for await (const [key, result] of attempt(service, waiting, number, bar)) {
        if (result.result === 'refused') {
          if (result.reason === 'name-taken' && number < MOST_NAMES) renamed.push(key)
          else lost.push({ where: key.name, why: whyOf(result) })
          continue
        }
        counts[result.result]++
        if (result.result === 'imported' && number > 1) {
          noted.push({ where: key.name, why: `another key has this name, so it is called ${result.name}` })
        }
      }
      waiting = renamed
    }
  } finally {
    bar.end()
  }
  return { ...counts, left: lost, warnings: noted, entry }
}

/** Imports each under its own name, or under that with a number. */
async function* attempt(
  service: KeyService,
  keys: readonly ImportedKey[],
  number: number,
  bar: Progress,
): AsyncGenerator<readonly [ImportedKey, ImportResult]> {
  const named = number === 1 ? keys : keys.map((key) => ({ ...key, name: alternateName(key.name, number) }))
  let place = 0
  for await (const result of service.import(named)) {
    const key = keys[place++] as ImportedKey
    if (number === 1) bar.at(place)
    yield [key, result]
  }
}

function whyOf({ reason, errors }: Extract<ImportResult, { readonly result: 'refused' }>): string {
  const details = errors.map(({ pointer = '', detail }) => `${pointer} ${detail}`.trim())
  return details.length > 0 ? `${reason}: ${details.join('; ')}` : reason
}
