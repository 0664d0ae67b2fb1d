import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import type { Observed } from './compare.ts'
import { differences, fieldOf } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'
import type { Runtime, Service } from './worker-runtime.ts'
import { bundle, PROTOCOL_HEADER, runtime } from './worker-runtime.ts'
import type { Message, RecordingOrigin } from './worker-wire.ts'
import { exchange, recordingOrigin } from './worker-wire.ts'

const table = vectors()
let origin: RecordingOrigin
let workerd: Runtime

beforeAll(async () => {
  origin = await recordingOrigin()
  workerd = await runtime(await services())
})

afterAll(async () => {
  await workerd.stop()
  await origin.stop()
})

for (const vector of table) {
  test(vector.name, async (context) => {
    const reason = skipReason(vector, 'worker', cannotExpress)
    if (reason !== undefined) return context.skip(reason)
    const observed = await observe(vector)
    expect(differences(vector, observed)).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  })
}

test('tells no secret in anything that a Worker writes', () => {
  const text = workerd.lines.join('\n')
  expect(text).toContain('"type":"decision"')
  for (const vector of table) noSecretIn(text, vector)
})

/** One Worker for each document with its secrets and its clock. */
async function services(): Promise<Service[]> {
  const modules = await bundle(new URL('worker-entry.ts', import.meta.url))
  const byName = new Map(table.map((vector) => [serviceOf(vector), vector]))
  return Array.from(byName, ([name, { document, secrets, now }]) => ({
    name,
    bundle: modules,
    bindings: {
      ...Object.fromEntries(Object.entries(secrets).map(([key, text]) => [key, { text }])),
      TABLE_DOCUMENT: { json: behindTheOrigin(document) },
      TABLE_NOW: { json: now },
      TABLE_ORIGIN: { text: origin.url },
    },
  }))
}

const names = new Map<string, string>()

function serviceOf({ document, secrets, now }: Vector): string {
  const key = JSON.stringify([document, secrets, now])
  const name = names.get(key) ?? `worker-${names.size}`
  names.set(key, name)
  return name
}

/** The row's document, its origin at the one that records. */
function behindTheOrigin(document: Document): Document {
  const { headers, timeoutSeconds } = typeof document.origin === 'object' ? document.origin : {}
  return {
    // Hosts have different defaults, and the table is one.
    transport: 'any',
    ...document,
    origin: { binding: 'TABLE_ORIGIN', ...(headers && { headers }), ...(timeoutSeconds && { timeoutSeconds }) },
  }
}

async function observe(vector: Vector): Promise<Observed> {
  const reply = await exchange(workerd.portOf(serviceOf(vector)), bytesOf(vector), vector.request.method)
  const [received] = origin.taken()
  return {
    status: Number(reply.start.split(' ')[1]),
    headers: reply.headers,
    body: reply.body,
    origin: received && receivedOf(received),
    events: await eventsOf(reply),
  }
}

function receivedOf({ start, headers }: Message): NonNullable<Observed['origin']> {
  const [method = '', target = ''] = start.split(' ')
  return { method, target, headers }
}

async function eventsOf({ headers }: Message): Promise<DecisionEvent[]> {
  const requestId = fieldOf(headers, 'x-latchkey-request-id')
  if (requestId === undefined) return []
  const line = await workerd.line((each) => each.startsWith('{"type":"decision"') && each.includes(requestId))
  return line === undefined ? [] : [JSON.parse(line) as DecisionEvent]
}

/** The request as it stands on the wire, and what Cloudflare's edge adds: the client's address, and its protocol. */
function bytesOf({ request }: Vector): string {
  const { method, target, host, headers, scheme, address, body } = request
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `CF-Connecting-IP: ${address}`,
    `${PROTOCOL_HEADER}: ${scheme}`,
    ...(body === undefined || isFramed ? [] : [`Content-Length: ${body.length}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** What no Worker gets to see as it stood on the wire; test/cloudflare/workerd.test.ts shows each. */
function cannotExpress({ request, expect: expected }: Vector): string | undefined {
  const { method, target, host, headers } = request
  const [path = '', query = ''] = target.split('?', 2)
  if (!METHODS.has(method)) return 'workerd itself answers a method that it does not know'
  if (target === '' || host === '' || !isUtf8(target + host) || headers.some(([, value]) => value.includes('\0'))) {
    return 'workerd itself answers 400'
  }
  if (/[\0- <>`\x7f]/.test(path) || /[\0- "<>\x7f]/.test(query)) return 'workerd itself answers 400'
  if (!target.startsWith('/') && target !== '*')
    return 'workerd shows a Worker the path alone, which is judged and served'
  if (target.includes('#')) return 'workerd drops a fragment before a Worker could see it'
  if (headers.filter(([name]) => name.toLowerCase() === 'cookie').length > 1 && expected.outcome === 'origin') {
    return 'workerd joins cookie lines with a comma, behind which no cookie is believed'
  }
  if (Object.keys(expected.origin?.headers ?? {}).includes('sec-websocket-key')) {
    return 'workerd makes a WebSocket handshake of its own with the origin'
  }
  return undefined
}

/** Those that workerd knows of the ones that the table uses. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE'])

function isUtf8(bytes: string): boolean {
  return !Buffer.from(bytes, 'latin1').toString('utf8').includes('\ufffd')
}
