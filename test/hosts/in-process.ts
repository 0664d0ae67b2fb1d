import type { Latchkey } from '../../src/build.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import { isLoopback } from '../../src/lib/ip.ts'
import { load } from '../../src/load.ts'
import type { Access } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Digests, Sink } from '../../src/model/ports.ts'
import type { Reply } from '../../src/respond.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Observed } from './compare.ts'
import type { Vector } from './vector.ts'

/** The authorizer of a row, on no host at all. */
export async function authorityOf({ now, document, secrets }: Vector, digests: Digests, sink: Sink): Promise<Latchkey> {
  const host = { now: () => now, elapsed: () => 0, digests, secrets: env(secrets), sink }
  return load({ document }, host, { transport: 'any' })
}

/** What the gate would answer, and what its origin would get. */
export async function observe(vector: Vector, digests: Digests): Promise<Observed> {
  const { request } = vector
  const sink = memorySink()
  const gate = gateOf(await authorityOf(vector, digests, sink))
  const { reply, passed } = await gate.enter(accessOf(vector), () => undefined)
  const { events } = sink
  if (reply) return { ...observedReply(reply, request.method), events }
  if (!passed) throw new Error('the row asks for key management')
  const { judgement, allowed } = passed
  const outgoing = cleaner(gate.latchkey.settings)(fieldsOf(vector), judgement, allowed)
  if (isRefusal(outgoing)) return { ...observedReply(gate.refuse(outgoing, judgement.access), request.method), events }
  const origin = { method: judgement.access.method, target: outgoing.target, headers: outgoing.fields }
  return { status: 200, headers: returningFields([], judgement.access, allowed), body: '', origin, events }
}

function observedReply({ status, headers, body }: Reply, method: string): Observed {
  const fields = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const))
  return { status, headers: fields, body: method === 'HEAD' ? '' : body }
}

function fieldsOf({ request }: Vector): Field[] {
  return [['Host', request.host], ...request.headers]
}

/** A row's request as the core sees it. */
export function accessOf(vector: Vector): Access {
  const { now, request } = vector
  const fields = fieldsOf(vector)
  const header = (name: string) => fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
  const hosts = header('host')
  return {
    requestId: crypto.randomUUID(),
    at: now,
    method: request.method,
    scheme: request.scheme,
    host: hosts.length === 1 ? (hosts[0] as string) : '',
    target: request.target,
    header,
    headerNames: () => fields.map(([name]) => name),
    clientAddress: request.address,
    loopback: isLoopback(request.address),
  }
}
