import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, Metadata, ServerCredentials } from '@grpc/grpc-js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callerOf } from '../../adapters/node/grpc.ts'
import type { Document } from '../../src/document.ts'
import type { SecretSource } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import type { Field } from '../given/access.ts'
import { bearer } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'
import type { Orders } from './grpc-calls.ts'
import { call, METHODS, ordersBehind } from './grpc-calls.ts'

const DOCUMENT: Document = {
  credentials: [
    { kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access' },
    { kind: 'static-token', name: 'some', tokens: { secret: 'CUSTOM' }, type: 'custom', permissions: ['orders.read'] },
  ],
  routes: [
    { path: '/orders.v1.Orders/Get', methods: ['POST'], permission: 'orders.read' },
    { path: '/orders.v1.Orders/*', methods: ['POST'], permission: 'orders.write' },
  ],
}
const DAPR: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'dapr',
      from: [{ header: 'dapr-api-token' }],
      tokens: { secret: 'FULL' },
      type: 'full-access',
    },
  ],
  routes: [{ path: '/orders.v1.Orders/Watch', methods: ['POST'], public: true }, { path: '/*' }],
}
const FULL = { fields: [bearer(TOKENS.FULL)] }

describe.each(METHODS)('%s', (name) => {
  it('passes with a token, and the handler reads who called', async () => {
    const orders = await ordersBehind(DOCUMENT)
    const ended = await call(orders, name, FULL)
    expect(ended).toMatchObject({ code: 0, details: 'OK' })
    expect(ended.messages.length).toBeGreaterThan(0)
    expect(orders.handled).toMatchObject([
      { method: name, caller: { credential: 'full' }, metadata: { 'x-latchkey-name': ['full'] } },
    ])
    expect(ended.metadata['x-latchkey-request-id']).toEqual(orders.handled[0]?.metadata['x-latchkey-request-id'])
    expect(orders.events).toMatchObject([{ method: 'POST', path: `/orders.v1.Orders/${name}`, decision: 'allow' }])
  })

  it.each<[reason: string, code: number, fields: readonly Field[]]>([
    ['credential-missing', 16, []],
    ['token-unknown', 16, [bearer(`${TOKENS.FULL}A`)]],
    ['credential-malformed', 16, [['authorization', 'Bearer']]],
  ])('ends as %s (%i), before a message is read and without the handler', async (reason, code, fields) => {
    const orders = await ordersBehind(DOCUMENT)
    const ended = await call(orders, name, { fields })
    expect(ended).toMatchObject({ code, details: reason, messages: [] })
    expect(ended.trailers['x-latchkey-request-id']).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
    expect(orders.handled).toEqual([])
  })
})

describe('what is refused, and how it is told', () => {
  it('is PERMISSION_DENIED without the permission', async () => {
    const orders = await ordersBehind(DOCUMENT)
    const fields = [bearer(TOKENS.CUSTOM)]
    expect(await call(orders, 'Get', { fields })).toMatchObject({ code: 0 })
    expect(await call(orders, 'Put', { fields })).toMatchObject({ code: 7, details: 'permission-missing' })
    expect(orders.handled.map(({ method }) => method)).toEqual(['Get'])
  })

  it('is PERMISSION_DENIED where no route has the method', async () => {
    const orders = await ordersBehind({ ...DOCUMENT, routes: [{ path: '/orders.v1.Orders/Get', methods: ['GET'] }] })
    expect(await call(orders, 'Get', FULL)).toMatchObject({ code: 7, details: 'route-unknown' })
  })

  it('is RESOURCE_EXHAUSTED beyond a limit, with the time to wait', async () => {
    const [full] = DOCUMENT.credentials
    const limited = { ...full, limits: [{ requests: 1, windowSeconds: 60 }] }
    const orders = await ordersBehind({ ...DOCUMENT, credentials: [limited] } as Document)
    const passed = await call(orders, 'Get', FULL)
    expect(passed).toMatchObject({ code: 0 })
    expect(passed.metadata['ratelimit']).toBeDefined()
    const ended = await call(orders, 'Get', FULL)
    expect(ended).toMatchObject({ code: 8, details: 'limit-exceeded' })
    expect(Number((ended.trailers['retry-after'] as string[])[0])).toBeGreaterThan(0)
  })

  it.each<[name: string, document: unknown]>([
    ['a secret is not set', { ...DOCUMENT, credentials: [{ ...DOCUMENT.credentials[0], tokens: { secret: 'NONE' } }] }],
    ['the document is faulty', { ...DOCUMENT, routes: 7 }],
  ])('is UNAVAILABLE where %s', async (_, document) => {
    const orders = await ordersBehind(document as Document)
    expect(await call(orders, 'Get', FULL)).toMatchObject({ code: 14, details: 'not-configured' })
    expect(orders.handled).toEqual([])
  })

  it('is UNAVAILABLE where the secrets cannot be read', async () => {
    const secrets: SecretSource = { get: () => Promise.reject(new Error('down')) }
    const orders = await ordersBehind(DOCUMENT, { secrets })
    expect(await call(orders, 'Get', FULL)).toMatchObject({ code: 14, details: 'dependency-unavailable' })
  })
})

describe("Dapr's metadata", () => {
  const daprd: Field = ['dapr-api-token', TOKENS.FULL]

  it('holds the token once, which goes no further', async () => {
    const orders = await ordersBehind(DAPR)
    expect(await call(orders, 'Get', { fields: [daprd] })).toMatchObject({ code: 0 })
    expect(orders.handled[0]?.metadata['dapr-api-token']).toBeUndefined()
    expect(orders.handled[0]?.metadata['x-latchkey-name']).toEqual(['dapr'])
  })

  it.each<[name: string, fields: readonly Field[]]>([
    ["the publisher's first", [['dapr-api-token', 'from-the-publisher'], daprd]],
    ['its own first', [daprd, ['dapr-api-token', 'from-the-publisher']]],
    ['the same twice', [daprd, daprd]],
    ['joined by a comma', [['dapr-api-token', `from-the-publisher, ${TOKENS.FULL}`]]],
  ])('is refused with two values, %s', async (_, fields) => {
    const orders = await ordersBehind(DAPR)
    expect(await call(orders, 'Get', { fields })).toMatchObject({ code: 16, details: 'credential-malformed' })
    expect(orders.handled).toEqual([])
  })

  it('need not hold one on a public method, where the caller is nobody', async () => {
    const orders = await ordersBehind(DAPR)
    expect(await call(orders, 'Watch', { fields: [daprd] })).toMatchObject({ code: 0 })
    expect(orders.handled).toMatchObject([{ caller: 'anonymous', metadata: { 'x-latchkey-name': [''] } }])
    expect(orders.handled[0]?.metadata['dapr-api-token']).toBeUndefined()
  })
})

describe('what the handler sees', () => {
  it("has none of the client's copies of ours, however they are spelt, and its own metadata as it was", async () => {
    const orders = await ordersBehind(DOCUMENT)
    const fields: Field[] = [
      bearer(TOKENS.CUSTOM),
      ['x-latchkey-name', 'admin'],
      ['x_latchkey_name', 'admin'],
      ['x-latchkey.name', 'admin'],
      ['x-latchkey-role', 'admin'],
      ['x-latchkey-name-bin', 'admin'],
      ['x-forwarded-for', '192.0.2.1'],
      ['x-trace', 'a'],
      ['x-trace', 'b'],
      ['x-trace-bin', '\0\u00ff'],
    ]
    await call(orders, 'Get', { fields })
    const metadata: Readonly<Record<string, unknown>> = orders.handled[0]?.metadata ?? {}
    expect(metadata).toMatchObject({
      'x-latchkey-name': ['some'],
      'x-latchkey-permissions': ['orders.read'],
      'x-forwarded-for': ['127.0.0.1'],
      'x-trace': ['a, b'],
      'x-trace-bin': [Buffer.from('\0\u00ff')],
    })
    expect(JSON.stringify(metadata)).not.toContain('admin')
    expect(metadata['authorization']).toBeUndefined()
  })

  it('holds a signed identity, bound to the call, where the document promises one', async () => {
    const identity = {
      audience: 'orders',
      publicOrigin: 'https://api.example',
      algorithm: 'HS256',
      keys: { secret: 'ADMIN' },
    }
    const orders = await ordersBehind({ ...DOCUMENT, identity } as Document)
    expect(
      await call(orders, 'Get', { fields: [bearer(TOKENS.FULL), ['x-latchkey-identity', 'forged']] }),
    ).toMatchObject({ code: 0 })
    const [signed = ''] = (orders.handled[0]?.metadata['x-latchkey-identity'] as string[] | undefined) ?? []
    const [head, claims, signature] = signed.split('.')
    const parsed = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString('utf8'))
    expect(parsed).toMatchObject({ aud: 'orders', htm: 'POST', htu: 'https://api.example/orders.v1.Orders/Get' })
    expect(signature).toBe(createHmac('sha256', TOKENS.ADMIN).update(`${head}.${claims}`).digest('base64url'))
    const keyless = await ordersBehind({ ...DOCUMENT, identity: { ...identity, keys: { secret: 'NONE' } } } as Document)
    expect(await call(keyless, 'Get', FULL)).toMatchObject({ code: 14, details: 'not-configured' })
  })

  it('is nobody where no gate has judged the call', () => {
    expect(() => callerOf({ metadata: new Metadata() })).toThrow('no gate has judged this call')
  })
})

describe('who calls, and how', () => {
  it.each([
    ['127.0.0.0/8', 0],
    ['192.0.2.0/24', 7],
  ])('is judged by the address of the peer: %s gives %i', async (range, code) => {
    const orders = await ordersBehind({ ...DOCUMENT, addresses: { allow: [range] } })
    expect((await call(orders, 'Get', FULL)).code).toBe(code)
  })

  it('is believed of a proxy that is configured, and of nobody else', async () => {
    const fields: Field[] = [bearer(TOKENS.FULL), ['x-forwarded-for', '192.0.2.1']]
    const addresses = { allow: ['192.0.2.0/24'] }
    const proxied = await ordersBehind({ ...DOCUMENT, addresses, proxies: { addresses: ['127.0.0.1'] } })
    expect((await call(proxied, 'Get', { fields })).code).toBe(0)
    const direct = await ordersBehind({ ...DOCUMENT, addresses })
    expect(await call(direct, 'Get', { fields })).toMatchObject({ code: 7, details: 'address-refused' })
  })

  it('has no address on a Unix socket, which a list refuses', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-grpc-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const at = { address: `unix:${join(folder, 'socket')}` }
    expect(await call(await ordersBehind(DOCUMENT, {}, at), 'Get', FULL)).toMatchObject({ code: 0 })
    const listed = await ordersBehind(
      { ...DOCUMENT, addresses: { allow: ['0.0.0.0/0', '::/0'] } },
      {},
      { address: `${at.address}2` },
    )
    expect(await call(listed, 'Get', FULL)).toMatchObject({ code: 7, details: 'address-refused' })
  })

  it('speaks TLS where the server does, and is told so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-grpc-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-subj', '/CN=one', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1']
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    const [private_key, cert_chain] = [readFileSync(key), readFileSync(cert)]
    const server = { credentials: ServerCredentials.createSsl(null, [{ private_key, cert_chain }]) }
    const orders = await ordersBehind({ ...DOCUMENT, transport: 'https' }, { tls: true }, server)
    const channel = credentials.createSsl(cert_chain)
    expect(await call(orders, 'Get', { ...FULL, channel })).toMatchObject({ code: 0 })
    expect(orders.handled[0]?.metadata['x-forwarded-proto']).toEqual(['https'])
  })
})

describe('what Node makes of fields that are sent twice', () => {
  /** Sends a call of `Get` by hand, as no client of grpc-js would, and gives how it ends. */
  async function sent(to: Orders, fields: readonly Field[]): Promise<unknown> {
    const lax = { strictSingleValueFields: false } as object
    const session = connect(`http://${to.address}`, lax)
    const raw = [...PSEUDO, ...fields].flatMap(([name, value]) => [name.toLowerCase(), value])
    const request = session.request(raw as never)
    const message = Buffer.from('{"id":1}')
    request.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
    const ended = await new Promise((resolve, reject) => {
      let reason: unknown
      request.on('response', (headers) => (reason = headers['grpc-message']))
      request.on('trailers', (headers) => (reason = headers['grpc-message']))
      request
        .on('close', () => resolve(reason))
        .on('error', reject)
        .resume()
    })
    session.close()
    return ended
  }
  const PSEUDO: readonly Field[] = [
    [':method', 'POST'],
    [':path', '/orders.v1.Orders/Get'],
    [':scheme', 'http'],
    [':authority', 'api.example'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ]

  it('is the first of two authorizations, for the gate and for the handler', async () => {
    const [credential] = DOCUMENT.credentials
    const orders = await ordersBehind({ ...DOCUMENT, credentials: [{ ...credential, forward: true }] } as Document)
    const wrong = bearer('wrong')
    expect(await sent(orders, [bearer(TOKENS.FULL), wrong])).toBe('OK')
    expect(orders.handled[0]?.metadata['authorization']).toEqual([`Bearer ${TOKENS.FULL}`])
    expect(await sent(orders, [wrong, bearer(TOKENS.FULL)])).toBe('token-unknown')
  })

  it('is refused, where a host is told beside another authority', async () => {
    const orders = await ordersBehind(DOCUMENT)
    expect(await sent(orders, [bearer(TOKENS.FULL), ['host', 'api.example']])).toBe('OK')
    expect(await sent(orders, [bearer(TOKENS.FULL), ['host', 'b.example']])).toBe('request-ambiguous')
  })
})

describe('a call that is judged while its client waits', () => {
  it('ends at its deadline, and never reaches the handler', async () => {
    let give: (values: readonly string[]) => void = () => undefined
    const slow = new Promise<readonly string[]>((resolve) => (give = resolve))
    let cancelled: () => void = () => undefined
    const over = new Promise<void>((resolve) => (cancelled = resolve))
    const orders = await ordersBehind(DOCUMENT, { secrets: { get: () => slow } }, { cancelled: () => cancelled() })
    const ended = await call(orders, 'Put', { ...FULL, deadline: new Date(Date.now() + 100) })
    expect(ended).toMatchObject({ code: 4 })
    await over
    give([TOKENS.FULL])
    // It was judged all the same: the gate is not stuck.
    expect(await call(orders, 'Get', FULL)).toMatchObject({ code: 0 })
    expect(orders.handled.map(({ method }) => method)).toEqual(['Get'])
  })

  it('passes once the answer is there', async () => {
    const known = env(TOKENS)
    const secrets: SecretSource = { get: async (name) => known.get(name) }
    const orders = await ordersBehind(DOCUMENT, { secrets })
    expect(await call(orders, 'Talk', FULL)).toMatchObject({ code: 0, messages: [{ id: 1 }, { id: 2 }] })
  })
})

describe('secrets', () => {
  it('are in no event and in no status', async () => {
    const orders = await ordersBehind(DOCUMENT)
    const ended = [await call(orders, 'Get', FULL), await call(orders, 'Get', { fields: [bearer(`${TOKENS.FULL}A`)] })]
    expect(orders.events).toHaveLength(2)
    expect(JSON.stringify([ended, orders.events])).not.toContain(TOKENS.FULL)
  })
})
