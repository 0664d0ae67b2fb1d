import { describe, expect, test } from 'vitest'
import { apiKey, gatewayKey, guard, jwt } from '../../adapters/aws/guard/index.ts'
import type { WholeEvent } from '../../adapters/aws/whole-event.ts'
import type { Identity } from '../../src/caller.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { upperEscapes } from '../../src/lib/path.ts'
import { encodePath, encodeVisible } from '../../src/lib/percent.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { httpEvent, restEvent, urlEvent } from '../aws/admin/events.ts'
import { httpApiPath } from '../aws/events.ts'
import { awsStores } from './aws-stores.ts'
import type { Observed } from './compare.ts'
import { differences } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'

/** The decision table behind a guarded function, by events of a function URL, an HTTP API and a REST API. */

const SHAPES = ['url', 'http', 'rest'] as const
type Shape = (typeof SHAPES)[number]

/** An HTTP API decodes the path. */
const EVENTS: Readonly<Record<Shape, (request: Vector['request']) => WholeEvent>> = {
  url: urlEvent,
  http: (request) => httpEvent({ ...request, target: decoded(request.target) ?? request.target }),
  rest: restEvent,
}

const table = vectors()
const stubStore = awsStores(table, SHAPES)

describe.each(SHAPES)('%s', (shape) => {
  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, 'in-process', (each) => cannotExpress(each, shape))
      if (reason !== undefined) return context.skip(reason)
      const observed = await observe(vector, shape)
      expect(differences(asSeenHere(vector), observed)).toEqual([])
      noSecretIn(JSON.stringify({ ...observed, origin: observed.origin?.headers }), vector)
    })
  }
})

/** The handler gets the event as it came, the credential in it too. */
function asSeenHere(vector: Vector): Vector {
  const { expect: expected, request } = vector
  return { ...vector, expect: { ...expected, origin: { target: request.target } } }
}

async function observe(vector: Vector, shape: Shape): Promise<Observed> {
  const { document, secrets, now, request } = vector
  const sink = memorySink()
  stubStore(vector, shape)
  const verifiers = [apiKey, gatewayKey, jwt]
  const guarded = guard({ document, verifiers, secrets: env(secrets), sink, now: () => now })
  const callers: Identity[] = []
  const handler = guarded((_, caller) => {
    callers.push(caller)
    return { statusCode: 200, headers: {}, multiValueHeaders: {}, body: '', isBase64Encoded: false }
  })
  const { statusCode, headers, multiValueHeaders, body } = await handler(EVENTS[shape](request) as never)
  const fields = Object.entries({ ...headers, ...multiValueHeaders }).flatMap(([name, value]) =>
    [value].flat().map((each): Field => [name, each]),
  )
  const [origin] = callers.map((caller) => ({ ...request, headers: identityFields(caller) }))
  return { status: statusCode, headers: fields, body, events: sink.events, origin }
}

/** Who called, as an origin would be told in fields. */
function identityFields(caller: Identity): Field[] {
  const known = caller.kind === 'anonymous' ? undefined : caller
  const { kind = '', subject = '', type = '', name = '', owner = '', expiresAt = '' } = known ?? {}
  const permissions = caller.permissions.map(encodeVisible).join(' ')
  const told = { Kind: kind, Type: type, Permissions: permissions, Expires: String(expiresAt) }
  const texts = { Subject: subject, Name: name, Owner: owner, 'Request-Id': caller.requestId }
  return [
    ...Object.entries(told),
    ...Object.entries(texts).map(([field, text]) => [field, encodeVisible(text)] as const),
  ].map(([field, value]) => [`X-Latchkey-${field}`, value])
}

const METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/** Why AWS would never send such an event, or why the row is about what a handler's guard does not do. */
function cannotExpress({ request, document, expect: expected }: Vector, shape: Shape): string | undefined {
  const { method, target, headers, host, scheme } = request
  const { base = '/_latchkey', origin } = document
  const endpoint = target.startsWith(`${base}/`) ? target.slice(base.length + 1) : ''
  if (/^(?:keys|usage)\b/.test(endpoint)) return 'keys are managed elsewhere'
  if (endpoint.startsWith('verify')) return 'a guard judges for no proxy'
  if (typeof origin === 'object' && expected.reason === 'not-configured') return 'about what an origin is sent'
  if (scheme !== 'https') return 'AWS has no plain HTTP'
  if (!METHODS.has(method)) return 'AWS takes no such method'
  if (!target.startsWith('/') || target.includes('#')) return 'AWS takes the origin form only'
  if (/[/ @]/.test(host) || headers.some(([name]) => name.toLowerCase() === 'host')) return 'AWS itself routes by Host'
  if (headers.some(([name, value]) => /[\0-\x08\x0a-\x1f\x7f]/.test(name + value))) return 'not HTTP'
  if (shape === 'rest' && expected.reason === 'credential-missing' && /[?&]\w+(?:&|$)/.test(target)) {
    return 'a REST API gives an empty value for none'
  }
  if (shape === 'rest' && /%(?![0-9A-Fa-f]{2})/.test(target.replace(/^[^?]*/, ''))) {
    return 'a REST API decodes the query, by nobody knows which rule for broken escapes'
  }
  return shape === 'http' ? cannotExpressDecoded(target) : undefined
}

/** What another path would give as well cannot be told from it. */
function cannotExpressDecoded(target: string): string | undefined {
  const [path = ''] = target.split('?')
  const told = httpApiPath(path)
  if (told === undefined) return 'an HTTP API refuses the path itself'
  return encodePath(told) === upperEscapes(path)
    ? undefined
    : 'an HTTP API decodes the path before the function sees it'
}

function decoded(target: string): string | undefined {
  const [path = '', ...query] = target.split('?')
  const told = httpApiPath(path)
  return told === undefined ? undefined : [told, ...query].join('?')
}
