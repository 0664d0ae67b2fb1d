import { describe, expect, test } from 'vitest'
import type { AdminEvent, AdminReply } from '../../adapters/aws/admin/index.ts'
import { admin, apiKey, gatewayKey, jwt } from '../../adapters/aws/admin/index.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { KINDS } from '../aws/admin/events.ts'
import { awsStores } from './aws-stores.ts'
import type { Observed } from './compare.ts'
import { differences } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'

/** The rows of the decision table that ask Latchkey itself, on the administration; what asks an origin finds none. */

const SHAPES = ['url', 'rest'] as const
type Shape = (typeof SHAPES)[number]

const table = vectors()
const stubStore = awsStores(table, SHAPES)

describe.each(SHAPES)('%s', (shape) => {
  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, 'in-process', (each) => cannotExpress(each, shape))
      if (reason !== undefined) return context.skip(reason)
      const observed = await observe(vector, shape)
      expect(differences(isOwn(vector) ? vector : withoutOrigin(vector), observed)).toEqual([])
      noSecretIn(JSON.stringify(observed), vector)
    })
  }
})

/** Whether a row asks for what is answered here: an endpoint, or what lies beside them. */
function isOwn({ document, request, expect: { outcome } }: Vector): boolean {
  return outcome === 'latchkey' || request.target.startsWith(`${document.base ?? '/_latchkey'}/`)
}

/** What passes elsewhere is an unknown route here. gRPC's status is told beside that of HTTP. */
function withoutOrigin(vector: Vector): Vector {
  const isGrpc = vector.request.headers.some(([, value]) => value.startsWith('application/grpc'))
  return { ...vector, expect: { outcome: 'refused', status: isGrpc ? 200 : 403, reason: 'route-unknown' } }
}

async function observe(vector: Vector, shape: Shape): Promise<Observed> {
  const { document, secrets, now, request } = vector
  const sink = memorySink()
  stubStore(vector, shape)
  const verifiers = [apiKey, gatewayKey, jwt]
  const handler = admin({ document, verifiers, secrets: env(secrets), sink, now: () => now })
  const reply = (await handler(KINDS[shape](request) as AdminEvent)) as AdminReply
  return { status: reply.statusCode, headers: fieldsOf(reply), body: reply.body, events: sink.events }
}

function fieldsOf({ headers, multiValueHeaders }: AdminReply): Field[] {
  return Object.entries(headers ?? multiValueHeaders ?? {}).flatMap(([name, value]) =>
    [value].flat().map((each): Field => [name, each as string]),
  )
}

const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/** Why neither a function URL nor an API would send such an event, or why the row is about an origin. */
function cannotExpress(vector: Vector, shape: Shape): string | undefined {
  const { request, expect: expected, document } = vector
  const { method, target, headers, host, scheme } = request
  const base = document.base ?? '/_latchkey'
  if (target.startsWith(`${base}/verify`)) return 'the administration judges for no proxy'
  if (!isOwn(vector) && expected.outcome !== 'origin') return 'why a request is refused to an origin'
  if (scheme !== 'https') return 'AWS has no plain HTTP'
  if (!METHODS.has(method)) return 'AWS takes no such method'
  if (!target.startsWith('/') || target.includes('#')) return 'AWS takes the origin form only'
  if (/[/ @]/.test(host) || headers.some(([name]) => name.toLowerCase() === 'host')) return 'AWS itself routes by Host'
  if (headers.some(([name, value]) => /[\0-\x08\x0a-\x1f\x7f]/.test(name + value))) return 'not HTTP'
  if (shape === 'rest' && /%(?![0-9A-Fa-f]{2})/.test(target.replace(/^[^?]*/, ''))) {
    return 'a REST API decodes the query, by nobody knows which rule for broken escapes'
  }
  return undefined
}
