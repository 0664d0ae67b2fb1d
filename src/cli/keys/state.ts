import { cacheSecondsOf } from '../../delays.ts'
import type { Document } from '../../document.ts'
import { DEFAULT_CACHE_SECONDS } from '../../key-settings.ts'
import { flusher, stageGiven } from '../aws/flush.ts'
import { documentGiven } from '../document.ts'
import { Failure } from '../failure.ts'
import { variablesOf } from '../inputs.ts'
import { ask, plain, print, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { flushAfterRevocation } from './flush.ts'
import { keyGiven, keyNamed } from './named.ts'
import { onKey } from './show.ts'

export const SUSPEND_FLAGS: Flags = ACCESS_FLAGS
export const RESUME_FLAGS: Flags = ACCESS_FLAGS

export const REVOKE_FLAGS: Flags = {
  reason: { type: 'string', valueHint: 'TEXT', description: 'why, for the record and its event' },
  flush: {
    type: 'string',
    valueHint: 'API/STAGE',
    description: "empty the authorizer cache of API Gateway's stage too, as a1b2c3d4e5/prod; may be repeated",
    multiple: true,
  },
  ...ACCESS_FLAGS,
}

export const DELETE_FLAGS: Flags = {
  yes: { type: 'boolean', description: 'do not ask' },
  ...ACCESS_FLAGS,
}

/** `latchkey keys suspend KEY` */
export function suspend(rawArgs: readonly string[]): Promise<number> {
  return onKey(given(rawArgs, SUSPEND_FLAGS, 1), (keys, { id }) => keys.suspend(id))
}

/** `latchkey keys resume KEY` */
export function resume(rawArgs: readonly string[]): Promise<number> {
  return onKey(given(rawArgs, RESUME_FLAGS, 1), (keys, { id }) => keys.resume(id))
}

/** `latchkey keys revoke KEY`: for good, and with `--flush` at API Gateway too. */
export async function revoke(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, REVOKE_FLAGS, 1)
  const stages = flags.texts('flush').map(stageGiven)
  const cacheSeconds = stages.length === 0 ? 0 : cacheSecondsIn(documentGiven(flags))
  const code = await onKey(flags, (keys, { id }) => keys.revoke(id, flags.text('reason')))
  if (stages.length === 0) return code
  return flushAfterRevocation(stages, { flush: flusher(variablesOf(flags)), cacheSeconds })
}

/** How long running functions may have a key in memory. */
function cacheSecondsIn(document: Document | undefined): number {
  return document ? cacheSecondsOf(document.credentials) : DEFAULT_CACHE_SECONDS
}

/** `latchkey keys delete KEY`: takes the record away and frees its name. Asks before. */
export async function remove(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, DELETE_FLAGS, 1)
  const name = keyGiven(flags)
  if (!flags.is('yes') && !process.stdin.isTTY) throw new UsageError('delete asks at a terminal; elsewhere say --yes')
  return withKeys(flags, async (keys) => {
    const key = await keyNamed(keys, name)
    if (!flags.is('yes')) {
      const answer = await ask(`delete ${plain(key.name)} (${key.id}), and all that is known of it? type its name:`)
      if (answer?.trim() !== key.name) throw new Failure('nothing was deleted')
    }
    await keys.remove(key.id)
    if (flags.is('json')) print(JSON.stringify({ deleted: key.id }))
    else say(`deleted ${plain(key.name)} (${key.id})`)
    return 0
  })
}
