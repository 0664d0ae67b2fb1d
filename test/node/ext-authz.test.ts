import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { authorizationServer } from '../../adapters/node/ext-authz.ts'
import { FIELDS_FILE, fieldsText } from '../../scripts/ext-authz.ts'
import type { Document } from '../../src/document.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { NOW } from '../given/access.ts'
import { DOCUMENT, hostOf, TOKENS } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'
import type { Http } from './envoy.ts'
import { ask, askRaw, checkOf, valuesOf } from './envoy.ts'

const PROXIED: Document = { ...DOCUMENT, proxies: { addresses: ['127.0.0.1'] } }
const AUTHORIZED = { authorization: `Bearer ${TOKENS.FULL}` }

interface Service {
  readonly address: string
  readonly events: readonly LatchkeyEvent[]
}

async function service(
  document: Document = PROXIED,
  secrets: Readonly<Record<string, string>> = TOKENS,
): Promise<Service> {
  const host = hostOf(secrets)
  const server = await authorizationServer(gateOf(document, host), { port: 0, now: () => NOW })
  onTestFinished(() => server.close(0))
  return { address: server.address, events: host.sink.events }
}

describe('a request that may pass', () => {
  it('goes on with who called, each header in the place of any other, and without the credential', async () => {
    const to = await service()
    const { status, ok_response } = await ask(to, checkOf({ headers: { ...AUTHORIZED, accept: '*/*' } }))
    expect(status.code).toBe(0)
    expect(valuesOf(ok_response?.headers, 'x-latchkey-name')).toEqual(['full'])
    expect(valuesOf(ok_response?.headers, 'x-latchkey-type')).toEqual(['full-access'])
    expect(valuesOf(ok_response?.headers, 'x-latchkey-owner')).toEqual([''])
    expect(ok_response?.headers.every((each) => each.append_action === 'OVERWRITE_IF_EXISTS_OR_ADD')).toBe(true)
    expect(ok_response?.headers.every((each) => each.keep_empty_value)).toBe(true)
    expect(ok_response?.headers_to_remove).toEqual(['authorization'])
    const keys = ok_response?.headers.map(({ header }) => header.key.toLowerCase()) ?? []
    expect(keys.filter((key) => key.startsWith('x-forwarded-'))).toEqual(['x-forwarded-host'])
    expect(valuesOf(ok_response?.headers, 'x-forwarded-host')).toEqual(['api.example'])
    const [event] = to.events
    expect(event).toMatchObject({ decision: 'allow', path: '/a', address: '203.0.113.7', host: 'api.example' })
    expect(valuesOf(ok_response?.response_headers_to_add, 'x-latchkey-request-id')).toEqual([
      (event as { requestId: string }).requestId,
    ])
  })

  it("loses the client's copies of ours in every spelling, and what it claims of itself", async () => {
    const headers = {
      ...AUTHORIZED,
      'x-latchkey-name': 'admin',
      x_latchkey_name: 'admin',
      'x-latchkey-role': 'admin',
      'x-latchkey-proxy-secret': 'guess',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/admin',
      'x-forwarded-for': '203.0.113.7',
      upgrade: 'websocket',
      connection: 'upgrade, authorization',
      te: 'trailers',
    }
    const { ok_response } = await ask(await service(), checkOf({ headers }))
    expect(valuesOf(ok_response?.headers, 'x-latchkey-name')).toEqual(['full'])
    expect(JSON.stringify(ok_response?.headers)).not.toContain('admin')
    expect([...(ok_response?.headers_to_remove ?? [])].sort()).toEqual([
      'authorization',
      'x-http-method-override',
      'x-latchkey-proxy-secret',
      'x-latchkey-role',
      'x-original-url',
      'x_latchkey_name',
    ])
  })

  it('is told of client and scheme by Envoy, and of nothing else by the client', async () => {
    const headers = {
      ...AUTHORIZED,
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'admin.example',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/admin',
      'x-forwarded-client-cert': 'By=admin',
      'x.forwarded.for': '10.0.0.1',
      x_forwarded_proto: 'http',
      'x.latchkey.subject': 'admin',
      'x-http_method-override': 'DELETE',
    }
    const { ok_response } = await ask(await service(), checkOf({ headers }))
    expect(valuesOf(ok_response?.headers, 'x-forwarded-host')).toEqual(['api.example'])
    expect([...(ok_response?.headers_to_remove ?? [])].sort()).toEqual([
      'authorization',
      'x-forwarded-client-cert',
      'x-forwarded-port',
      'x-forwarded-prefix',
      'x-http_method-override',
      'x.forwarded.for',
      'x.latchkey.subject',
      'x_forwarded_proto',
    ])
  })

  it('keeps the cookies that are no credential', async () => {
    const [credential] = DOCUMENT.credentials
    const document = { ...PROXIED, credentials: [{ ...credential, from: [{ cookie: 'session' }] }] } as Document
    const headers = { cookie: `a=1; session=${TOKENS.FULL}; b=2` }
    const { ok_response } = await ask(await service(document), checkOf({ headers }))
    expect(valuesOf(ok_response?.headers, 'cookie')).toEqual(['a=1; b=2'])
    expect(ok_response?.headers_to_remove).toEqual([])
  })

  it('loses the parameter that is one, by its name', async () => {
    const [credential] = DOCUMENT.credentials
    const document = { ...PROXIED, credentials: [{ ...credential, from: [{ query: 'token' }] }] } as Document
    const to = await service(document)
    const { ok_response } = await ask(to, checkOf({ path: `/a?x=1&token=${TOKENS.FULL}` }))
    expect(ok_response?.query_parameters_to_remove).toEqual(['token'])
    expect((await ask(to, checkOf({ path: `/a?x=1;token=2&token=${TOKENS.FULL}` }))).status.message).toBe(
      'request-ambiguous',
    )
    expect((await ask(to, checkOf({ path: '/health' }))).ok_response?.query_parameters_to_remove).toEqual([])
  })

  it('gets the headers that the origin is promised', async () => {
    const document = {
      ...PROXIED,
      origin: { url: 'http://127.0.0.1:9', headers: { 'X-Origin-Key': { secret: 'READ' } } },
    } as Document
    const headers = { ...AUTHORIZED, 'x-origin-key': 'guess' }
    const { ok_response } = await ask(await service(document), checkOf({ headers }))
    expect(valuesOf(ok_response?.headers, 'x-origin-key')).toEqual([TOKENS.READ])
    expect(ok_response?.headers_to_remove).toEqual(['authorization'])
  })

  it('gets a signed identity, bound to the request, where the document promises one', async () => {
    const identity = {
      audience: 'orders',
      publicOrigin: 'https://api.example',
      algorithm: 'HS256',
      keys: { secret: 'ADMIN' },
    }
    const headers = { ...AUTHORIZED, 'x-latchkey-identity': 'forged' }
    const { ok_response } = await ask(await service({ ...PROXIED, identity } as Document), checkOf({ headers }))
    const [signed = '', ...more] = valuesOf(ok_response?.headers, 'x-latchkey-identity')
    expect(more).toEqual([])
    const claims = JSON.parse(Buffer.from(signed.split('.')[1] ?? '', 'base64url').toString('utf8'))
    expect(claims).toMatchObject({ aud: 'orders', htm: 'GET', htu: 'https://api.example/a' })
    const keyless = { ...identity, keys: { secret: 'NONE' } }
    const { status } = await ask(await service({ ...PROXIED, identity: keyless } as Document), checkOf({ headers }))
    expect(status).toMatchObject({ code: 14, message: 'not-configured' })
  })

  it('may be told by raw headers', async () => {
    const raw = (key: string, value: string) => ({ key, raw_value: Buffer.from(value, 'latin1') })
    const map = (...headers: object[]) => checkOf({ header_map: { headers } })
    const to = await service()
    const one = raw('authorization', AUTHORIZED.authorization)
    expect((await ask(to, map(raw(':path', '/a'), one, raw('x-a', '\u00e9')))).ok_response?.headers_to_remove).toEqual([
      'authorization',
    ])
    expect((await ask(to, map(one, one))).status.message).toBe('credential-malformed')
  })
})

describe('a request that may not', () => {
  it('is answered with the status, the challenge and the body that the gate would give', async () => {
    const { status, denied_response } = await ask(await service(), checkOf())
    expect(status).toMatchObject({ code: 16, message: 'credential-missing' })
    expect(denied_response?.status.code).toBe('Unauthorized')
    expect(valuesOf(denied_response?.headers, 'www-authenticate')).toEqual(['Bearer realm="api"'])
    expect(valuesOf(denied_response?.headers, 'cache-control')).toEqual(['no-store'])
    expect(valuesOf(denied_response?.headers, 'x-latchkey-reason')).toEqual(['credential-missing'])
    expect(JSON.parse(denied_response?.body ?? '')).toMatchObject({ status: 401, reason: 'credential-missing' })
  })

  it.each<[reason: string, http: Http, status: string]>([
    ['token-unknown', { headers: { authorization: `Bearer ${TOKENS.READ}` } }, 'Unauthorized'],
    [
      'credential-malformed',
      { headers: { authorization: `${AUTHORIZED.authorization},${AUTHORIZED.authorization}` } },
      'Unauthorized',
    ],
    ['request-ambiguous', { headers: AUTHORIZED, path: '/a/..%2fb' }, 'BadRequest'],
    ['route-unknown', { headers: AUTHORIZED, path: '/_latchkey/whoami' }, 'Forbidden'],
  ])('is refused as %s: %j', async (reason, http, code) => {
    const { status, denied_response } = await ask(await service(), checkOf(http))
    expect([status.message, denied_response?.status.code]).toEqual([reason, code])
  })

  it('is told to a gRPC caller in a word, of which Envoy makes its message', async () => {
    const headers = { 'content-type': 'application/grpc', te: 'trailers' }
    const { denied_response } = await ask(await service(), checkOf({ method: 'POST', path: '/a.B/C', headers }))
    expect(denied_response).toMatchObject({ status: { code: 'Unauthorized' }, body: 'credential-missing' })
  })

  it('is refused where a secret is not set', async () => {
    const { status, denied_response } = await ask(await service(PROXIED, {}), checkOf({ headers: AUTHORIZED }))
    expect([status, denied_response?.status.code]).toMatchObject([
      { code: 14, message: 'not-configured' },
      'ServiceUnavailable',
    ])
  })

  it('is judged by the address that Envoy tells, whatever the client claims', async () => {
    const to = await service({ ...PROXIED, addresses: { allow: ['192.0.2.0/24'] } })
    const headers = { ...AUTHORIZED, 'x-forwarded-for': '192.0.2.7' }
    expect((await ask(to, checkOf({ headers }))).status.message).toBe('address-refused')
    const source = { address: { socket_address: { address: '::ffff:192.0.2.7', port_value: 1 } } }
    expect((await ask(to, checkOf({ headers }, { source }))).status.code).toBe(0)
    expect(
      (await ask(to, checkOf({ headers }, { source: { address: { pipe: { path: '/p' } } } }))).status.message,
    ).toBe('address-refused')
  })

  it('needs https where the document does, in front of Envoy too', async () => {
    const to = await service({ ...PROXIED, transport: 'https' })
    const https = { ...AUTHORIZED, 'x-forwarded-proto': 'https' }
    expect((await ask(to, checkOf({ headers: https }))).status.code).toBe(0)
    expect((await ask(to, checkOf({ headers: https, scheme: 'http' }))).status.message).toBe('transport-insecure')
    const http = { ...AUTHORIZED, 'x-forwarded-proto': 'http' }
    expect((await ask(to, checkOf({ headers: http }))).status.message).toBe('transport-insecure')
  })
})

describe('who may ask', () => {
  it('is nobody, where the document names no proxy', async () => {
    const { status, denied_response } = await ask(await service(DOCUMENT), checkOf({ headers: AUTHORIZED }))
    expect([status.message, denied_response?.status.code]).toEqual(['proxy-untrusted', 'Forbidden'])
  })

  it('is who shows the secret among the metadata of the question, not among the headers that it describes', async () => {
    const to = await service({ ...DOCUMENT, proxies: { secret: { secret: 'ADMIN' } } } as Document)
    const secret = { 'x-latchkey-proxy-secret': TOKENS.ADMIN }
    expect((await ask(to, checkOf({ headers: AUTHORIZED }), secret)).status.code).toBe(0)
    expect((await ask(to, checkOf({ headers: { ...AUTHORIZED, ...secret } }))).status.message).toBe('proxy-untrusted')
  })
})

describe('what Envoy would never say', () => {
  it.each<[name: string, check: object]>([
    ['nothing', {}],
    ['no request', { attributes: {} }],
    ['no path', checkOf({ headers: AUTHORIZED, path: '' })],
    ['a path that is none', checkOf({ headers: AUTHORIZED, path: 'a' })],
    ['no method', checkOf({ headers: AUTHORIZED, method: '' })],
    ['two methods', checkOf({ headers: AUTHORIZED, method: 'GET POST' })],
    ['no host', checkOf({ headers: AUTHORIZED, host: '' })],
    ['no scheme', checkOf({ headers: AUTHORIZED, scheme: '' })],
    ['another path among the headers', checkOf({ headers: { ...AUTHORIZED, ':path': '/health' } })],
    ['another method among the headers', checkOf({ headers: { ...AUTHORIZED, ':method': 'POST' } })],
    ['another authority among the headers', checkOf({ headers: { ...AUTHORIZED, ':authority': 'b.example' } })],
    ['another host among the headers', checkOf({ headers: { ...AUTHORIZED, host: 'b.example' } })],
    ['a query beside the path', checkOf({ headers: AUTHORIZED, query: 'a=1' })],
    ['a fragment', checkOf({ headers: AUTHORIZED, fragment: 'a' })],
    ['a header in capitals', checkOf({ headers: { Authorization: AUTHORIZED.authorization } })],
    ['a header without a name', checkOf({ headers: { ...AUTHORIZED, '': 'a' } })],
    ['a header of two lines', checkOf({ headers: { ...AUTHORIZED, 'x-a': 'a\r\nb: c' } })],
    ['a header of 64 KiB', checkOf({ headers: { ...AUTHORIZED, 'x-a': 'a'.repeat(65_536) } })],
    ['a path of 64 KiB', checkOf({ headers: AUTHORIZED, path: `/${'a'.repeat(65_536)}` })],
  ])('is refused as ambiguous: %s', async (_, check) => {
    const { status, denied_response } = await ask(await service(), check)
    expect([status.message, denied_response?.status.code]).toEqual(['request-ambiguous', 'BadRequest'])
  })

  it('is refused as ambiguous: headers in both forms', async () => {
    // The generated writer has them as one of two, so this is written by hand.
    const text = (number: number, value: string | Buffer) => {
      const bytes = Buffer.from(value as string)
      return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
    }
    const pair = Buffer.concat([text(1, 'x-a'), text(2, 'a')])
    const http = Buffer.concat([
      text(2, 'GET'),
      text(3, pair),
      text(4, '/a'),
      text(5, 'a'),
      text(6, 'https'),
      text(13, text(1, pair)),
    ])
    const message = text(1, text(4, text(2, http)))
    expect((await askRaw(await service(), message)).status.message).toBe('request-ambiguous')
  })

  it.each<[name: string, message: Buffer]>([
    ['that is cut off', Buffer.from([0x0a, 9, 1])],
    ['that is not UTF-8', Buffer.from([0x0a, 7, 0x22, 5, 0x12, 3, 0x12, 1, 0xff])],
    ['that tells the attributes twice', Buffer.from([0x0a, 0, 0x0a, 0])],
  ])('is refused as ambiguous: a message %s', async (_, message) => {
    expect((await askRaw(await service(), message)).status.message).toBe('request-ambiguous')
  })

  it('gets no answer beyond 1 MiB, which Envoy takes for a refusal', async () => {
    const to = await service()
    const body = 'a'.repeat(1_048_576)
    await expect(ask(to, checkOf({ headers: AUTHORIZED, body }))).rejects.toMatchObject({ code: 8 })
    // Smaller, it is nobody's to read.
    expect((await ask(to, checkOf({ headers: AUTHORIZED, body: 'a'.repeat(100_000) }))).status.code).toBe(0)
  })
})

describe('the generated module', () => {
  it("is what Envoy's protos give: run `node scripts/ext-authz.ts`", () => {
    expect(readFileSync(FIELDS_FILE, 'utf8')).toBe(fieldsText())
  })
})

describe('the end of the service', () => {
  it('comes once nobody waits for an answer', async () => {
    const server = await authorizationServer(gateOf(PROXIED, hostOf()), { port: 0 })
    expect((await ask(server, checkOf({ headers: AUTHORIZED }))).status.code).toBe(0)
    await server.close()
    await expect(ask(server, checkOf({ headers: AUTHORIZED }))).rejects.toMatchObject({ code: 14 })
  })

  it('is at once where its port is taken', async () => {
    const { address } = await service()
    const port = Number(address.split(':')[1])
    await expect(authorizationServer(gateOf(PROXIED, hostOf()), { port })).rejects.toThrow()
  })
})
