import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import { isVerify } from '../../src/http/verify-path.ts'
import type { AccessFacts, Field } from '../given/access.ts'
import { accessOf, bearer } from '../given/access.ts'
import { DOCUMENT, hostOf, TOKENS } from '../given/authority.ts'
import { replyTo } from '../given/gate.ts'

const PROXIED: Document = {
  credentials: [{ kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access' }],
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/api/*', methods: ['GET', 'POST'] },
    { path: '/admin/*', surface: 'admin' },
  ],
  proxies: { addresses: ['10.1.0.0/16'] },
}

const PEER = '10.1.0.5'
const original = (uri: string, method = 'GET'): Field[] => [
  ['X-Original-URI', uri],
  ['X-Original-Method', method],
]
const forwarded = (uri: string, method = 'GET'): Field[] => [
  ['X-Forwarded-Uri', uri],
  ['X-Forwarded-Method', method],
]

/** What verify answers: status and reason, or `200` and the name. */
async function verified(headers: readonly Field[], facts: AccessFacts = {}, document = PROXIED): Promise<string> {
  const access = accessOf({ target: '/_latchkey/verify', clientAddress: PEER, ...facts, headers })
  const reply = await replyTo(document, access)
  if (reply.status === 200) return `200 ${reply.headers['X-Latchkey-Name']}`
  return `${reply.status} ${reply.headers['X-Latchkey-Reason']}`
}

describe('isVerify', () => {
  it.each([
    ['/_latchkey/verify', true],
    ['/_latchkey/verify?x', true],
    ['/_latchkey/verify/', true],
    ['/_latchkey/verify/a/../b', true],
    ['/_latchkey/verifyx', false],
    ['/_latchkey/Verify', false],
    ['/x/_latchkey/verify', false],
    ['http://api.example/_latchkey/verify', false],
  ])('%j: %j', (target, expected) => {
    expect(isVerify(target, '/_latchkey')).toBe(expected)
  })
})

describe('verify', () => {
  it.each<[string, readonly Field[], AccessFacts, string]>([
    ['nginx', [...original('/api/a?b'), bearer(TOKENS.FULL)], {}, '200 full'],
    ['Traefik and Caddy', [...forwarded('/api/a?b'), bearer(TOKENS.FULL)], {}, '200 full'],
    ['Envoy', [bearer(TOKENS.FULL)], { target: '/_latchkey/verify/api/a?b' }, '200 full'],
    ['Envoy with its method', [bearer(TOKENS.FULL)], { method: 'POST', target: '/_latchkey/verify/api/a' }, '200 full'],
    ['a public route', original('/health'), {}, '200 '],
    ['the method that is described', [...forwarded('/health', 'POST'), bearer(TOKENS.FULL)], {}, '403 route-unknown'],
    ['no credential, by Traefik', forwarded('/api/a'), {}, '401 credential-missing'],
    ['no credential, by nginx', original('/api/a'), {}, '401 credential-missing'],
    ['a surface, by Traefik', [...forwarded('/admin/a'), bearer(TOKENS.FULL)], {}, '403 surface-mismatch'],
    ['an ambiguous path, by Traefik', forwarded('/api/../admin'), {}, '400 request-ambiguous'],
    ['an ambiguous path, by nginx', original('/api/../admin'), {}, '403 request-ambiguous'],
    ['an absolute URI', forwarded('http://api.example/api/a'), {}, '400 request-ambiguous'],
    ['two dialects', [...original('/api/a'), ...forwarded('/api/a'), bearer(TOKENS.FULL)], {}, '403 request-ambiguous'],
    [
      'two dialects, Envoy one of them',
      [...forwarded('/api/a'), bearer(TOKENS.FULL)],
      { target: '/_latchkey/verify/api/a' },
      '400 request-ambiguous',
    ],
    ['a URI without its method', [['X-Forwarded-Uri', '/api/a'], bearer(TOKENS.FULL)], {}, '400 request-ambiguous'],
    ['a method without its URI', [['X-Original-Method', 'GET'], bearer(TOKENS.FULL)], {}, '403 request-ambiguous'],
    [
      'two URIs',
      [...forwarded('/api/a'), ['X-Forwarded-Uri', '/health'], bearer(TOKENS.FULL)],
      {},
      '400 request-ambiguous',
    ],
    ['a method that is none', [...forwarded('/api/a', 'GET POST'), bearer(TOKENS.FULL)], {}, '400 request-ambiguous'],
    ['nothing', [bearer(TOKENS.FULL)], {}, '400 request-ambiguous'],
    ['nothing behind the slash', [bearer(TOKENS.FULL)], { target: '/_latchkey/verify/' }, '403 route-unknown'],
    [
      'an endpoint of its own',
      [bearer(TOKENS.FULL)],
      { target: '/_latchkey/verify/_latchkey/live' },
      '403 route-unknown',
    ],
    [
      'verify itself',
      [bearer(TOKENS.FULL)],
      { target: '/_latchkey/verify/_latchkey/verify/health' },
      '403 route-unknown',
    ],
    ['an encoded slash', [bearer(TOKENS.FULL)], { target: '/_latchkey/verify/api%2Fa' }, '400 request-ambiguous'],
    ['a stranger', [...forwarded('/health')], { clientAddress: '198.51.100.1' }, '403 proxy-untrusted'],
    [
      'a stranger with an ambiguous description',
      forwarded('/a/../b'),
      { clientAddress: '198.51.100.1' },
      '403 proxy-untrusted',
    ],
    ["a stranger in nginx's words", original('/a/../b'), { clientAddress: undefined }, '403 proxy-untrusted'],
  ])('described by %s', async (_, headers, facts, expected) => {
    expect(await verified(headers, facts)).toBe(expected)
  })

  it('trusts nobody where no proxy is configured', async () => {
    expect(await verified(forwarded('/health'), {}, DOCUMENT)).toBe('403 proxy-untrusted')
  })

  it.each<['original' | 'forwarded' | 'envoy', readonly Field[], AccessFacts, string]>([
    ['original', [...original('/health'), ...forwarded('/admin/a')], {}, '200 '],
    ['original', forwarded('/health'), {}, '403 request-ambiguous'],
    ['original', [], { target: '/_latchkey/verify/health' }, '403 request-ambiguous'],
    ['forwarded', [...forwarded('/health'), ...original('/admin/a')], {}, '200 '],
    ['forwarded', [...forwarded('/admin/a')], { target: '/_latchkey/verify/health' }, '401 credential-missing'],
    ['envoy', forwarded('/admin/a'), { target: '/_latchkey/verify/health' }, '200 '],
    ['envoy', forwarded('/health'), {}, '400 request-ambiguous'],
  ])('pinned to %s hears no other dialect: %j', async (dialect, headers, facts, expected) => {
    const document: Document = { ...PROXIED, proxies: { addresses: ['10.1.0.0/16'], dialect } }
    expect(await verified(headers, facts, document)).toBe(expected)
  })

  it('takes client, scheme and host from every dialect, and knows no client where none is told', async () => {
    const strict: Document = { ...PROXIED, addresses: { allow: ['192.0.2.0/24'] }, transport: 'https' }
    const told: Field[] = [
      ['X-Forwarded-For', '192.0.2.1'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'shop.example'],
    ]
    expect(await verified([...original('/api/a'), ...told, bearer(TOKENS.FULL)], {}, strict)).toBe('200 full')
    expect(await verified([...forwarded('/api/a'), ...told, bearer(TOKENS.FULL)], {}, strict)).toBe('200 full')
    expect(await verified([...forwarded('/api/a'), ...told.slice(1), bearer(TOKENS.FULL)], {}, strict)).toBe(
      '403 address-refused',
    )
    expect(
      await verified(
        [...forwarded('/api/a'), ['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Proto', 'http'], bearer(TOKENS.FULL)],
        {},
        strict,
      ),
    ).toBe('403 transport-insecure')
  })

  it('is logged as what was described', async () => {
    const host = hostOf()
    const headers = [
      ...original('/api/a?token=1', 'POST'),
      ['X-Forwarded-For', '192.0.2.1'],
      bearer(TOKENS.FULL),
    ] as const
    await replyTo(PROXIED, accessOf({ target: '/_latchkey/verify', clientAddress: PEER, headers }), host)
    expect(host.sink.events).toMatchObject([{ method: 'POST', path: '/api/a', route: '/api/*', address: '192.0.2.1' }])
  })

  it('answers with every identity header, empty where there is nothing to say', async () => {
    const headers = [...original('/health')]
    const reply = await replyTo(PROXIED, accessOf({ target: '/_latchkey/verify', clientAddress: PEER, headers }))
    expect(reply.headers).toEqual({
      'Cache-Control': 'no-store',
      'X-Latchkey-Subject': '',
      'X-Latchkey-Kind': '',
      'X-Latchkey-Type': '',
      'X-Latchkey-Name': '',
      'X-Latchkey-Owner': '',
      'X-Latchkey-Permissions': '',
      'X-Latchkey-Expires': '',
      'X-Latchkey-Request-Id': accessOf().requestId,
      'X-Latchkey-Identity': '',
    })
  })

  it.each([original, forwarded])('refuses a gRPC client with no 2xx', async (described) => {
    const headers: Field[] = [...described('/api/a', 'POST'), ['Content-Type', 'application/grpc'], ['TE', 'trailers']]
    expect(await verified(headers, { method: 'POST' })).toBe('401 credential-missing')
  })

  it('challenges the client that is described', async () => {
    const headers = [...original('/api/a'), bearer('unknown')]
    const reply = await replyTo(PROXIED, accessOf({ target: '/_latchkey/verify', clientAddress: PEER, headers }))
    expect(reply.headers['WWW-Authenticate']).toBe('Bearer realm="api", error="invalid_token"')
  })

  it('challenges in one line, as nginx passes no second one on', async () => {
    const [credential] = PROXIED.credentials
    const from = [
      { header: 'authorization', scheme: 'bearer' },
      { header: 'authorization', scheme: 'token' },
    ]
    const document = { ...PROXIED, credentials: [{ ...credential, from }] } as Document
    const headers = [...original('/api/a')]
    const reply = await replyTo(document, accessOf({ target: '/_latchkey/verify', clientAddress: PEER, headers }))
    expect(reply.headers['WWW-Authenticate']).toBe('Bearer realm="api", Token realm="api"')
  })
})
