import type { LogItem } from '../../keys/log.ts'
import type { Column } from '../table.ts'
import { NOTHING, tableOf } from '../table.ts'
import { print, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { countGiven } from './count.ts'
import { idNamed, keyGiven } from './named.ts'
import { pagesOf } from './service.ts'
import { shortTime } from './times.ts'

const FEW = 100

export const LOG_FLAGS: Flags = {
  limit: { type: 'string', valueHint: 'N', description: `how many entries at most; default ${FEW}` },
  all: { type: 'boolean', description: 'every one that is kept' },
  ...ACCESS_FLAGS,
}

/** `latchkey keys log KEY`: its changes and refusals of the last 30 days, the newest first. */
export async function log(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, LOG_FLAGS, 1)
  const [name, most] = [keyGiven(flags), countGiven(flags, FEW)]
  return withKeys(flags, async (keys) => {
    const id = await idNamed(keys, name)
    const items: LogItem[] = []
    for await (const item of pagesOf((from) => keys.log(id, from))) if (items.push(item) >= most) break
    if (flags.is('json')) print(JSON.stringify(items, null, 2))
    else if (items.length > 0) print(tableOf(COLUMNS, items.flatMap(linesOf)))
    else say('nothing is kept of it')
    return 0
  })
}

interface Line {
  readonly time: string
  readonly what: string
  readonly by: string
  readonly detail: string
}

const COLUMNS: readonly Column<Line>[] = [
  { head: 'TIME', text: ({ time }) => shortTime(time) },
  { head: 'EVENT', text: ({ what }) => what },
  { head: 'BY', text: ({ by }) => by },
  { head: 'DETAIL', text: ({ detail }) => detail },
]

/** A change is one line; refusals that were written together are a line each. */
function linesOf(item: LogItem): Line[] {
  if (item.type !== 'key-refused') {
    return [{ time: item.time, what: item.type, by: item.actor ?? NOTHING, detail: item.detail ?? '' }]
  }
  const lines = item.refusals.map(({ time, reason, method, path, address }) => {
    return { time, what: item.type, by: address ?? NOTHING, detail: `${reason}: ${method} ${path}` }
  })
  const more = { time: item.time, what: item.type, by: NOTHING, detail: `and ${item.more} more` }
  // The newest first, as the entries themselves.
  return [...(item.more > 0 ? [more] : []), ...lines.reverse()]
}
