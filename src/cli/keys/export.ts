import { print } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'

export const EXPORT_FLAGS: Flags = ACCESS_FLAGS

/** `latchkey keys export`: every key as a line of JSON, without its digests. */
export async function exportKeys(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, EXPORT_FLAGS)
  return withKeys(flags, async (keys) => {
    for await (const key of keys.export()) print(JSON.stringify(key))
    return 0
  })
}
