import type { Hono } from 'hono/tiny'
import type { LogItem, LogPage } from '../../keys/log.ts'
import type { Principal } from '../../model/principal.ts'
import { queryOf } from './input.ts'
import type { KeysAppParts, KeysEnv } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem } from './problems.ts'
import { eventsSchema } from './queries.ts'
import type { PageView } from './replies.ts'

const LISTED = 100

/** Adds a key's own log: its changes and refusals of the last 30 days, the newest first. */
export function addEventRoutes(app: Hono<KeysEnv>, { registry, log }: KeysAppParts): void {
  app.get('/keys/:id/events', queryOf(eventsSchema), async (c) => {
    const id = c.req.param('id')
    const actor = actorOf(c)
    const { limit = LISTED, cursor } = c.var.query
    const isThere = (await registry.show(id, actor)) !== undefined
    const page = await log.read(id, { limit, from: cursor })
    if (!isThere && !isLeftOf(page, actor)) return problem(c, 'not-found')
    return c.json<PageView<LogItem>>({ items: page.items, cursor: page.cursor ?? null })
  })
}

/** Whether a page is what is left of a key that was deleted, and the actor's to see. */
function isLeftOf({ items }: LogPage, { owner }: Principal): boolean {
  return items.length > 0 && (owner === undefined || items.every((item) => item.owner === owner))
}
