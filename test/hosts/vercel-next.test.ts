import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import type { NextServer } from '../vercel/next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from '../vercel/next-server.ts'
import type { Observed, Received } from './compare.ts'
import { differences, fieldOf } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { judgesAddress, skipReason, vectors } from './vector.ts'
import type { RowStore } from './vector-store.ts'
import { notAsRequest } from './vercel-middleware.ts'
import type { VercelStores } from './vercel-stores.ts'
import { vercelStores } from './vercel-stores.ts'
import type { Message } from './worker-wire.ts'
import { exchange } from './worker-wire.ts'

const APP = 'e2e/next/table'
const table = vectors()
const folder = mkdtempSync(join(tmpdir(), 'latchkey-next-'))
let stores: VercelStores
let server: NextServer

beforeAll(async () => {
  const path = join(folder, 'table.json')
  const rows = table.map((vector) => ({ document: documentOf(vector), secrets: vector.secrets, now: vector.now }))
  writeFileSync(path, JSON.stringify(rows))
  await buildNext(APP)
  stores = await vercelStores(table)
  const named = STORES.flatMap((is) => [stores.textOf(is)].flatMap((text) => (text ? [[variableOf(is), text]] : [])))
  server = await startNext(APP, { TABLE: path, ...Object.fromEntries(named), ...stores.variables })
}, BUILD_TIMEOUT)

afterAll(async () => {
  await server?.stop()
  await stores?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const STORES = ['up', 'down', 'absent'] as const

/** All rows share one environment, so each kind of store has a variable of its own. */
function variableOf(is: RowStore['is']): string {
  return `KEYS_${is.toUpperCase()}`
}

function documentOf({ document, store }: Vector): Document {
  return store ? { ...document, store: { binding: variableOf(store.is) } } : document
}

for (const [place, vector] of table.entries()) {
  test(vector.name, async (context) => {
    const reason = skipReason(vector, 'vercel', cannotExpress)
    if (reason !== undefined) return context.skip(reason)
    const reply = await exchange(server.port, bytesOf(place, vector), vector.request.method)
    const observed = await observedIn(reply)
    expect(differences(vector, observed)).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  }, 5000)
}

test('tells no secret in anything that Next writes', () => {
  const text = server.lines.join('\n')
  expect(text).toContain('"type":"decision"')
  for (const vector of table) noSecretIn(text, vector)
})

/** What Next does not hand to its proxy, or to a route handler, as it stands on the wire. */
function cannotExpress(vector: Vector): string | undefined {
  return notAsRequest(vector) ?? notThroughNode(vector) ?? notThroughNext(vector)
}

function notThroughNode({ request: { headers } }: Vector): string | undefined {
  const names = headers.map(([name]) => name.toLowerCase())
  if (names.includes('upgrade')) return 'Next takes no upgrade'
  if (names.includes('x-forwarded-proto')) return 'the row is sent with that field'
  if (FIRST_ONLY.some((name) => names.indexOf(name) !== names.lastIndexOf(name))) return 'Node keeps the first of two'
  if (headers.some(([, value]) => /[^\t\x20-\x7e\x80-\xff]/.test(value)))
    return 'Node itself refuses control characters'
  return undefined
}

function notThroughNext(vector: Vector): string | undefined {
  const { document, request, expect } = vector
  const [path = '', query] = request.target.split('?')
  const { target, headers } = expect.origin ?? {}
  if (path.includes('//')) return 'Next answers repeated slashes by a redirect'
  if (!isDecodable(path)) return 'Next itself refuses escapes that are none'
  if (document.proxies || headers?.['x-forwarded-port'] === null) return 'Next adds X-Forwarded fields to every request'
  if (request.address !== undefined && judgesAddress(vector)) return "the client's address is known only on Vercel"
  if (query !== undefined && !isWrittenAlike(query)) return 'Next writes the query anew'
  if (expect.headers?.['cache-control'] === 'private') return "it is no-store too, as Next drops the page's own value"
  if (expect.outcome !== 'origin') return undefined
  if (request.headers.some(([name]) => name.toLowerCase() === 'rsc') && query?.includes('_rsc=')) {
    return 'Next redirects to the _rsc that it computes itself'
  }
  if (!METHODS.includes(request.method)) return 'a route handler takes no such method'
  if ((target ?? request.target) !== request.target) return "Next's own server leaves request.url as it came"
  return undefined
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/** Fields of which node:http drops the second. */
const FIRST_ONLY = ['authorization', 'proxy-authorization', 'content-type', 'user-agent', 'from', 'referer']

/** Whether Next's own way to write a query gives the same; a parameter without a value gets its `=`. */
function isWrittenAlike(query: string): boolean {
  return new URLSearchParams(query).toString() === query
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The request as it stands on the wire, its scheme where a proxy before Next would tell it, and the row's place. */
function bytesOf(place: number, { request }: Vector): string {
  const { method, target, host, headers, scheme, body } = request
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `X-Forwarded-Proto: ${scheme}`,
    `X-Row: ${place}`,
    ...(body === undefined || isFramed ? [] : [`Content-Length: ${body.length}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

async function observedIn(reply: Message): Promise<Observed> {
  const arrived = fieldOf(reply.headers, 'x-arrived')
  const requestId = fieldOf(reply.headers, 'x-latchkey-request-id')
  const isOfRequest = (line: string) =>
    requestId !== undefined && line.startsWith('{"type":"decision"') && line.includes(requestId)
  await server.line(isOfRequest)
  const events = server.lines.filter(isOfRequest).map((line) => JSON.parse(line) as DecisionEvent)
  return {
    status: Number(reply.start.split(' ')[1]),
    headers: reply.headers.filter(([name]) => name !== 'x-arrived'),
    body: reply.body,
    origin: arrived === undefined ? undefined : (JSON.parse(decodeURIComponent(arrived)) as Received),
    events,
  }
}
