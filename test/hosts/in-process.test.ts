import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import { isLoopback } from '../../src/lib/ip.ts'
import { load } from '../../src/load.ts'
import type { Access } from '../../src/model/access.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Digests } from '../../src/model/ports.ts'
import type { Reply } from '../../src/respond.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Observed } from './compare.ts'
import { differences } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'

const table = vectors()
const implementations: [name: string, digests: () => Digests][] = [
  ['web', webDigests],
  ['node', nodeDigests],
]

describe.each(implementations)('%s', (_, digests) => {
  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, 'in-process')
      if (reason !== undefined) return context.skip(reason)
      const observed = await observe(vector, digests())
      expect(differences(vector, observed)).toEqual([])
      noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
    })
  }
})

/** What the gate would answer, and what its origin would get. */
async function observe(vector: Vector, digests: Digests): Promise<Observed> {
  const { now, document, secrets, request } = vector
  const sink = memorySink()
  const host = { now: () => now, elapsed: () => 0, digests, secrets: env(secrets), sink }
  const gate = gateOf(await load({ document }, host, { transport: 'any' }))
  const { reply, passed } = await gate.enter(accessOf(vector), () => undefined)
  const { events } = sink
  if (reply) return { ...observedReply(reply, request.method), events }
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

function fieldsOf({ request }: Vector): (readonly [string, string])[] {
  return [['Host', request.host], ...request.headers]
}

function accessOf(vector: Vector): Access {
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
