import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import { cloudflareD1 as countedInD1 } from '../../src/limiters/cloudflare-d1.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { Observed } from './compare.ts'
import { differences, fieldOf } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import { seed } from './seed.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'
import type { RuntimeWithDatabases, ServiceWithDatabases } from './worker-databases.ts'
import { runtimeWithDatabases } from './worker-databases.ts'
import type { Bundle, Runtime, Service } from './worker-runtime.ts'
import { bundle, PROTOCOL_HEADER, runtime } from './worker-runtime.ts'
import type { Message, RecordingOrigin } from './worker-wire.ts'
import { exchange, recordingOrigin } from './worker-wire.ts'

const table = vectors()
let origin: RecordingOrigin
let workerd: Runtime
/** For rows that name a store. */
let withDatabases: RuntimeWithDatabases

beforeAll(async () => {
  origin = await recordingOrigin()
  const modules = await bundle(new URL('worker-entry.ts', import.meta.url))
  workerd = await runtime(services(({ document }) => document.store === undefined, modules))
  withDatabases = await runtimeWithDatabases(
    services(({ document }) => document.store !== undefined, modules).map((service) => ({
      ...service,
      databases: databasesOf(service.vector),
    })),
  )
  await seed(table, cloudflareD1(withDatabases.keys), countedInD1(withDatabases.keys))
})

afterAll(async () => {
  await withDatabases?.stop()
  await workerd?.stop()
  await origin?.stop()
})

/** A database that nobody has migrated answers no question of ours. */
function databasesOf({ document, store }: Vector): ServiceWithDatabases['databases'] {
  const { binding = '' } = document.store ?? {}
  return store?.is === 'absent' ? {} : { [binding]: store?.is === 'down' ? 'empty' : 'keys' }
}

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
  const text = [...workerd.lines, ...withDatabases.lines].join('\n')
  expect(text).toContain('"type":"decision"')
  for (const vector of table) noSecretIn(text, vector)
})

/** One Worker for each document with its secrets, its clock and its store. */
function services(isIncluded: (vector: Vector) => boolean, modules: Bundle): (Service & { readonly vector: Vector })[] {
  const byName = new Map(table.filter(isIncluded).map((vector) => [serviceOf(vector), vector]))
  return Array.from(byName, ([name, vector]) => ({
    name,
    vector,
    bundle: modules,
    bindings: {
      ...Object.fromEntries(Object.entries(vector.secrets).map(([key, text]) => [key, { text }])),
      TABLE_DOCUMENT: { json: behindTheOrigin(vector.document) },
      TABLE_NOW: { json: vector.now },
      TABLE_ORIGIN: { text: origin.url },
    },
  }))
}

const names = new Map<string, string>()

function serviceOf({ document, secrets, now, store }: Vector): string {
  const key = JSON.stringify([document, secrets, now, store?.is])
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
  const runtimeOf = vector.document.store === undefined ? workerd : withDatabases
  const reply = await exchange(runtimeOf.portOf(serviceOf(vector)), bytesOf(vector), vector.request.method)
  const [received] = origin.taken()
  return {
    status: Number(reply.start.split(' ')[1]),
    headers: reply.headers,
    body: reply.body,
    origin: received && receivedOf(received),
    events: await eventsOf(reply, runtimeOf),
  }
}

function receivedOf({ start, headers }: Message): NonNullable<Observed['origin']> {
  const [method = '', target = ''] = start.split(' ')
  return { method, target, headers }
}

async function eventsOf({ headers }: Message, runtimeOf: Runtime): Promise<DecisionEvent[]> {
  const requestId = fieldOf(headers, 'x-latchkey-request-id')
  if (requestId === undefined) return []
  const line = await runtimeOf.line((each) => each.startsWith('{"type":"decision"') && each.includes(requestId))
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
    ...(address === undefined ? [] : [`CF-Connecting-IP: ${address}`]),
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
