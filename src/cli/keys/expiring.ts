import type { Column } from '../table.ts'
import { NOTHING, tableOf } from '../table.ts'
import { print, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { durationGiven } from './durations.ts'
import type { EndingKey } from './service.ts'
import { now, shortTime } from './times.ts'

const DAY_SECONDS = 86_400

export const EXPIRING_FLAGS: Flags = {
  within: { type: 'string', valueHint: 'DURATION', description: "default 7d, or the document's nearExpiryDays" },
  ...ACCESS_FLAGS,
}

const COLUMNS: readonly Column<EndingKey>[] = [
  { head: 'ID', text: ({ id }) => id },
  { head: 'NAME', text: ({ name }) => name },
  { head: 'OWNER', text: ({ owner }) => owner ?? NOTHING },
  { head: 'STATE', text: ({ state }) => state },
  { head: 'EXPIRES', text: ({ expiresAt }) => shortTime(expiresAt) },
  { head: 'IN', text: ({ expiresAt }) => leftText(Date.parse(expiresAt) / 1000 - now()) },
]

/**
 * `latchkey keys expiring`: the keys that end soon. In a store each is told of in an event, once for each key, end and
 * duration; a deployment tells of its keys by itself.
 */
export async function expiring(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, EXPIRING_FLAGS)
  const text = flags.text('within')
  const within = text === undefined ? undefined : durationGiven('within', text) / DAY_SECONDS
  if (within === 0) throw new UsageError('--within takes a duration that is longer than nothing')
  return withKeys(flags, async (keys) => {
    const ending = await keys.expiring(within)
    if (flags.is('json')) print(JSON.stringify(ending, null, 2))
    else if (ending.length > 0) print(tableOf(COLUMNS, ending))
    else say('no key ends so soon')
    return 0
  })
}

function leftText(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}
