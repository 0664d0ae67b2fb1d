import type { KeyView } from '../../http/keys/replies.ts'
import { print } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { describe } from './describe.ts'
import { keyGiven, keyNamed } from './named.ts'
import type { KeyService } from './service.ts'

export const SHOW_FLAGS: Flags = ACCESS_FLAGS

/** `latchkey keys show KEY` */
export function show(rawArgs: readonly string[]): Promise<number> {
  return onKey(given(rawArgs, SHOW_FLAGS, 1), async (_, key) => key)
}

/** Does something about the key that is named, and shows it as it is then. */
export function onKey(flags: Given, work: (keys: KeyService, key: KeyView) => Promise<KeyView>): Promise<number> {
  const name = keyGiven(flags)
  return withKeys(flags, async (keys) => {
    const key = await work(keys, await keyNamed(keys, name))
    print(flags.is('json') ? JSON.stringify(key, null, 2) : describe(key))
    return 0
  })
}
