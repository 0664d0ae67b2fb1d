import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Observed } from './compare.ts'
import { differences, fieldOf } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import { dependsOnScheme, localAddress } from './local-address.ts'
import type { RecordingOrigin } from './node-gates.ts'
import { nodeGates, recordingOrigin } from './node-gates.ts'
import { exchange, wireText } from './node-wire.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'

let origin: RecordingOrigin
const table = vectors()
let gates: Awaited<ReturnType<typeof nodeGates>>

beforeAll(async () => {
  origin = await recordingOrigin()
  gates = await nodeGates(origin.url, table)
})

afterAll(async () => {
  await gates.close()
  await origin.close()
})

for (const vector of table) {
  test(vector.name, async (context) => {
    const reason = skipReason(vector, 'node', strangeAddress)
    if (reason !== undefined) return context.skip(reason)
    const observed = await observe(vector)
    if (isNoHttp(vector)) expect(refusalByParser(observed)).toEqual({ status: 400, isOurs: false, origin: undefined })
    else expect([...differences(vector, observed), ...strangeHost(observed)]).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  })
}

/** What the gate answers over a socket, and what its origin gets. */
async function observe(vector: Vector): Promise<Observed> {
  const { request } = vector
  const isTls = request.scheme === 'https' && dependsOnScheme(vector)
  const { running, events } = await gates.gateOf(vector, isTls)
  const before = events.length
  const endpoint = { port: Number(new URL(running.url).port), isTls, localAddress: localAddress(vector) as string }
  const reply = await exchange(endpoint, wireText(vector), request.method)
  return { ...reply, origin: origin.take(), events: events.slice(before) }
}

function strangeAddress(vector: Vector): string | undefined {
  return localAddress(vector) === undefined ? 'no socket of this machine has its address' : undefined
}

/** Host is the origin's own, once; what the client named is told by X-Forwarded-Host. */
function strangeHost({ origin: received }: Observed): string[] {
  const host = received && fieldOf(received.headers, 'host')
  return received === undefined || `http://${host}` === origin.url ? [] : [`the origin was called ${host}`]
}

/** What is no HTTP/1.1 message (RFC 9112 3, RFC 9110 5.5) Node's parser refuses, before anybody is asked. */
function isNoHttp({ request }: Vector): boolean {
  const { method, target, headers } = request
  const isTarget = /^(?:\/|\*$|[a-z]+:\/\/)[\x21-\x7e]*$/.test(target) || method === 'CONNECT'
  return !isTarget || headers.some(([, value]) => /[\x00-\x08\x0a-\x1f\x7f]/.test(value))
}

function refusalByParser({ status, headers, origin: received }: Observed): Record<string, unknown> {
  return { status, isOurs: fieldOf(headers, 'x-latchkey-request-id') !== undefined, origin: received }
}
