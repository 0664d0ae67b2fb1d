import type { Hono } from 'hono/tiny'
import type { Issued, Kept, Unchanged } from '../../keys/registry.ts'
import { lastUsed } from '../../keys/used.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { Principal } from '../../model/principal.ts'
import { ifMatch, isKnown, versionFields } from './conditions.ts'
import { changeOf, newKeyOf, rotationOf, whereSent } from './drafts.ts'
import { jsonBody, queryOf } from './input.ts'
import type { KeyContext, KeysAppParts, KeysEnv } from './parts.ts'
import { actorOf } from './parts.ts'
import { problem, unchanged } from './problems.ts'
import { listSchema } from './queries.ts'
import type { IssuedView, KeyPageView, KeyView } from './replies.ts'
import { keyChangeSchema, newKeySchema, nothingSchema, revocationSchema, rotationSchema } from './schemas.ts'
import { viewOf } from './view.ts'

/** How many keys a page holds where nobody says: each costs a read of its last use. */
const LISTED = 20

/** Adds the life of keys: list, create, show, change, rotate, suspend, resume, revoke, delete, reveal. */
export function addKeyRoutes(app: Hono<KeysEnv>, parts: KeysAppParts): void {
  const { base, registry, store } = parts
  const version = ifMatch(parts)

  async function view({ record }: Kept, at: EpochSeconds): Promise<KeyView> {
    return viewOf(record, await lastUsed(store, record.id), at)
  }

  /** The last use is read before the change: a read that fails after it would hide a token that is told only once. */
  async function changed(
    c: KeyContext,
    change: (id: string, by: Principal, at: EpochSeconds) => Promise<Kept | Issued | Unchanged>,
  ): Promise<Response> {
    const { at } = c.env
    const id = c.req.param('id')
    const lastUse = await lastUsed(store, id)
    const result = await change(id, actorOf(c), at)
    if ('problem' in result) return unchanged(c, result)
    const view = viewOf(result.record, lastUse, at)
    return c.json('token' in result ? { ...view, token: result.token } : view, 200, versionFields(result))
  }

  app.get('/keys', queryOf(listSchema), async (c) => {
    const { limit = LISTED, cursor, sort, ...filter } = c.var.query
    const query = { ...filter, limit, ...(sort && { by: sort }), ...(cursor !== undefined && { from: cursor }) }
    const page = await registry.list(query, actorOf(c))
    const items = await Promise.all(page.items.map((kept) => view(kept, c.env.at)))
    return c.json<KeyPageView>({ items, cursor: page.cursor ?? null, unreadable: page.unreadable })
  })

  app.post('/keys', jsonBody(newKeySchema), async (c) => {
    const { at } = c.env
    const { body } = c.var
    const result = whereSent(body, await registry.create(newKeyOf(body, at), actorOf(c), at))
    if ('problem' in result) return unchanged(c, result)
    const { record, token } = result
    const fields = { ...versionFields(result), Location: `${base}/keys/${record.id}` }
    return c.json<IssuedView>({ ...viewOf(record, undefined, at), token }, 201, fields)
  })

  app.get('/keys/:id', async (c) => {
    const kept = await registry.show(c.req.param('id'), actorOf(c))
    if (!kept) return problem(c, 'not-found')
    const known = isKnown(c, kept)
    if (known instanceof Response) return known
    const fields = { ...versionFields(kept), 'Cache-Control': 'private, no-cache' }
    return known ? c.body(null, 304, fields) : c.json(await view(kept, c.env.at), 200, fields)
  })

  app.patch('/keys/:id', jsonBody(keyChangeSchema), version, (c) =>
    changed(c, async (id, by, at) => {
      const { body, version } = c.var
      return whereSent(body, await registry.update(id, changeOf(body, at), by, at, version))
    }),
  )

  app.delete('/keys/:id', version, async (c) => {
    const result = await registry.remove(c.req.param('id'), actorOf(c), c.env.at, c.var.version)
    return result === 'removed' ? c.body(null, 204) : unchanged(c, result)
  })

  app.post('/keys/:id/rotate', jsonBody(rotationSchema), version, (c) =>
    changed(c, async (id, by, at) => {
      const { body, version } = c.var
      return whereSent(body, await registry.rotate(id, rotationOf(body, at), by, at, version))
    }),
  )

  app.post('/keys/:id/suspend', jsonBody(nothingSchema), version, (c) =>
    changed(c, (id, by, at) => registry.suspend(id, by, at, c.var.version)),
  )

  app.post('/keys/:id/resume', jsonBody(nothingSchema), version, (c) =>
    changed(c, (id, by, at) => registry.resume(id, by, at, c.var.version)),
  )

  app.post('/keys/:id/revoke', jsonBody(revocationSchema), version, (c) =>
    changed(c, (id, by, at) => {
      const version = c.var.version === undefined ? {} : { version: c.var.version }
      return registry.revoke(id, by, at, { ...c.var.body, ...version })
    }),
  )

  app.post('/keys/:id/reveal', jsonBody(nothingSchema), async (c) => {
    const result = await registry.reveal(c.req.param('id'), actorOf(c), c.env.at)
    return 'problem' in result ? unchanged(c, result) : c.json({ token: result.token })
  })
}
