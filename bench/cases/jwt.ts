import { getRequestListener } from '@hono/node-server'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { latchkey } from '../../adapters/node/hono.ts'
import { jwt } from '../../adapters/node/jwt.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { start } from '../child.ts'
import { AUDIENCE, ISSUER, jwtDocument, secretsWith, TOKEN } from '../document.ts'
import { batchOf, timed } from '../in-process.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { App } from '../subjects/apps.ts'
import { anew, expectStatus, withBearer, withHonoJwk, withHonoJwt, withKind, withLatchkey } from '../subjects/apps.ts'
import { awsJwtVerify, fastJwt } from '../subjects/peers.mjs'
import type { Row, Section } from '../table.ts'
import { forged, issuer } from '../tokens.ts'

/** How long a batch takes at least, in requests: about ten milliseconds of each kind. */
const FAST = 1500
const VERIFYING = 150
const FETCHING = 30
/** So many take turns where each is to be new. */
const TOKENS = 64

/** The decision about a JSON Web Token (RS256) in process on Node, beside what else verifies them in a Hono app. */
export async function run(rounds: number): Promise<Section[]> {
  getRequestListener(() => new Response())
  const own = issuer()
  const publisher = start<{ port: number }>('jwks.ts', [JSON.stringify(own.jwks)])
  try {
    const url = `http://127.0.0.1:${(await publisher.next()).port}/`
    const tokens = Array.from({ length: TOKENS }, own.issue)
    const token = tokens[0] as string
    const wrong = tokens.map(forged)
    const secrets = secretsWith(own.jwks)
    const expected = { issuer: ISSUER, audience: AUDIENCE }
    const keySet = createLocalJWKSet({ keys: [...own.jwks.keys] })
    const verifyByJose = (each: string) => jwtVerify(each, keySet, { ...expected, algorithms: ['RS256'] })
    const fastJwtCached = fastJwt({ ...expected, pem: own.pem, cache: true })

    const statics = withLatchkey(latchkey)
    const apps = {
      seen: withKind(latchkey, jwtDocument(), jwt, secrets),
      fetched: withKind(latchkey, jwtDocument({ jwksUrl: url }), jwt),
      new: withKind(anew(nodeDigests), jwtDocument(), jwt, secrets),
      jwk: withHonoJwk({ keys: [...own.jwks.keys] }),
      jwkFetching: withHonoJwk({ jwks_uri: url }),
      honoJwt: withHonoJwt(own.pem),
      fastJwt: by(fastJwt({ ...expected, pem: own.pem, cache: false })),
      fastJwtCached: by(fastJwtCached),
      aws: by(awsJwtVerify({ ...expected, jwks: own.jwks })),
      jose: by(verifyByJose),
    }
    for (const app of Object.values(apps)) {
      await expectStatus(app, token, 200)
      await expectStatus(app, wrong[0] as string, 401)
    }

    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (app: App, shown: readonly string[], requests: number) =>
        batchOf(app, shown, { requests, inFlight })
      const calls = (verify: (token: string) => unknown, shown: readonly string[], requests: number): Batch => {
        let turn = 0
        return () => timed({ requests, inFlight }, () => verify(shown[++turn % shown.length] as string))
      }
      const measured = await interleave(
        batch(statics, [TOKEN], FAST),
        {
          same: batch(withLatchkey(latchkey), [TOKEN], FAST),
          static: batch(apps.seen, [TOKEN], FAST),
          seen: batch(apps.seen, [token], FAST),
          fetched: batch(apps.fetched, [token], FAST),
          new: batch(apps.new, tokens, VERIFYING),
          forged: batch(apps.seen, wrong, VERIFYING),
          jwk: batch(apps.jwk, tokens, VERIFYING),
          jwkFetching: batch(apps.jwkFetching, tokens, FETCHING * (inFlight > 1 ? 3 : 1)),
          honoJwt: batch(apps.honoJwt, tokens, VERIFYING),
          fastJwt: batch(apps.fastJwt, tokens, VERIFYING),
          fastJwtCached: batch(apps.fastJwtCached, [token], FAST),
          fastJwtAlone: calls(fastJwtCached, [token], FAST),
          aws: batch(apps.aws, tokens, VERIFYING),
          jose: batch(apps.jose, tokens, VERIFYING),
          joseAlone: calls(verifyByJose, tokens, VERIFYING),
        },
        rounds,
      )
      const way = inFlight === 1 ? 'one request at a time' : `${inFlight} requests in flight`
      sections.push({ title: `JSON Web Tokens in process on Node, ${way}`, rows: rowsOf(measured, inFlight === 1) })
    }
    return sections
  } finally {
    publisher.stop()
  }
}

type Name =
  | 'same'
  | 'static'
  | 'seen'
  | 'fetched'
  | 'new'
  | 'forged'
  | 'jwk'
  | 'jwkFetching'
  | 'honoJwt'
  | 'fastJwt'
  | 'fastJwtCached'
  | 'fastJwtAlone'
  | 'aws'
  | 'jose'
  | 'joseAlone'

function rowsOf(measured: Measured<Name>, isOneAtATime: boolean): Row[] {
  return [
    { name: 'A/A: a static token / the same', ...toBaseline(measured, 'same') },
    { name: 'a static token where JWTs are taken too / one where none are', ...toBaseline(measured, 'static') },
    { name: 'a JWT seen before / a static token', ...toBaseline(measured, 'seen') },
    {
      name: 'fast-jwt with its cache, in a Hono app / a JWT seen before',
      ...toCase(measured, 'fastJwtCached', 'seen'),
      budget: { limit: 'at least', value: 1 },
    },
    { name: "fast-jwt's cache alone, without an app / a JWT seen before", ...toCase(measured, 'fastJwtAlone', 'seen') },
    {
      name: 'hono/jwk with keys / a JWT seen before',
      ...toCase(measured, 'jwk', 'seen'),
      ...(isOneAtATime && { budget: { limit: 'at least', value: 30 } }),
    },
    {
      name: 'hono/jwk with jwks_uri / a JWT seen before, of fetched keys',
      ...toCase(measured, 'jwkFetching', 'fetched'),
      ...(isOneAtATime && { budget: { limit: 'at least', value: 300 } }),
    },
    { name: 'hono/jwt / a JWT seen before', ...toCase(measured, 'honoJwt', 'seen') },
    { name: 'aws-jwt-verify in a Hono app / a JWT seen before', ...toCase(measured, 'aws', 'seen') },
    {
      name: 'a new JWT / jose alone, without an app',
      ...toCase(measured, 'new', 'joseAlone'),
      budget: { limit: 'at most', value: 1.2 },
    },
    { name: 'a new JWT / jose in a Hono app', ...toCase(measured, 'new', 'jose') },
    { name: 'hono/jwk with keys / a new JWT', ...toCase(measured, 'jwk', 'new') },
    { name: 'hono/jwt / a new JWT', ...toCase(measured, 'honoJwt', 'new') },
    { name: 'aws-jwt-verify in a Hono app / a new JWT', ...toCase(measured, 'aws', 'new') },
    { name: 'fast-jwt without its cache, in a Hono app / a new JWT', ...toCase(measured, 'fastJwt', 'new') },
    { name: "a forged JWT's refusal / a new JWT", ...toCase(measured, 'forged', 'new') },
  ]
}

/** An app that asks a library, which throws where a token does not count. */
function by(verify: (token: string) => unknown): App {
  return withBearer(async (token) => {
    try {
      await verify(token)
      return true
    } catch {
      return false
    }
  })
}
