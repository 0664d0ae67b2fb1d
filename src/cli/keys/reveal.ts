import { print } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { keyGiven, keyNamed } from './named.ts'

export const REVEAL_FLAGS: Flags = ACCESS_FLAGS

/** `latchkey keys reveal KEY`: the token of a key that was made viewable, on stdout. It is told in an event. */
export async function reveal(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, REVEAL_FLAGS, 1)
  const name = keyGiven(flags)
  return withKeys(flags, async (keys) => {
    const key = await keyNamed(keys, name)
    const token = await keys.reveal(key.id)
    print(flags.is('json') ? JSON.stringify({ token, key }, null, 2) : token)
    return 0
  })
}
