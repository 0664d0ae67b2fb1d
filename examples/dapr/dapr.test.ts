import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Express } from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running, ServeOptions } from '../../adapters/node/index.ts'
import { env, file, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import type { Answer, Sent } from '../send.ts'
import { send } from '../send.ts'
import type { App } from './app.ts'

/** The test plays daprd: it sends what daprd sends, by HTTP, to the gate in front of a real @dapr/dapr server. */

const DOCUMENT = JSON.parse(readFileSync(new URL('latchkey.json', import.meta.url), 'utf8')) as Document
const NOW = Date.parse('2026-06-01T00:00:00Z') / 1000
const DEADLINE = Date.parse('2027-01-01T00:00:00Z') / 1000

const NEW = '3bOfwRxNyy8TzIkPZnEb9aXlCsg1AtQfRLn5kDeVvU0'
const OLD = 'Qd0yJ4hWqGJ0mXrGm2cT7uYb6oZ1eSx5iKfNpHvLwAk'
/** What daprd asks of the callers of its own API: another secret, under the same header. */
const SIDECAR = 'zX8vC2bN5mK1jH4gF7dS0aP3oI6uY9tR_wEqLkJhGfA'
const SECRETS = { APP_API_TOKEN: NEW, APP_API_TOKEN_PREVIOUS: OLD, DAPR_API_TOKEN: SIDECAR }

let app: App
let sidecar: Server
let folder: string
/** What reached the app: the request line and the body's bytes. */
let arrived: { line: string; body: Buffer }[] = []
const gates: Running[] = []

beforeAll(async () => {
  if (!existsSync(new URL('node_modules/@dapr/dapr', import.meta.url))) {
    throw new Error('the Dapr SDK is not installed: run `npm ci` in examples/dapr first')
  }
  folder = mkdtempSync(join(tmpdir(), 'latchkey-dapr-'))
  sidecar = await startSidecar()
  const { default: express } = await import('express')
  const { startApp } = await import('./app.ts')
  const http = recording(express())
  app = await startApp({ port: 0, sidecarPort: (sidecar.address() as AddressInfo).port, http })
})

afterAll(async () => {
  await app?.close()
  sidecar?.close()
  if (folder) rmSync(folder, { recursive: true })
})

beforeEach(() => {
  arrived = []
})

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close(0)))
})

/** daprd's own API, as far as the SDK asks it at its start. */
async function startSidecar(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"id":"orders","extended":{}}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function recording(http: Express): Express {
  return http.use((request, _, next) => {
    const chunks: Buffer[] = []
    const record = { line: `${request.method} ${request.url}`, body: Buffer.alloc(0) }
    arrived.push(record)
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      record.body = Buffer.concat(chunks)
    })
    next()
  })
}

async function gate(options: ServeOptions = {}): Promise<Running> {
  const running = await serve({
    document: DOCUMENT,
    origin: app.url,
    port: 0,
    secrets: env(SECRETS),
    sink: memorySink(),
    now: () => NOW,
    ...options,
  })
  gates.push(running)
  return running
}

function withToken(...tokens: readonly string[]): readonly (readonly [string, string])[] {
  return tokens.map((token) => ['dapr-api-token', token] as const)
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const
/** The path that the SDK makes for the topic. */
const MESSAGES = '/pubsub--orders--default'
const EVENT_TYPE = ['Content-Type', 'application/cloudevents+json'] as const
const EVENT = '{"specversion":"1.0","id":"1","source":"orders","type":"com.dapr.event.sent","data":{"order":7}}'

/** Everything that daprd sends to an app, and what the app answers it. */
const CALLS: readonly [name: string, path: string, sent: Sent, status: number][] = [
  ['service invocation', '/price', {}, 200],
  ['a pub/sub message', MESSAGES, { method: 'POST', headers: [EVENT_TYPE], body: EVENT }, 200],
  ['discovery of a binding', '/orders-queue', { method: 'OPTIONS' }, 200],
  ['discovery of a binding that is none of the app', '/other-queue', { method: 'OPTIONS' }, 404],
  ['an input binding', '/orders-queue', { method: 'POST', headers: [JSON_TYPE], body: '{"order":7}' }, 200],
  ['a job', '/job/nightly', { method: 'POST', headers: [JSON_TYPE], body: '{}' }, 200],
  ['an actor call', '/actors/Counter/7/method/add', { method: 'PUT', headers: [JSON_TYPE], body: '[5]' }, 200],
  ['the end of an actor', '/actors/Counter/7', { method: 'DELETE' }, 200],
  ['the configuration', '/dapr/config', {}, 200],
  ['the subscriptions', '/dapr/subscribe', {}, 200],
  ['a path that the app does not have', '/nothing', {}, 404],
]

function call(to: Running, path: string, sent: Sent, headers: Sent['headers'] = []): Promise<Answer> {
  return send(to.url + path, { ...sent, headers: [...(sent.headers ?? []), ...headers] })
}

describe('the health probe, to which daprd sends no token', () => {
  it.each([
    ['GET', 'ok'],
    ['HEAD', ''],
  ])('passes %s /healthz without a token', async (method, body) => {
    const answer = await call(await gate(), '/healthz', { method })
    expect(answer).toMatchObject({ status: 200, body })
  })

  it.each([
    ['GET', '/healthz/'],
    ['GET', '/healthz/x'],
    ['GET', '/healthzz'],
    ['GET', '/x/healthz'],
    ['GET', '/price?/healthz'],
    ['POST', '/healthz'],
    ['GET', '/HEALTHZ'],
  ])('does not exempt %s %s', async (method, path) => {
    const answer = await call(await gate(), path, { method })
    expect(answer).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect(arrived).toEqual([])
  })

  it.each(['/healthz/', '/HEALTHZ'])('matters for %s, which the app itself takes for the probe', async (path) => {
    expect(await send(app.url + path)).toMatchObject({ status: 200, body: 'ok' })
  })
})

describe('what daprd sends', () => {
  it.each(CALLS)('passes %s with the token', async (_, path, sent, status) => {
    const answer = await call(await gate(), path, sent, withToken(NEW))
    expect(answer.status).toBe(status)
    expect(arrived.map(({ line }) => line)).toEqual([`${sent.method ?? 'GET'} ${path}`])
  })

  it.each(CALLS)('answers 401 to %s without a token, and the app sees nothing', async (_, path, sent) => {
    const answer = await call(await gate(), path, sent)
    expect(answer).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="dapr"')
    expect(arrived).toEqual([])
  })

  it.each(CALLS)('answers 401 to %s with a wrong token, and the app sees nothing', async (_, path, sent) => {
    const answer = await call(await gate(), path, sent, withToken(`${NEW.slice(0, -1)}A`))
    expect(answer).toMatchObject({ status: 401, reason: 'token-unknown' })
    expect(arrived).toEqual([])
  })

  it.each(['dapr-api-token', 'Dapr-Api-Token', 'DAPR-API-TOKEN'])('reads %s', async (name) => {
    expect((await call(await gate(), '/price', {}, [[name, NEW]])).body).toBe('{"price":12}')
  })

  it('refuses the token of the sidecar’s own API, which has the same header', async () => {
    const answer = await call(await gate(), '/price', {}, withToken(SIDECAR))
    expect(answer).toMatchObject({ status: 401, reason: 'token-unknown' })
  })

  it('takes no OPTIONS for a preflight, whatever headers it has', async () => {
    const headers = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'POST'],
    ] as const
    const answer = await call(await gate(), '/orders-queue', { method: 'OPTIONS' }, headers)
    expect(answer).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect(arrived).toEqual([])
  })

  it('tells the subscriptions and the actor types to daprd', async () => {
    const running = await gate()
    const subscriptions = await call(running, '/dapr/subscribe', {}, withToken(NEW))
    expect(JSON.parse(subscriptions.body)).toEqual([{ pubsubname: 'pubsub', topic: 'orders', route: MESSAGES }])
    const config = await call(running, '/dapr/config', {}, withToken(NEW))
    expect(JSON.parse(config.body)).toEqual({ entities: ['Counter'] })
  })

  it('delivers a message byte for byte', async () => {
    const data = { text: 'Grüße, 日本', space: '\t' }
    const body = `{ "specversion":"1.0",\r\n "id":"\\u0031","source":"a","type":"b","data":${JSON.stringify(data)}  }\n`
    const answer = await call(await gate(), MESSAGES, { method: 'POST', headers: [EVENT_TYPE], body }, withToken(NEW))
    expect(answer.body).toBe('{"status":"SUCCESS"}')
    expect(arrived.at(-1)?.body.toString('utf8')).toBe(body)
    expect(app.deliveries.at(-1)).toMatchObject({ data, headers: { 'content-type': 'application/cloudevents+json' } })
  })
})

describe('a message whose publisher sent a header of that name too', () => {
  it.each([
    ['the publisher’s first, as daprd appends its own', withToken('from-the-publisher', NEW)],
    ['daprd’s first', withToken(NEW, 'from-the-publisher')],
    ['the same value twice', withToken(NEW, NEW)],
    ['joined by a comma', withToken(`from-the-publisher, ${NEW}`)],
    ['in two spellings', [['Dapr-Api-Token', 'from-the-publisher'] as const, ...withToken(NEW)]],
  ])('is refused: %s', async (_, headers) => {
    const sent = { method: 'POST', headers: [EVENT_TYPE], body: EVENT }
    const answer = await call(await gate(), MESSAGES, sent, headers)
    expect(answer).toMatchObject({ status: 401, reason: 'credential-malformed' })
    expect(arrived).toEqual([])
  })
})

describe('the token behind the gate', () => {
  const message: Sent = { method: 'POST', headers: [EVENT_TYPE], body: EVENT }

  it('is removed, and the identity stands in its place', async () => {
    await call(await gate(), MESSAGES, message, [...withToken(NEW), ['x-latchkey-name', 'admin']])
    const headers = app.deliveries.at(-1)?.headers ?? {}
    expect(headers['dapr-api-token']).toBeUndefined()
    expect(headers).toMatchObject({ 'x-latchkey-name': 'dapr', 'x-latchkey-type': 'full-access' })
  })

  it('is removed from a probe that needs none', async () => {
    let probed: string | undefined
    const probe = createServer((request, response) => {
      probed = JSON.stringify(request.rawHeaders)
      response.end('ok')
    })
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const running = await gate({ origin: `http://127.0.0.1:${(probe.address() as AddressInfo).port}` })
    await call(running, '/healthz', {}, withToken(NEW))
    probe.close()
    expect(probed).not.toContain(NEW)
  })

  it('goes on where the document says so, for an app that checks it again', async () => {
    const credentials = DOCUMENT.credentials.map((credential) => ({ ...credential, forward: true }))
    await call(await gate({ document: { ...DOCUMENT, credentials } }), MESSAGES, message, withToken(NEW))
    expect(app.deliveries.at(-1)?.headers['dapr-api-token']).toBe(NEW)
  })

  it('is in no event', async () => {
    const sink = memorySink()
    const running = await gate({ sink })
    await call(running, MESSAGES, message, withToken(NEW))
    await call(running, MESSAGES, message, withToken(OLD, NEW))
    await call(running, `/price?token=${NEW}`, {})
    expect(sink.events).toHaveLength(3)
    for (const secret of Object.values(SECRETS)) expect(JSON.stringify(sink.events)).not.toContain(secret)
  })
})

describe('a rolling restart, in which old and new sidecars run side by side', () => {
  it('passes the old token and the new one, and stops the old one at its deadline', async () => {
    let now = NOW
    const sink = memorySink()
    const running = await gate({ now: () => now, sink })
    const withEach = () => Promise.all([NEW, OLD].map((token) => call(running, '/price', {}, withToken(token))))

    expect((await withEach()).map(({ status }) => status)).toEqual([200, 200])
    expect(sink.events).toMatchObject([{ slot: 0 }, { slot: 1 }])
    now = DEADLINE - 1
    expect((await withEach()).map(({ status }) => status)).toEqual([200, 200])
    now = DEADLINE
    const [fresh, stale] = await withEach()
    expect(fresh?.status).toBe(200)
    expect(stale).toMatchObject({ status: 401, reason: 'token-expired' })
  })

  it('takes a rotated file without a restart', async () => {
    let now = NOW
    const write = (name: string, text: string) => writeFileSync(join(folder, name), `${text}\n`)
    write('APP_API_TOKEN', OLD)
    const running = await gate({ now: () => now, secrets: file(folder, env({})) })
    const statusOf = async (token: string) => (await call(running, '/price', {}, withToken(token))).status
    expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([200, 401])

    write('APP_API_TOKEN', NEW)
    write('APP_API_TOKEN_PREVIOUS', OLD)
    now += 30
    expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([200, 200])
  })
})

describe('a JWT used as the token, as older pages of Dapr advise', () => {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const expired = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'daprd', exp: NOW - 86_400 })}.c2lnbmF0dXJl`

  it('is a string like any other: expired, it still passes', async () => {
    const running = await gate({ secrets: env({ APP_API_TOKEN: expired }) })
    expect((await call(running, '/price', {}, withToken(expired))).status).toBe(200)
  })
})

describe('a secret that has no variable of its own name', () => {
  it('leaves the gate closed: `envFrom` makes a variable named after the key, `token`', async () => {
    const running = await gate({ secrets: env({ token: NEW }) })
    expect(await call(running, '/price', {}, withToken(NEW))).toMatchObject({ status: 503, reason: 'not-configured' })
    expect((await call(running, '/healthz', {})).status).toBe(200)
    expect(arrived.map(({ line }) => line)).toEqual(['GET /healthz'])
  })

  it('leaves the gate closed where the variable is empty', async () => {
    const running = await gate({ secrets: env({ APP_API_TOKEN: '' }) })
    expect(await call(running, '/price', {}, withToken(''))).toMatchObject({ status: 401 })
    expect(await call(running, '/price', {}, withToken(NEW))).toMatchObject({ status: 503, reason: 'not-configured' })
  })
})
