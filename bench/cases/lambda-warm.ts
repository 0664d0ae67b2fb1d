import type { AuthorizerHandler } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import { stamp } from '../../src/checked.ts'
import type { ApiDocument, CredentialDocument, Document, RouteDocument } from '../../src/document.ts'
import { benchDocument, benchSecrets, countingSink, TOKEN } from '../document.ts'
import { timed } from '../in-process.ts'
import type { Answer } from '../lambda.ts'
import { eventOf, restEventOf } from '../lambda.ts'
import type { Batch, Quartiles } from '../statistics.ts'
import { interleave, quartiles, toBaseline } from '../statistics.ts'
import type { Section } from '../table.ts'

/** How long a batch takes at least, in calls: about ten milliseconds of each kind. */
const FAST = 1500
const SLOW = 100

type Handler = (event: object, context: object) => Promise<unknown>

/** The calls of a function after the first ones, one at a time as Lambda makes them, in process. */
export async function run(rounds: number): Promise<Section[]> {
  process.env['TOKEN_0'] = TOKEN
  const { handler: hono } = (await import('../lambda/bearer-auth.ts')) as { handler: Handler }
  const exact = authorizerOf(benchDocument(1))
  const kept = authorizerOf({ ...benchDocument(1), apis: KEPT })
  const [http, rest, proxied] = [eventOf(TOKEN), restEventOf(TOKEN), eventOf(TOKEN)]
  for (const [handler, event] of [
    [exact, http],
    [exact, rest],
    [kept, rest],
    [hono, proxied],
  ] as const) {
    if (!isAllowed(await (handler as Handler)(event, {}))) throw new Error('a subject refused')
  }
  const batch = (handler: unknown, event: object, requests: number): Batch => {
    return () => timed({ requests, inFlight: 1 }, () => (handler as Handler)(event, {}))
  }
  const decisions = await interleave(
    batch(exact, http, FAST),
    { same: batch(exact, http, FAST), hono: batch(hono, proxied, SLOW), rest: batch(exact, rest, FAST) },
    rounds,
  )
  const answers = await interleave(
    batch(exact, rest, FAST),
    { same: batch(exact, rest, FAST), kept: batch(kept, rest, FAST) },
    rounds,
  )
  const rows = [
    { name: 'A/A: a static token to an HTTP API / the same', ...toBaseline(decisions, 'same') },
    {
      name: 'hono/bearer-auth under hono/aws-lambda / a static token to an HTTP API',
      ...toBaseline(decisions, 'hono'),
      budget: { limit: 'at least', value: 80 } as const,
    },
    { name: 'a static token to a REST API / to an HTTP API', ...toBaseline(decisions, 'rest') },
    { name: 'A/A: an answer to a REST API for one path / the same', ...toBaseline(answers, 'same') },
    { name: 'an answer that is kept for the whole stage / one for one path', ...toBaseline(answers, 'kept') },
  ]
  const compiled = []
  for (const resources of [2, 8]) {
    const name = `the first such answer to a caller, whose policy is compiled, for ${resources * 5} routes`
    compiled.push({ name, unit: 'us' as const, clock: await compiling(resources, rounds) })
  }
  return [{ title: 'on Lambda, in the calls after the first', rows: [...rows, ...compiled] }]
}

/** Every API keeps what it is answered, for as long as API Gateway does by default. */
const KEPT: readonly ApiDocument[] = [{ resultTtlSeconds: 300 }]

function authorizerOf(document: Document): AuthorizerHandler {
  return authorizer({ document: stamp(document), secrets: benchSecrets, sink: countingSink() })
}

function isAllowed(answer: unknown): boolean {
  const { isAuthorized, statusCode, policyDocument } = answer as Answer
  return isAuthorized === true || statusCode === 200 || policyDocument?.Statement[0]?.Effect === 'Allow'
}

/** So many callers with names of their own: for each a policy is compiled. */
const CALLERS = 20

/** What the first answer to each of some callers takes, once the code that compiles has run before. */
async function compiling(resources: number, rounds: number): Promise<Quartiles> {
  const samples: number[] = []
  for (let round = -2; round < rounds; round++) {
    const handler = authorizerOf(tableOf(resources))
    for (let caller = 0; caller < CALLERS; caller++) {
      const event = restEventOf(caller === 0 ? TOKEN : `${TOKEN}-TOKEN_${caller}`, 'GET', '/r0')
      const { clock } = await timed({ requests: 1, inFlight: 1 }, async () => {
        if (!isAllowed(await handler(event as never))) throw new Error('a caller was refused')
      })
      // The first call reads the secrets, too.
      if (round >= 0 && caller > 0) samples.push(clock)
    }
  }
  return quartiles(samples)
}

/** Five routes for each resource, with permissions of its own; the callers may read everything and write half of it. */
function tableOf(resources: number): Document {
  const names = Array.from({ length: resources }, (_, number) => `r${number}`)
  const permissions = names.flatMap((name, number) => [`${name}.read`, ...(number % 2 === 0 ? [`${name}.write`] : [])])
  return {
    credentials: Array.from({ length: CALLERS }, (_, caller): CredentialDocument => {
      const tokens = { secret: `TOKEN_${caller}` }
      return { kind: 'static-token', name: `caller ${caller}`, tokens, type: 'custom', permissions }
    }),
    routes: names.flatMap((name): RouteDocument[] => [
      { path: `/${name}`, methods: ['GET'], permission: `${name}.read` },
      { path: `/${name}`, methods: ['POST'], permission: `${name}.write` },
      { path: `/${name}/:id`, methods: ['GET'], permission: `${name}.read` },
      { path: `/${name}/:id`, methods: ['PUT', 'PATCH'], permission: `${name}.write` },
      { path: `/${name}/:id`, methods: ['DELETE'], permission: `${name}.delete` },
    ]),
    apis: KEPT,
  }
}
