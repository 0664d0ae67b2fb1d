import { Hono } from 'hono/tiny'
import { REQUEST_ID_HEADER } from '../../identity.ts'
import { nameOfError } from '../../model/store-error.ts'
import type { Reply } from '../../respond.ts'
import { addEventRoutes } from './events.ts'
import { addHolderRoutes } from './holder.ts'
import { addImportRoute } from './imports.ts'
import { addIssuingRoutes } from './issue.ts'
import { addKeyRoutes } from './keys.ts'
import { addOpenapiRoute } from './openapi.ts'
import type { Operation } from './operations.ts'
import type { KeysAppParts, KeysEnv, KeysRequest } from './parts.ts'
import { failure, problem } from './problems.ts'
import { addTokenRoutes } from './tokens.ts'
import { addUsageRoutes } from './usage.ts'

export type { KeysAppParts, KeysRequest, Proved } from './parts.ts'

/**
 * The keys API: answers what the gate has allowed. Loaded when it is first called, as most processes are never asked.
 * Never rejects: what is unexpected is answered too, and told to the sink without what was sent.
 */
export function keysApp(parts: KeysAppParts): (request: KeysRequest) => Promise<Reply> {
  const app = new Hono<KeysEnv>()
  app.use(async (c, next) => {
    if (c.env.query && !TAKES_QUERY.has(c.env.operation)) return problem(c, 'query-invalid')
    return next()
  })
  addKeyRoutes(app, parts)
  addImportRoute(app, parts)
  addEventRoutes(app, parts)
  addUsageRoutes(app, parts)
  addTokenRoutes(app, parts)
  addHolderRoutes(app, parts)
  addIssuingRoutes(app, parts)
  addOpenapiRoute(app, parts)
  app.notFound((c) => problem(c, 'not-found'))
  app.onError((error, c) => {
    const reply = failure(c, error)
    const message = `request ${c.env.requestId} to the keys API failed: ${tellable(error)}`
    if (reply.status >= 500) parts.sink?.write({ type: 'notice', level: 'error', message })
    return reply
  })

  return async (request) => {
    const { path, requestId } = request
    // The host leaves the body out for HEAD, and tells its length.
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const response = await app.fetch(new Request(`http://localhost${path}`, { method }), request)
    return replyOf(response, requestId)
  }
}

/** A parameter that nobody reads is an error, so that nobody relies on it. */
const TAKES_QUERY: ReadonlySet<Operation> = new Set(['list-keys', 'list-events', 'read-usage'])

/** Errors whose message is made for an operator, and holds nothing that was sent. */
const TELLABLE: ReadonlySet<string> = new Set(['StoreError', 'RecordUnreadable'])

function tellable(error: Error): string {
  return TELLABLE.has(error.name) ? error.message : nameOfError(error)
}

/** Hono gives a `Response`; hosts write plain replies, in the spelling that the other fields have. */
async function replyOf(response: Response, requestId: string): Promise<Reply> {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store', [REQUEST_ID_HEADER]: requestId }
  for (const [name, value] of response.headers)
    headers[name.replace(/(?:^|-)[a-z]/g, (each) => each.toUpperCase())] = value
  return { status: response.status, headers, body: await response.text() }
}
