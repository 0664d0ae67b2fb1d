import type { MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { jwk } from 'hono/jwk'
import { jwt } from 'hono/jwt'
import type { HonoJsonWebKey } from 'hono/utils/jwt/jws'
import { stamp } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'
import type { MiddlewareKind } from '../../src/http/api-key.ts'
import { apiKey } from '../../src/http/api-key.ts'
import type { MiddlewareOptions, MiddlewareRuntime } from '../../src/http/middleware.ts'
import { middlewareOn } from '../../src/http/middleware.ts'
import type { Digests, SecretSource } from '../../src/model/ports.ts'
import type { KeysOptions } from '../document.ts'
import {
  AUDIENCE,
  benchDocument,
  benchSecrets,
  countingSink,
  ISSUER,
  keysDocument,
  PATH,
  TOKEN,
  VERIFY,
} from '../document.ts'

/** What is measured: an app that answers two bytes behind one middleware. */
export type App = Pick<Hono, 'fetch'>

/** `latchkey` of whichever runtime is measured. */
export type LatchkeyMiddleware = (options: MiddlewareOptions) => MiddlewareHandler

/** The app with no middleware at all. */
export function bare(): App {
  return new Hono().get('/api/:collection', (c) => c.text('ok')).get(VERIFY, (c) => c.text('ok'))
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

/** The decision of a document with a credential of another kind. */
export function withKind(
  latchkey: LatchkeyMiddleware,
  document: Document,
  kind: MiddlewareKind,
  secrets: SecretSource = benchSecrets,
): App {
  return behind(latchkey({ document: stamp(document), verifiers: [kind], secrets, sink: countingSink() }))
}

/** hono/jwk as it is documented, with the keys at hand or where they are published. */
export function withHonoJwk(keys: { keys: HonoJsonWebKey[] } | { jwks_uri: string }): App {
  return behind(jwk({ ...keys, alg: ['RS256'], verification: { iss: ISSUER, aud: AUDIENCE } }))
}

/** hono/jwt as it is documented, with the key as a text. */
export function withHonoJwt(pem: string): App {
  return behind(jwt({ secret: pem, alg: 'RS256', verification: { iss: ISSUER, aud: AUDIENCE } }))
}

/** The middleware to which each request is the first one that shows its token. Static tokens are none to it. */
export function anew(made: () => Digests, runtime: Omit<MiddlewareRuntime, 'digests'> = {}): LatchkeyMiddleware {
  let requests = 0
  const digests = (): Digests => {
    const own = made()
    return { ...own, fingerprint: (token) => own.fingerprint(`${token}${requests++}`) }
  }
  return (options) => middlewareOn({ ...runtime, digests }, options)
}

/** An app behind a middleware of the caller's own. */
export function behind(middleware: MiddlewareHandler): App {
  return new Hono().use('*', middleware).get('/api/:collection', (c) => c.text('ok'))
}

/** A request for the path that needs a permission. A gateway's token has a scheme of its own. */
export function request(token: string): Request {
  const scheme = token.includes('&') ? 'GatewayKey' : 'Bearer'
  const headers = { authorization: `${scheme} ${token}`, 'user-agent': 'latchkey-bench/1', accept: '*/*' }
  return new Request(`http://localhost${PATH}`, { headers })
}

/** Throws unless the app answers as it should: a broken subject would be a fast one. */
export async function expectStatus(app: App, token: string, status: number): Promise<void> {
  const response = await app.fetch(request(token))
  if (response.status !== status) throw new Error(`a subject answered ${response.status} and not ${status}`)
}
