import type { Latchkey } from '../../src/build.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { gatewayKey } from '../../src/gateway-key.ts'
import { apiKey } from '../../src/http/api-key.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import { jwt } from '../../src/jwt-by-fetch.ts'
import { isLoopback } from '../../src/lib/ip.ts'
import { memory as countedInMemory } from '../../src/limiters/memory.ts'
import { load } from '../../src/load.ts'
import type { Access } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Digests, Sink, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { Reply } from '../../src/respond.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Observed } from './compare.ts'
import { seed } from './seed.ts'
import type { Vector } from './vector.ts'

/** A row with a store of its own, on no host at all. */
export interface InProcess {
  readonly authority: Latchkey
  /** How many entries the store was asked for so far. */
  reads(): number
}

/** The authorizer of a row. */
export async function authorityOf(vector: Vector, digests: Digests, sink: Sink): Promise<InProcess> {
  const { now, document, secrets } = vector
  const clock = () => now
  const host = { now: clock, elapsed: () => 0, digests, secrets: env(secrets), sink }
  const [kept, limiter] = [memory({ now: clock }), countedInMemory()]
  await seed([vector], kept, limiter)
  let reads = 0
  const store: Store = {
    ...kept,
    get(id) {
      reads++
      if (vector.store?.is === 'down') throw new StoreError('memory', 'down', 'it is turned off')
      return kept.get(id)
    },
  }
  const opened = { store: vector.store?.is === 'absent' ? undefined : store, limiter }
  const authority = await load(
    { document },
    host,
    { transport: 'any' },
    equipmentOf([apiKey, gatewayKey, jwt], [], opened),
  )
  return { authority, reads: () => reads }
}

/** What the gate would answer, and what its origin would get. */
export async function observe(vector: Vector, digests: Digests): Promise<Observed> {
  const { request } = vector
  const sink = memorySink()
  const { authority, reads } = await authorityOf(vector, digests, sink)
  const gate = gateOf(authority, apiKey.management)
  const { reply, passed, asked } = await gate.enter(accessOf(vector), () => undefined)
  const told = () => ({ events: sink.events, reads: reads() })
  if (reply) return { ...observedReply(reply, request.method), ...told() }
  if (asked) return { ...observedReply(await asked(bodyOf(vector)), request.method), ...told() }
  const { judgement, allowed } = passed
  const outgoing = cleaner(gate.latchkey.settings)(fieldsOf(vector), judgement, allowed)
  if (isRefusal(outgoing)) {
    return { ...observedReply(gate.refuse(outgoing, judgement.access), request.method), ...told() }
  }
  const origin = { method: judgement.access.method, target: outgoing.target, headers: outgoing.fields }
  return { status: 200, headers: returningFields([], judgement.access, allowed), body: '', origin, ...told() }
}

function bodyOf({ request }: Vector): Uint8Array {
  return Uint8Array.from(request.body ?? '', (character) => character.charCodeAt(0))
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
