import type { UsageRowView, UsageView } from '../../http/keys/replies.ts'
import { usageCsv } from '../../http/keys/usage-csv.ts'
import type { UsageGroup } from '../../keys/usage.ts'
import { usageDay, usageFaults } from '../../keys/usage.ts'
import type { Column } from '../table.ts'
import { NOTHING, tableOf } from '../table.ts'
import { plainLines, print, say, warn } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { oneOf } from './draft-flags.ts'
import { pastGiven } from './durations.ts'
import { idNamed } from './named.ts'
import type { KeyService } from './service.ts'
import { now, shortTime } from './times.ts'

const GROUPS: readonly UsageGroup[] = ['key', 'owner', 'day']
const DEFAULT_SINCE = '30d'

export const USAGE_FLAGS: Flags = {
  owner: { type: 'string', valueHint: 'NAME', description: 'only of this owner' },
  key: { type: 'string', valueHint: 'KEY', description: 'only of this key, by its id or its name' },
  since: {
    type: 'string',
    valueHint: 'WHEN',
    description: `so long ago (30d), or a date: that day (UTC) and later; default ${DEFAULT_SINCE}`,
  },
  until: { type: 'string', valueHint: 'WHEN', description: 'so long ago, or a date: the last day; default today' },
  group: {
    type: 'string',
    valueHint: GROUPS.join('|'),
    description: 'what has a line of its own; default each key, owner and day',
  },
  csv: { type: 'boolean', description: 'print CSV (RFC 4180)' },
  ...ACCESS_FLAGS,
}

/** `latchkey keys usage`: how often keys were used, by UTC days. */
export async function usage(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, USAGE_FLAGS)
  if (flags.is('csv') && flags.is('json')) throw new UsageError('--csv and --json: only one of them')
  const query = queryGiven(flags)
  const key = flags.text('key')
  return withKeys(flags, async (keys) => {
    const report = await keys.usage({ ...query, ...(key !== undefined && { key: await idNamed(keys, key) }) })
    if (flags.is('json')) print(JSON.stringify(report, null, 2))
    else if (flags.is('csv')) process.stdout.write(plainLines(usageCsv(report.rows)))
    else await show(keys, report)
    if (report.unreadable > 0) warn(`${report.unreadable} entries could not be read, and are not counted`)
    return 0
  })
}

async function show(keys: KeyService, { rows, from, to }: UsageView): Promise<void> {
  if (rows.length === 0) return say(`no requests from ${from} to ${to}`)
  print(tableOf(columnsFor(await namesOf(keys, rows)), rows))
}

function columnsFor(names: ReadonlyMap<string, string>): readonly Column<UsageRowView>[] {
  return [
    { head: 'DAY', text: ({ day }) => day ?? NOTHING },
    { head: 'OWNER', text: ({ owner }) => owner ?? NOTHING },
    { head: 'KEY', text: ({ key }) => key ?? NOTHING },
    { head: 'NAME', text: ({ key }) => (key === null ? NOTHING : (names.get(key) ?? NOTHING)) },
    { head: 'ALLOWED', text: ({ allowed }) => String(allowed) },
    { head: 'REFUSED', text: ({ refused }) => countsText(refused) },
    { head: 'FIRST', text: ({ firstSeen }) => shortTime(firstSeen) },
    { head: 'LAST', text: ({ lastSeen }) => shortTime(lastSeen) },
  ]
}

/** Names are looked up for so many keys; a longer table is told by their ids. */
const MOST_NAMED = 100

async function namesOf(keys: KeyService, rows: readonly UsageRowView[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.flatMap(({ key }) => key ?? []))]
  if (ids.length > MOST_NAMED) return new Map()
  const found = await Promise.all(ids.map((id) => keys.show(id)))
  return new Map(found.flatMap((key) => (key ? [[key.id, key.name]] : [])))
}

function countsText(refused: Readonly<Record<string, number>>): string {
  const counts = Object.entries(refused)
  const sum = counts.reduce((total, [, times]) => total + times, 0)
  return sum === 0 ? '0' : `${sum} (${counts.map(([reason, times]) => `${reason} ${times}`).join(', ')})`
}

function queryGiven(flags: Given) {
  const [owner, until] = [flags.text('owner'), flags.text('until')]
  const group = oneOf('group', flags.text('group'), GROUPS)
  const from = usageDay(pastGiven('since', flags.text('since') ?? DEFAULT_SINCE, now()))
  const to = usageDay(until === undefined ? now() : pastGiven('until', until, now()))
  const [fault] = usageFaults({ from, to })
  if (fault) throw new UsageError(`--since ${from} --until ${to}: ${fault.message}`)
  return { from, to, ...(owner !== undefined && { owner }), ...(group && { group }) }
}
