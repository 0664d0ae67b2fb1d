import { expect, test } from 'vitest'
import { authorizationServer } from '../../adapters/node/ext-authz.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { endToEnd } from '../../src/http/hop-by-hop.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Observed } from '../hosts/compare.ts'
import { differences } from '../hosts/compare.ts'
import { authorityOf } from '../hosts/in-process.ts'
import { noSecretIn } from '../hosts/leaks.ts'
import type { Vector } from '../hosts/vector.ts'
import { vectors } from '../hosts/vector.ts'
import type { Option, Response } from './envoy.ts'
import { ask, checkOf } from './envoy.ts'

/** The decision table, asked as Envoy asks; what Envoy does with the answer is done here by its documents. */

for (const vector of vectors()) {
  test(vector.name, async (context) => {
    const reason = cannotBeAsked(vector)
    if (reason !== undefined) return context.skip(reason)
    const observed = await observe(vector)
    expect(differences(vector, observed)).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  })
}

function cannotBeAsked({ document, request, expect: expected }: Vector): string | undefined {
  if (document.proxies) return 'the row is about another proxy'
  if (expected.outcome === 'latchkey' || request.target.startsWith(document.base ?? '/_latchkey')) {
    return "Latchkey's own endpoints are not behind Envoy"
  }
  if (request.headers.some(([name]) => name.toLowerCase() === 'host')) return 'Envoy has one authority'
  if (request.headers.some(([name]) => /^(?:x-forwarded-(?:for|proto)|te)$/i.test(name)))
    return 'these are for Envoy itself to say'
  if (request.headers.some(([, value]) => value.includes('\0'))) return 'Envoy refuses it'
  if (request.headers.some(([, value]) => value.startsWith('application/grpc'))) return 'Envoy words it for gRPC'
  if (expected.headers?.['cache-control'] === 'private') return 'what the origin says of caches is not known'
  return undefined
}

async function observe(vector: Vector): Promise<Observed> {
  const { request, now } = vector
  const sink = memorySink()
  const asked = { ...vector, document: { ...vector.document, proxies: { addresses: ['127.0.0.1'] } } } as Vector
  const { authority: latchkey, reads } = await authorityOf(asked, nodeDigests(), sink)
  const server = await authorizationServer({ latchkey }, { port: 0, now: () => now })
  try {
    const headers = request.headers.map(([name, value]): Field => [name.toLowerCase(), value])
    const raw = headers.map(([key, value]) => ({ key, raw_value: Buffer.from(value, 'latin1') }))
    const { method, target: path, host, scheme, address } = request
    const source = address === undefined ? {} : { address: { socket_address: { address, port_value: 1 } } }
    const check = checkOf({ method, path, host, scheme, header_map: { headers: raw } }, { source })
    // Of a faulty document the question is refused, not what it is about.
    const events = latchkey.settings.routes.length === 0 ? undefined : sink.events
    return { ...applied(await ask(server, check), headers, vector), events, reads: reads() }
  } finally {
    await server.close(0)
  }
}

/** What the client and the origin get of an answer. */
function applied(
  { ok_response: ok, denied_response: denied }: Response,
  received: readonly Field[],
  { request }: Vector,
): Observed {
  if (!ok) {
    const headers = pairs(denied?.headers)
    return {
      status: STATUSES[denied?.status.code ?? ''] ?? 0,
      headers,
      body: request.method === 'HEAD' ? '' : (denied?.body ?? ''),
    }
  }
  let headers: Field[] = endToEnd([['host', request.host], ...received])
  for (const { header, append_action } of ok.headers) {
    const name = header.key.toLowerCase()
    if (append_action !== 'APPEND_IF_EXISTS_OR_ADD') headers = headers.filter(([each]) => each !== name)
    headers.push([name, header.value])
  }
  headers = headers.filter(([name]) => !ok.headers_to_remove.includes(name))
  const own: Field[] = [['x-forwarded-proto', request.scheme]]
  const client: Field[] = request.address === undefined ? [] : [['x-forwarded-for', request.address]]
  const target = without(request.target, ok.query_parameters_to_remove)
  const origin = { method: request.method, target, headers: [...headers, ...own, ...client] }
  return { status: 200, headers: pairs(ok.response_headers_to_add), body: '', origin }
}

function pairs(options: readonly Option[] | undefined): Field[] {
  return (options ?? []).map(({ header }) => [header.key, header.value])
}

const STATUSES: Readonly<Record<string, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  TooManyRequests: 429,
  ServiceUnavailable: 503,
}

function without(target: string, names: readonly string[]): string {
  const [path = '', query] = target.split('?', 2)
  if (query === undefined || names.length === 0) return target
  const kept = query.split('&').filter((pair) => !names.includes(decodeURIComponent(pair.split('=', 1)[0] ?? '')))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
