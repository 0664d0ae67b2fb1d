import type { Hono } from 'hono/tiny'
import type { UsageReport } from '../../keys/usage.ts'
import { usageDay, usageFaults, usageOf } from '../../keys/usage.ts'
import { parseTimestamp } from '../../lib/time.ts'
import { queryOf } from './input.ts'
import type { KeysAppParts, KeysContext, KeysEnv } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem } from './problems.ts'
import { usageSchema } from './queries.ts'
import type { UsageView } from './replies.ts'
import { usageCsv } from './usage-csv.ts'
import { timeText } from './view.ts'

const DAY_SECONDS = 86_400
/** How many days are told of where nobody says: today and those before. */
const DAYS = 30

/** Adds what was counted. A principal with an owner learns of that one alone. */
export function addUsageRoutes(app: Hono<KeysEnv>, { store }: KeysAppParts): void {
  app.get('/usage', queryOf(usageSchema), async (c) => {
    const { format, ...asked } = c.var.query
    const to = asked.to ?? usageDay(c.env.at)
    const from = asked.from ?? usageDay((parseTimestamp(`${to}T00:00:00Z`) ?? c.env.at) - (DAYS - 1) * DAY_SECONDS)
    const query = { owner: undefined, key: undefined, group: undefined, ...asked, from, to }
    const onlyOwner = actorOf(c).owner
    const faults = usageFaults(query)
    const errors = faults.map(({ pointer, message }) => ({ detail: message, parameter: pointer.slice(1) }))
    if (errors.length > 0) return problem(c, 'query-invalid', errors)
    const view = viewOf(await usageOf(store, { ...query, onlyOwner }))
    const fields = { Vary: 'Accept' }
    if ((format ?? formatOf(c)) === 'json') return c.json<UsageView>(view, 200, fields)
    return c.body(usageCsv(view.rows), 200, { ...fields, 'Content-Type': 'text/csv; charset=utf-8; header=present' })
  })
}

/** CSV for who prefers it by name; anything else, and nothing, is JSON. */
function formatOf({ env }: KeysContext): 'json' | 'csv' {
  const ranges = (env.header('accept') ?? '').split(',').map((range) => range.trim().toLowerCase())
  const weightOf = (type: string) => {
    const range = ranges.find((each) => each.split(';', 1)[0]?.trim() === type)
    return range === undefined ? undefined : Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1)
  }
  return (weightOf('text/csv') ?? 0) > (weightOf('application/json') ?? 0) ? 'csv' : 'json'
}

function viewOf({ rows, ...report }: UsageReport): UsageView {
  return {
    ...report,
    rows: rows.map(({ key, owner, day, allowed, refused, routes, firstSeen, lastSeen }) => {
      return { key, owner, day, allowed, refused, routes, firstSeen: timeText(firstSeen), lastSeen: timeText(lastSeen) }
    }),
  }
}
