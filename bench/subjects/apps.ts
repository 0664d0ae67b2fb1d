import type { MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { stamp } from '../../src/checked.ts'
import { apiKey } from '../../src/http/api-key.ts'
import type { MiddlewareOptions } from '../../src/http/middleware.ts'
import type { KeysOptions } from '../document.ts'
import { benchDocument, benchSecrets, countingSink, keysDocument, PATH, TOKEN } from '../document.ts'

/** What is measured: an app that answers two bytes behind one middleware. */
export type App = Pick<Hono, 'fetch'>

/** `latchkey` of whichever runtime is measured. */
export type LatchkeyMiddleware = (options: MiddlewareOptions) => MiddlewareHandler

/** The app with no middleware at all. */
export function bare(): App {
  return new Hono().get('/api/:collection', (c) => c.text('ok'))
}

/** The least that a middleware can do. */
export function noOp(): App {
  return behind(async (_, next) => {
    await next()
  })
}

/** hono/bearer-auth with one token. */
export function withBearerAuth(): App {
  return behind(bearerAuth({ token: TOKEN }))
}

/** What most write by hand: one scheme, and whoever knows whether a token counts. */
export function withBearer(counts: (token: string) => Promise<boolean>): App {
  return behind(bearerAuth({ verifyToken: counts }))
}

/** The whole decision, of a document that the build has checked; its events are counted and go nowhere. */
export function withLatchkey(latchkey: LatchkeyMiddleware, tokens = 1): App {
  return behind(latchkey({ document: stamp(benchDocument(tokens)), secrets: benchSecrets, sink: countingSink() }))
}

/** The same decision where keys are issued too, in the store and with the limiter that `more` holds. */
export function withKeys(
  latchkey: LatchkeyMiddleware,
  options: KeysOptions,
  more: Pick<MiddlewareOptions, 'store' | 'limiter'>,
): App {
  const document = stamp(keysDocument(options))
  return behind(latchkey({ document, verifiers: [apiKey], secrets: benchSecrets, sink: countingSink(), ...more }))
}

/** An app behind a middleware of the caller's own. */
export function behind(middleware: MiddlewareHandler): App {
  return new Hono().use('*', middleware).get('/api/:collection', (c) => c.text('ok'))
}

/** A request for the path that needs a permission. */
export function request(token: string): Request {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'latchkey-bench/1', accept: '*/*' }
  return new Request(`http://localhost${PATH}`, { headers })
}

/** Throws unless the app answers as it should: a broken subject would be a fast one. */
export async function expectStatus(app: App, token: string, status: number): Promise<void> {
  const response = await app.fetch(request(token))
  if (response.status !== status) throw new Error(`a subject answered ${response.status} and not ${status}`)
}
