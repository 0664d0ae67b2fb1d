import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import { ACCESS_FLAGS } from './access.ts'
import { DRAFT_FLAGS, draftGiven } from './draft-flags.ts'
import { onKey } from './show.ts'
import { now } from './times.ts'

export const UPDATE_FLAGS: Flags = {
  name: { type: 'string', valueHint: 'NAME', description: 'another name' },
  ...DRAFT_FLAGS,
  ...ACCESS_FLAGS,
}

/** `latchkey keys update KEY`: what no flag names stays; lists are replaced as a whole. */
export async function update(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, UPDATE_FLAGS, 1)
  const name = flags.text('name')
  const change = { ...draftGiven(flags, now()), ...(name !== undefined && { name }) }
  if (Object.keys(change).length === 0) throw new UsageError('say what to change, such as --expires 90d')
  return onKey(flags, (keys, { id }) => keys.update(id, change))
}
