import { createLocalJWKSet, jwtVerify } from 'jose'
import { webDigests } from '../../src/crypto/web.ts'
import { gatewayKey } from '../../src/gateway-key.ts'
import { latchkey } from '../../src/http/hono.ts'
import { jwt } from '../../src/jwt-by-fetch.ts'
import { AUDIENCE, gatewayDocument, ISSUER, jwtDocument, secretsWith } from '../document.ts'
import type { Issuer } from '../tokens.ts'
import type { App } from './apps.ts'
import { anew, request, withBearer, withHonoJwk, withHonoJwt, withKind, withLatchkey } from './apps.ts'

/** What a batch is asked for by. */
export interface Loop {
  readonly app: 'static' | 'same' | 'jwt' | 'newJwt' | 'jwk' | 'honoJwt' | 'jose' | 'gateway' | 'newGateway'
  readonly tokens: readonly string[]
  readonly requests: number
  readonly inFlight: number
  /** Whose tokens they are. */
  readonly issuer: Pick<Issuer, 'jwks' | 'pem'>
}

let made: Readonly<Record<Loop['app'], App>> | undefined

/** Once an isolate, as the issuer is only known at its first request. */
function appsOf({ jwks, pem }: Loop['issuer']): Readonly<Record<Loop['app'], App>> {
  const secrets = secretsWith(jwks)
  const keySet = createLocalJWKSet({ keys: [...jwks.keys] })
  const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] }
  return {
    static: withLatchkey(latchkey),
    same: withLatchkey(latchkey),
    jwt: withKind(latchkey, jwtDocument(), jwt, secrets),
    newJwt: withKind(anew(webDigests), jwtDocument(), jwt, secrets),
    jwk: withHonoJwk({ keys: [...jwks.keys] }),
    honoJwt: withHonoJwt(pem),
    jose: withBearer((token) => jwtVerify(token, keySet, expected).then(Boolean)),
    gateway: withKind(latchkey, gatewayDocument(), gatewayKey),
    newGateway: withKind(anew(webDigests), gatewayDocument(), gatewayKey),
  }
}

/** Runs an app many times in one request, and counts the statuses. */
export default {
  async fetch(asked: Request): Promise<Response> {
    const { app: name, tokens, requests, inFlight, issuer } = (await asked.json()) as Loop
    made ??= appsOf(issuer)
    const app = made[name]
    const shown = tokens.map(request)
    const statuses: Record<number, number> = {}
    let left = requests
    const work = async () => {
      while (left-- > 0) {
        const { status } = await app.fetch(shown[left % shown.length] as Request)
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return Response.json(statuses)
  },
}
