import { readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Sent } from '../../examples/send.ts'
import { send } from '../../examples/send.ts'
import { INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import type { Document } from '../../src/document.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import { IDENTITY_NAMES } from '../given/identity.ts'
import { exchange } from '../hosts/node-wire.ts'
import { freePort } from './free-port.ts'
import type { GuardedOrigin } from './guarded-origin.ts'
import { guardedOrigin } from './guarded-origin.ts'
import type { RunningProxy } from './proxy.ts'
import { PROXY_NAMES, startProxy } from './proxy.ts'
import { sendHttp2 } from './send-http2.ts'

const SECRETS = {
  PROXY_SECRET: 'Zr8sQ1vT5yB9nM3kL7jH2gF6dS0aP4oI',
  APP_API_TOKEN: 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM',
  READER_TOKEN: 'X6FNTxPA27BEpzz6dnocxqTvOayK_KZX3V7Nr9UsSPM',
}
const APP = ['Authorization', `Bearer ${SECRETS.APP_API_TOKEN}`] as const
const READER = ['Authorization', `Bearer ${SECRETS.READER_TOKEN}`] as const

function documentOf(name: string): Document {
  return JSON.parse(readFileSync(new URL(`../../examples/${name}/latchkey.json`, import.meta.url), 'utf8')) as Document
}

/** The eight plain fields in both spellings, as a client writes them that claims to be somebody. */
const CLAIMED = IDENTITY_NAMES.flatMap((name) => [
  [name, 'admin'] as const,
  [name.replaceAll('-', '_'), 'admin'] as const,
  [name.replace('-', '_').toLowerCase(), 'admin'] as const,
])

/** What may stand in a field's name besides letters, digits and `-` (RFC 9110 5.6.2), and is read as `-` by some origin. */
const OTHERS = Array.from("!#$%&'*+.^_`|~")

/** Fields that only a proxy may send, of which one is spelt with another character: for the first `-`, the last, or all. */
function misspelt(other: string): readonly (readonly [string, string])[] {
  const names = [
    'X-Latchkey-Subject',
    'X-Latchkey-Identity',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Real-IP',
    'X-Client-IP',
    'True-Client-IP',
  ]
  const spellings = names.flatMap((name) => [
    name.replace('-', () => other),
    name.replace(/-(?=[^-]*$)/, () => other),
    name.replaceAll('-', () => other),
  ])
  return spellings.map((name) => [name, 'admin'])
}

describe.each(PROXY_NAMES)('%s', (name) => {
  const sink = memorySink()
  let origin: GuardedOrigin
  let gate: Running
  let proxy: RunningProxy

  beforeAll(async () => {
    origin = await guardedOrigin()
    const options = { origin: `http://127.0.0.1:${origin.port}`, port: 0, secrets: env(SECRETS), sink }
    gate = await serve({ document: documentOf(name), ...options })
    proxy = await startProxy(name, { ...ports(), secret: SECRETS.PROXY_SECRET })
  }, INSTALL_MILLISECONDS)

  beforeEach(() => {
    origin.arrived.length = 0
    sink.events.length = 0
  })

  afterAll(async () => {
    await proxy?.stop()
    await gate?.close(0)
    await origin?.close()
  })

  const ports = () => ({ gate: Number(new URL(gate.url).port), origin: origin.port })
  const call = (target: string, sent?: Sent) => send(`http://127.0.0.1:${proxy.port}${target}`, sent)
  const decisions = () => sink.events.filter((event): event is DecisionEvent => event.type === 'decision')

  it('tells the origin who called, and takes the credential away', async () => {
    const { status, headers } = await call('/orders/7?x=%2F', { headers: [APP] })
    const [arrived] = origin.arrived
    expect({ status, line: arrived?.line }).toEqual({ status: 200, line: 'GET /orders/7?x=%2F' })
    expect(arrived?.headers).toMatchObject({
      'x-latchkey-subject': 'app',
      'x-latchkey-kind': 'static-token',
      'x-latchkey-type': 'full-access',
      'x-latchkey-name': 'app',
      'x-latchkey-request-id': headers['x-latchkey-request-id'],
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
    expect(JSON.stringify(arrived)).not.toMatch(/Bearer|proxy-secret/i)
    for (const secret of Object.values(SECRETS)) expect(JSON.stringify(arrived)).not.toContain(secret)
    expect(headers['cache-control']).toBe('private')
  })

  it('passes a body byte for byte, and nothing of it to the gate', async () => {
    const body = 'é\r\n\r\n0123456789'.repeat(20_000)
    const { status } = await call('/orders/7', { method: 'PUT', headers: [APP], body })
    expect(status).toBe(200)
    expect(origin.arrived).toMatchObject([{ line: 'PUT /orders/7', body }])
  })

  it('passes the challenge on', async () => {
    const bare = await call('/orders/7')
    expect(bare.status).toBe(401)
    expect(bare.headers).toMatchObject({
      'www-authenticate': 'Bearer realm="orders"',
      'x-latchkey-reason': 'credential-missing',
      'cache-control': 'no-store',
    })
    const wrong = await call('/orders/7', { headers: [['Authorization', 'Bearer nonsense-of-a-token']] })
    expect(wrong.status).toBe(401)
    expect(wrong.headers['www-authenticate']).toBe('Bearer realm="orders", error="invalid_token"')
    expect(origin.arrived).toEqual([])
  })

  it('denies what a token may not do, and says what it would take', async () => {
    const denied = await call('/orders/7', { method: 'PUT', headers: [READER], body: '{}' })
    expect(denied.status).toBe(403)
    expect(denied.headers['x-latchkey-reason']).toBe('permission-missing')
    expect(denied.headers['www-authenticate']).toMatch(/^Bearer realm="orders", error="insufficient_scope"/)
    const unknown = await call('/nowhere', { headers: [APP] })
    expect([unknown.status, unknown.headers['x-latchkey-reason']]).toEqual([403, 'route-unknown'])
    expect(origin.arrived).toEqual([])
  })

  it.each(['/orders/7', '/health'])("lets no client's own copy of the identity arrive at %s", async (target) => {
    await call(target, {
      headers: [READER, ...CLAIMED, ['X-Latchkey-Proxy-Secret', 'admin'], ['X-Latchkey-Identity', 'admin']],
    })
    expect(origin.arrived).toHaveLength(1)
    expect(JSON.stringify(origin.arrived)).not.toContain('admin')
    expect(origin.arrived[0]?.headers['x-latchkey-name'] ?? '').toBe(target === '/health' ? '' : 'reader')
  })

  it.each(OTHERS)('lets no name arrive in which %s stands for -', async (other) => {
    await call('/orders/7', { headers: [READER, ...misspelt(other)] })
    expect(origin.arrived).toMatchObject([
      { headers: { 'x-latchkey-subject': 'reader', 'x-forwarded-for': '127.0.0.1' } },
    ])
    expect(Object.keys(origin.arrived[0]?.headers ?? {}).filter((field) => /[^a-z0-9-]/.test(field))).toEqual([])
    expect(JSON.stringify(origin.arrived)).not.toContain('admin')
  })

  it('keeps the identity where a client says that Connection is all it is for', async () => {
    const named = [...IDENTITY_NAMES, 'X-Forwarded-Uri', 'X-Original-URI', 'X-Latchkey-Proxy-Secret', 'Authorization']
    const { status } = await call('/orders/7', { headers: [APP, ['Connection', `close, ${named.join(', ')}`]] })
    expect(status).toBe(200)
    expect(origin.arrived[0]?.headers).toMatchObject({ 'x-latchkey-subject': 'app', 'x-latchkey-type': 'full-access' })
    expect(origin.arrived[0]?.headers['connection'] ?? '').not.toMatch(/latchkey/i)
  })

  it('believes nothing that a stranger forwards', async () => {
    const claimed = [
      ['X-Forwarded-For', '10.0.0.1'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'admin.example'],
      ['X-Forwarded-Uri', '/health'],
      ['X-Forwarded-Method', 'GET'],
      ['X-Original-URI', '/health'],
      ['X-Original-URL', '/health'],
      ['X-Original-Method', 'GET'],
      ['X-Rewrite-URL', '/health'],
      ['X-HTTP-Method-Override', 'GET'],
      ['X_Forwarded_For', '10.0.0.1'],
      ['Forwarded', 'for=10.0.0.1'],
      ['X-Real-IP', '10.0.0.1'],
      ['True-Client-IP', '10.0.0.1'],
    ] as const
    const { status } = await call('/orders/7', { method: 'PUT', headers: claimed, body: '{}' })
    expect(status).toBe(401)
    expect(decisions()).toMatchObject([{ method: 'PUT', path: '/orders/7', address: '127.0.0.1' }])
    await call('/orders/7', { headers: [APP, ...claimed] })
    expect(JSON.stringify(origin.arrived)).not.toMatch(/10\.0\.0\.1|\/health|admin\.example|"https"/)
  })

  it.each([
    '/orders/../reports/x',
    '/orders/%2e%2e/health',
    '/orders%2F7',
    '//health',
    '/orders/7;a=b',
    '/orders/%252F',
  ])('refuses %s as the inline gate does', async (target) => {
    const through = await call(target, { headers: [APP] })
    const inline = await send(`${gate.url}${target}`, { headers: [APP] })
    expect(inline.reason).toBe('request-ambiguous')
    expect(through.headers['x-latchkey-reason']).toBe('request-ambiguous')
    expect(origin.arrived).toEqual([])
  })

  it('judges what arrives of HTTP/2 too', async () => {
    const ask = (target: string, headers?: OutgoingHttpHeaders, body?: string) =>
      sendHttp2(proxy.tlsPort, target, headers, body)
    const authorization = APP[1]
    const spelt = Object.fromEntries(OTHERS.map((other) => [`x${other}latchkey-subject`, 'admin']))
    const allowed = [
      await ask('/orders/7?x=%2F', { authorization, ...spelt, 'x-forwarded-host': 'admin.example' }),
      await ask('/orders/8', { ':method': 'PUT', authorization }, 'é'.repeat(50_000)),
      await ask('/health'),
    ]
    expect(allowed.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(origin.arrived).toMatchObject([
      { line: 'GET /orders/7?x=%2F', headers: { 'x-latchkey-subject': 'app', 'x-forwarded-proto': 'https' } },
      { line: 'PUT /orders/8', body: 'é'.repeat(50_000) },
      { line: 'GET /health' },
    ])
    for (const { headers } of origin.arrived) expect(headers['x-forwarded-host']).toBe('api.example')
    expect(JSON.stringify(origin.arrived)).not.toContain('admin')
    expect(decisions()).toMatchObject([
      { method: 'GET', path: '/orders/7', host: 'api.example' },
      { method: 'PUT', path: '/orders/8' },
      { method: 'GET', path: '/health' },
    ])
    const refused = [
      await ask('/orders/7'),
      await ask('/orders/7', { ':method': 'PUT', authorization: READER[1] }, '{}'),
      await ask('//health', { authorization }),
      await ask('/health/../orders/7', { authorization }),
    ]
    expect(refused.map(({ headers }) => headers['x-latchkey-reason'])).toEqual([
      'credential-missing',
      'permission-missing',
      'request-ambiguous',
      'request-ambiguous',
    ])
    expect(origin.arrived).toHaveLength(3)
  })

  it.each(['/health', '/orders/7'])('asks nobody about %s of no host', async (target) => {
    const text = `GET ${target} HTTP/1.0\r\n${APP[0]}: ${APP[1]}\r\n\r\n`
    const { status } = await exchange({ port: proxy.port, isTls: false, localAddress: '127.0.0.1' }, text, 'GET')
    expect(status).toBe(400)
    expect(origin.arrived).toEqual([])
  })

  it('makes no field of what comes behind a body; HAProxy alone passes it on, as what it is', async () => {
    const fields = `Host: api.example\r\n${APP[0]}: ${APP[1]}\r\nTrailer: X-Latchkey-Subject\r\n`
    const body = '1\r\na\r\n0\r\nX-Latchkey-Subject: admin\r\n\r\n'
    const text = `PUT /orders/7 HTTP/1.1\r\n${fields}Transfer-Encoding: chunked\r\n\r\n${body}`
    const { status } = await exchange({ port: proxy.port, isTls: false, localAddress: '127.0.0.1' }, text, 'PUT')
    expect(status).toBe(200)
    expect(origin.arrived).toMatchObject([{ headers: { 'x-latchkey-subject': 'app' }, body: 'a' }])
    expect(origin.arrived[0]?.trailers).toEqual(name === 'haproxy' ? { 'x-latchkey-subject': 'admin' } : {})
  })

  it('finds no endpoint of its own, and nothing that asks for it', async () => {
    for (const target of [
      '/_latchkey/live',
      '/_latchkey/verify',
      '/_latchkey/whoami',
      '/_authorize',
      '/%5fauthorize',
    ]) {
      const { status } = await call(target, { headers: [APP] })
      expect([target, status >= 400 && status < 500]).toEqual([target, true])
    }
    expect(origin.arrived).toEqual([])
  })

  it('passes a WebSocket on with a token, and none without', async () => {
    expect(await upgraded(proxy.port, '/orders/7', [APP])).toMatch(/^HTTP\/1\.1 101 /)
    expect(origin.arrived).toMatchObject([{ headers: { upgrade: 'websocket', 'x-latchkey-name': 'app' } }])
    expect(await upgraded(proxy.port, '/orders/7', [])).toMatch(/^HTTP\/1\.1 401 /)
    expect(origin.arrived).toHaveLength(1)
  })

  it('is asked by the proxy alone', async () => {
    const described = [
      ['X-Original-URI', '/health'],
      ['X-Original-Method', 'GET'],
    ] as const
    const other = [
      ['X-Forwarded-Uri', '/health'],
      ['X-Forwarded-Method', 'GET'],
    ] as const
    for (const headers of [described, other]) {
      for (const secret of [[], [['X-Latchkey-Proxy-Secret', 'guess']], [['X-Latchkey-Proxy-Secret', '']]] as const) {
        const { status, headers: replied } = await send(`${gate.url}/_latchkey/verify`, {
          headers: [...headers, ...secret],
        })
        expect([status, replied['x-latchkey-reason']]).toEqual([403, 'proxy-untrusted'])
      }
    }
  })

  it('lets nothing pass to a second proxy on the word of the first', async () => {
    const first = await startProxy(name, { gate: ports().gate, origin: proxy.port, secret: SECRETS.PROXY_SECRET })
    const url = `http://127.0.0.1:${first.port}`
    const twice = await send(`${url}/orders/7`, { headers: [APP] })
    const open = await send(`${url}/health`, { headers: [APP] })
    await first.stop()
    expect([twice.status, twice.headers['x-latchkey-reason']]).toEqual([401, 'credential-missing'])
    expect(open.status).toBe(200)
    expect(origin.arrived.map(({ line }) => line)).toEqual(['GET /health'])
    expect(origin.arrived[0]?.headers['x-latchkey-name'] ?? '').toBe('')
  })

  it.each([
    ['is not there', {}],
    ['refuses its secret', { secret: 'the-secret-of-somebody-else' }],
  ])('lets nothing pass where the gate %s', async (_, other) => {
    const gatePort = 'secret' in other ? ports().gate : await freePort()
    const alone = await startProxy(name, { ...ports(), gate: gatePort, secret: SECRETS.PROXY_SECRET, ...other })
    const answers = [
      await send(`http://127.0.0.1:${alone.port}/orders/7`, { headers: [APP] }),
      await send(`http://127.0.0.1:${alone.port}/health`),
    ]
    await alone.stop()
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400)
    expect(origin.arrived).toEqual([])
  })
})

/** The head of the answer to a WebSocket's handshake. */
function upgraded(port: number, target: string, headers: readonly (readonly [string, string])[]): Promise<string> {
  const fields = [
    ['Host', 'api.example'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ...headers,
  ]
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.destroy()
      resolve(received.slice(0, end))
    })
    socket.on('error', reject)
    socket.write(`GET ${target} HTTP/1.1\r\n${fields.map(([field, value]) => `${field}: ${value}\r\n`).join('')}\r\n`)
  })
}
