import { existsSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GrpcGateOptions } from '../../adapters/node/grpc.ts'
import { env, memorySink } from '../../adapters/node/grpc.ts'
import type { GrpcApp } from './grpc-app.ts'

/** The test plays daprd, by gRPC: what dapr.test.ts says of the gate in front of the HTTP app holds of this one. */

const NOW = Date.parse('2026-06-01T00:00:00Z') / 1000
const DEADLINE = Date.parse('2027-01-01T00:00:00Z') / 1000
const NEW = '3bOfwRxNyy8TzIkPZnEb9aXlCsg1AtQfRLn5kDeVvU0'
const OLD = 'Qd0yJ4hWqGJ0mXrGm2cT7uYb6oZ1eSx5iKfNpHvLwAk'
/** What daprd asks of the callers of its own API: another secret, under the same key. */
const SIDECAR = 'zX8vC2bN5mK1jH4gF7dS0aP3oI6uY9tR_wEqLkJhGfA'
const SECRETS = { APP_API_TOKEN: NEW, APP_API_TOKEN_PREVIOUS: OLD, DAPR_API_TOKEN: SIDECAR }

type Field = readonly [name: string, value: string]

let dapr: typeof import('./grpc-app.ts')
let grpc: typeof import('@grpc/grpc-js')
const apps: GrpcApp[] = []

beforeAll(async () => {
  if (!existsSync(new URL('node_modules/@dapr/dapr', import.meta.url))) {
    throw new Error('the Dapr SDK is not installed: run `npm ci` in examples/dapr first')
  }
  dapr = await import('./grpc-app.ts')
  grpc = await import('@grpc/grpc-js')
})

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

async function app(options: GrpcGateOptions = {}): Promise<GrpcApp> {
  const sink = memorySink()
  const started = await dapr.startGrpcApp(0, { secrets: env(SECRETS), sink, now: () => NOW, ...options })
  apps.push(started)
  return started
}

interface Answer {
  readonly code: number
  readonly details: string
  readonly message?: unknown
}

type Service = 'AppCallback' | 'AppCallbackAlpha' | 'AppCallbackHealthCheck'

async function call(
  { address }: GrpcApp,
  [service, method, message]: Call,
  fields: readonly Field[] = [],
): Promise<Answer> {
  const client = new (dapr.daprServices()[service])(address, grpc.credentials.createInsecure())
  const metadata = new grpc.Metadata()
  for (const [name, value] of fields) metadata.add(name, value)
  type Method = (message: object, metadata: object, done: (error: Answer | null, message: unknown) => void) => void
  try {
    return await new Promise((resolve) =>
      (client[method] as unknown as Method).call(client, message, metadata, (error, answer) =>
        resolve(error ?? { code: 0, details: '', message: answer }),
      ),
    )
  } finally {
    client.close()
  }
}

const withToken = (...tokens: readonly string[]): Field[] => tokens.map((token) => ['dapr-api-token', token])

type Call = readonly [service: Service, method: string, message: object]

const EVENT: Call = [
  'AppCallback',
  'OnTopicEvent',
  {
    id: '1',
    source: 'orders',
    type: 'com.dapr.event.sent',
    spec_version: '1.0',
    topic: 'orders',
    pubsub_name: 'pubsub',
  },
]
const PRICE: Call = ['AppCallback', 'OnInvoke', { method: 'price', data: { value: Buffer.from('{}') } }]

/** Everything that daprd calls with the token. */
const CALLS: readonly Call[] = [
  PRICE,
  EVENT,
  ['AppCallback', 'OnBulkTopicEvent', { id: '1' }],
  ['AppCallback', 'OnBindingEvent', { name: 'orders-queue' }],
  ['AppCallbackAlpha', 'OnBulkTopicEventAlpha1', { id: '1' }],
  ['AppCallbackAlpha', 'OnJobEventAlpha1', { name: 'nightly' }],
]

/** What it calls without one. */
const OPEN: readonly Call[] = [
  ['AppCallbackHealthCheck', 'HealthCheck', {}],
  ['AppCallback', 'ListTopicSubscriptions', {}],
  ['AppCallback', 'ListInputBindings', {}],
]

describe('what daprd asks without a token', () => {
  it.each(OPEN)('passes: %s/%s', async (...open) => {
    const running = await app()
    expect((await call(running, open)).code).toBe(0)
    expect(running.handled).toMatchObject([{ method: open[1], caller: 'anonymous' }])
  })
})

describe('what daprd sends', () => {
  it.each(CALLS)('passes with the token: %s/%s', async (...sent) => {
    const running = await app()
    expect((await call(running, sent, withToken(NEW))).code).toBe(0)
    expect(running.handled).toMatchObject([{ method: sent[1], caller: 'dapr' }])
  })

  it.each(CALLS)('is UNAUTHENTICATED without one, and the app sees nothing: %s/%s', async (...sent) => {
    const running = await app()
    expect(await call(running, sent)).toMatchObject({ code: 16, details: 'credential-missing' })
    expect(running.handled).toEqual([])
  })

  it.each(CALLS)('is UNAUTHENTICATED with a wrong one: %s/%s', async (...sent) => {
    const running = await app()
    for (const wrong of [`${NEW.slice(0, -1)}A`, SIDECAR]) {
      expect(await call(running, sent, withToken(wrong))).toMatchObject({ code: 16, details: 'token-unknown' })
    }
    expect(running.handled).toEqual([])
  })
})

describe('a message whose publisher sent metadata of that name too', () => {
  it.each([
    ['the publisher’s first, as daprd appends its own', withToken('from-the-publisher', NEW)],
    ['daprd’s first', withToken(NEW, 'from-the-publisher')],
    ['the same value twice', withToken(NEW, NEW)],
    ['joined by a comma', withToken(`from-the-publisher, ${NEW}`)],
    ['in two spellings', [['Dapr-Api-Token', 'from-the-publisher'] as const, ...withToken(NEW)]],
  ])('is refused: %s', async (_, fields) => {
    const running = await app()
    expect(await call(running, EVENT, fields)).toMatchObject({ code: 16, details: 'credential-malformed' })
    expect(running.handled).toEqual([])
  })
})

describe('the token behind the gate', () => {
  it('is removed, and the identity stands in its place', async () => {
    const running = await app()
    await call(running, EVENT, [...withToken(NEW), ['x-latchkey-name', 'admin']])
    const [{ metadata } = { metadata: {} as Record<string, unknown> }] = running.handled
    expect(metadata).toMatchObject({ 'x-latchkey-name': ['dapr'], 'x-latchkey-type': ['full-access'] })
    expect(metadata['dapr-api-token']).toBeUndefined()
  })

  it('is in no event', async () => {
    const sink = memorySink()
    const running = await app({ sink })
    await call(running, EVENT, withToken(NEW))
    await call(running, EVENT, withToken(OLD, NEW))
    expect(sink.events).toHaveLength(2)
    for (const secret of Object.values(SECRETS)) expect(JSON.stringify(sink.events)).not.toContain(secret)
  })
})

describe('a rolling restart, in which old and new sidecars run side by side', () => {
  it('passes the old token and the new one, and stops the old one at its deadline', async () => {
    let now = NOW
    const sink = memorySink()
    const running = await app({ now: () => now, sink })
    const withEach = () => Promise.all([NEW, OLD].map((token) => call(running, PRICE, withToken(token))))
    expect((await withEach()).map(({ code }) => code)).toEqual([0, 0])
    expect(sink.events.map((event) => (event as { slot?: number }).slot).sort()).toEqual([0, 1])
    now = DEADLINE
    const [fresh, stale] = await withEach()
    expect(fresh?.code).toBe(0)
    expect(stale).toMatchObject({ code: 16, details: 'token-expired' })
  })
})

describe('a secret that has no variable of its own name', () => {
  it('leaves the gate closed, but for what needs no token', async () => {
    const running = await app({ secrets: env({ token: NEW }) })
    expect(await call(running, PRICE, withToken(NEW))).toMatchObject({ code: 14, details: 'not-configured' })
    expect((await call(running, OPEN[0] as Call)).code).toBe(0)
  })
})
