import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import { INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import type { Document } from '../../src/document.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import { fileOf, serving } from '../cli/run.ts'
import { exchange } from '../hosts/node-wire.ts'
import type { GuardedOrigin } from './guarded-origin.ts'
import { guardedOrigin } from './guarded-origin.ts'
import type { RunningProxy } from './proxy.ts'
import { PROXY_NAMES, startEdge, startProxy } from './proxy.ts'

const SECRETS = {
  PROXY_SECRET: 'Zr8sQ1vT5yB9nM3kL7jH2gF6dS0aP4oI',
  APP_API_TOKEN: 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM',
}
const APP = ['Authorization', `Bearer ${SECRETS.APP_API_TOKEN}`] as const

/** Who stands where: all on loopback, each at an address of its own. */
const CLIENT = '127.0.0.9'
const OUTER = '127.0.0.2'
const INNER = '127.0.0.1'

/** What a client says of itself that only proxies may say. */
const CLAIMED = [
  ['X-Forwarded-For', '127.0.0.66'],
  ['X-Forwarded-For', `127.0.0.66, ${OUTER}`],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Host', 'admin.example'],
  ['X-Forwarded-Uri', '/health'],
  ['X-Forwarded-Method', 'GET'],
  ['X-Original-URI', '/health'],
  ['X-Original-Method', 'GET'],
  ['X-Rewrite-URL', '/health'],
  ['X_Forwarded_For', '127.0.0.66'],
  ['X_Forwarded_Proto', 'https'],
  ['Forwarded', 'for=127.0.0.66;proto=https'],
  ['X-Real-IP', '127.0.0.66'],
] as const

type Fields = readonly (readonly [string, string])[]

interface Call {
  readonly isTls?: boolean
  readonly method?: string
  readonly headers?: Fields
  readonly from?: string
}

/** Calls a proxy from an address, and tells what it answered. */
async function call(proxy: RunningProxy, target: string, { isTls = false, ...more }: Call = {}): Promise<number> {
  const { method = 'GET', headers = [APP], from = CLIENT } = more
  const fields = [['Host', 'api.example'], ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const endpoint = { port: isTls ? proxy.tlsPort : proxy.port, isTls, localAddress: from }
  return (await exchange(endpoint, `${method} ${target} HTTP/1.1\r\n${fields}\r\n`, method)).status
}

/** The shipped document, which lets one address in and no credential by plain http. */
function documentOf(name: string): Document {
  const file = new URL(`../../examples/${name}/latchkey.json`, import.meta.url)
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document
  return {
    ...document,
    proxies: { ...document.proxies, addresses: [INNER, OUTER] },
    addresses: { allow: [CLIENT] },
  }
}

describe.each(PROXY_NAMES)('nginx before %s', (name) => {
  const sink = memorySink()
  let origin: GuardedOrigin
  let gate: Running
  let inner: RunningProxy
  let outer: RunningProxy
  /** An inner proxy that knows of no other one, and what stands before it all the same. */
  let alone: RunningProxy
  let stranger: RunningProxy

  beforeAll(async () => {
    origin = await guardedOrigin()
    gate = await serve({ document: documentOf(name), port: 0, secrets: env(SECRETS), sink })
    const behind = { gate: Number(new URL(gate.url).port), origin: origin.port, secret: SECRETS.PROXY_SECRET }
    inner = await startProxy(name, { ...behind, outer: OUTER })
    outer = await startEdge(OUTER, inner.port)
    alone = await startProxy(name, behind)
    stranger = await startEdge(OUTER, alone.port)
  }, INSTALL_MILLISECONDS)

  beforeEach(() => {
    origin.arrived.length = 0
    sink.events.length = 0
  })

  afterAll(async () => {
    for (const proxy of [outer, stranger, inner, alone]) await proxy?.stop()
    await gate?.close(0)
    await origin?.close()
  })

  const decisions = () => sink.events.filter((event): event is DecisionEvent => event.type === 'decision')

  it('judges the client, not the proxies', async () => {
    expect(await call(outer, '/orders/7')).toBe(200)
    expect(await call(outer, '/orders/7', { from: '127.0.0.10' })).toBe(403)
    expect(decisions()).toMatchObject([
      { decision: 'allow', address: CLIENT, host: 'api.example' },
      { decision: 'deny', reason: 'address-refused', address: '127.0.0.10' },
    ])
    expect(origin.arrived).toMatchObject([{ headers: { 'x-latchkey-name': 'app', 'x-forwarded-proto': 'http' } }])
    expect(String(origin.arrived[0]?.headers['x-forwarded-for']).split(',')[0]).toBe(CLIENT)
  })

  it('tells the scheme by which the client came', async () => {
    expect(await call(outer, '/orders/7', { isTls: true })).toBe(200)
    expect(origin.arrived).toMatchObject([{ headers: { 'x-forwarded-proto': 'https' } }])
  })

  it('is told nothing by a client', async () => {
    expect(await call(outer, '/orders/7', { headers: [APP, ...CLAIMED] })).toBe(200)
    expect(await call(outer, '/orders/7', { method: 'PUT', headers: CLAIMED })).toBe(401)
    expect(await call(outer, '/orders/7', { headers: [APP, ...CLAIMED], from: '127.0.0.10' })).toBe(403)
    expect(decisions()).toMatchObject([
      { decision: 'allow', method: 'GET', path: '/orders/7', address: CLIENT, host: 'api.example' },
      { decision: 'deny', method: 'PUT', path: '/orders/7', address: CLIENT },
      { decision: 'deny', reason: 'address-refused', address: '127.0.0.10' },
    ])
    expect(origin.arrived).toMatchObject([{ line: 'GET /orders/7', headers: { 'x-forwarded-proto': 'http' } }])
    expect(JSON.stringify(origin.arrived)).not.toMatch(/admin\.example|\/health|"https"/)
  })

  it('believes nobody who calls it past the outer one', async () => {
    const claims = [
      ['X-Forwarded-For', CLIENT],
      ['X-Forwarded-Proto', 'https'],
    ] as const
    expect(await call(inner, '/orders/7', { headers: [APP, ...claims], from: '127.0.0.10' })).toBe(403)
    expect(await call(inner, '/orders/7', { headers: [APP, ...claims], from: CLIENT })).toBe(200)
    expect(decisions()).toMatchObject([
      { reason: 'address-refused', address: '127.0.0.10' },
      { decision: 'allow', address: CLIENT },
    ])
    expect(origin.arrived).toMatchObject([{ headers: { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'http' } }])
  })

  it('takes a proxy that it was not told of for the client', async () => {
    expect(await call(stranger, '/orders/7', { isTls: true })).toBe(403)
    expect(await call(stranger, '/orders/7', { isTls: true, headers: [APP, ...CLAIMED] })).toBe(403)
    expect(decisions()).toMatchObject([
      { reason: 'address-refused', address: OUTER },
      { reason: 'address-refused', address: OUTER },
    ])
    expect(origin.arrived).toEqual([])
  })
})

describe('nginx before the inline gate', () => {
  const document: Document = {
    realm: 'orders',
    transport: 'https',
    addresses: { allow: [CLIENT] },
    credentials: [{ kind: 'static-token', name: 'app', tokens: { secret: 'APP_API_TOKEN' }, type: 'full-access' }],
    routes: [{ path: '/health', methods: ['GET'], public: true }, { path: '/*' }],
  }
  let origin: GuardedOrigin

  beforeAll(async () => {
    origin = await guardedOrigin()
  })

  beforeEach(() => {
    origin.arrived.length = 0
  })

  afterAll(() => origin.close())

  /** `latchkey serve` as a process of its own. */
  async function served(more: Partial<Document>) {
    const file = fileOf({ ...document, ...more })
    const gate = await serving(['--config', file, '--origin', `http://127.0.0.1:${origin.port}`], SECRETS)
    return { ...gate, port: Number(new URL(gate.url).port) }
  }

  it('tells it client and scheme, and a client tells it nothing', async () => {
    const { port } = await served({ proxies: { addresses: [OUTER] } })
    const outer = await startEdge(OUTER, port)
    const answers = [
      await call(outer, '/orders/7', { isTls: true }),
      await call(outer, '/orders/7', { isTls: true, headers: [APP, ...CLAIMED] }),
      await call(outer, '/orders/7', { isTls: true, headers: CLAIMED }),
      await call(outer, '/orders/7', { isTls: true, from: '127.0.0.10', headers: [APP, ...CLAIMED] }),
    ]
    await outer.stop()
    expect(answers).toEqual([200, 200, 401, 403])
    const headers = { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example' }
    expect(origin.arrived).toMatchObject([{ headers }, { headers }])
    expect(JSON.stringify(origin.arrived)).not.toMatch(/admin\.example|\/health|127\.0\.0\.66/)
  })

  it('is one of two, and both are passed over', async () => {
    const { port } = await served({ proxies: { addresses: [OUTER, '127.0.0.3'] } })
    const near = await startEdge('127.0.0.3', port)
    const far = await startEdge(OUTER, near.port)
    const answers = [
      await call(far, '/orders/7', { headers: [APP, ...CLAIMED] }),
      await call(far, '/orders/7', { from: '127.0.0.10', headers: [APP, ...CLAIMED] }),
    ]
    await far.stop()
    await near.stop()
    expect(answers).toEqual([200, 403])
    expect(origin.arrived).toMatchObject([{ headers: { 'x-forwarded-for': CLIENT } }])
  })

  it('is the client itself to a gate that was not told of it', async () => {
    const { port } = await served({ proxies: { addresses: ['127.0.0.3'] } })
    const outer = await startEdge(OUTER, port)
    const answers = [
      await call(outer, '/orders/7', { isTls: true }),
      await call(outer, '/orders/7', { isTls: true, headers: [APP, ...CLAIMED] }),
    ]
    await outer.stop()
    expect(answers).toEqual([403, 403])
    expect(origin.arrived).toEqual([])
  })
})
