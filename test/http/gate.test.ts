import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import { gate } from '../../src/http/gate.ts'
import { load } from '../../src/load.ts'
import type { AccessFacts } from '../given/access.ts'
import { accessOf, bearer } from '../given/access.ts'
import { DOCUMENT, hostOf, TOKENS } from '../given/authority.ts'
import { enter, gateOf, passed, replyTo } from '../given/gate.ts'

const GRPC = [
  ['Content-Type', 'application/grpc'],
  ['TE', 'trailers'],
] as const

describe('the gate', () => {
  it('lets an allowed request pass, with who it is', async () => {
    const { allowed, judgement } = await passed(DOCUMENT, accessOf({ headers: [bearer(TOKENS.FULL)] }))
    expect(allowed.principal).toMatchObject({ credential: 'full' })
    expect(judgement.decision).toBe(allowed)
  })

  it.each<[AccessFacts, number, string]>([
    [{}, 401, 'credential-missing'],
    [{ headers: [bearer('unknown')] }, 401, 'token-unknown'],
    [{ target: '/a/../b' }, 400, 'request-ambiguous'],
    [{ target: '/_latchkey/nothing' }, 403, 'route-unknown'],
  ])('answers %j with %i %s', async (facts, status, reason) => {
    const reply = await replyTo(DOCUMENT, accessOf(facts))
    expect(reply).toMatchObject({ status, headers: { 'X-Latchkey-Request-Id': accessOf().requestId } })
    expect(JSON.parse(reply.body)).toMatchObject({ status, reason })
  })

  it('answers a gRPC client in the headers of a 200', async () => {
    const reply = await replyTo(DOCUMENT, accessOf({ method: 'POST', headers: [...GRPC] }))
    expect(reply).toMatchObject({
      status: 200,
      body: '',
      headers: { 'grpc-status': '16', 'grpc-message': 'credential-missing' },
    })
  })

  it('words an origin that fails in the same way', () => {
    const { refuse } = gateOf()
    expect(refuse({ reason: 'origin-timeout' }, accessOf())).toMatchObject({ status: 504 })
    const grpc = accessOf({ method: 'POST', headers: [...GRPC] })
    expect(refuse({ reason: 'origin-unreachable' }, grpc)).toMatchObject({
      status: 200,
      headers: { 'grpc-status': '14' },
    })
  })
})

describe('a faulty document', () => {
  async function faultyGate() {
    const host = hostOf()
    const text = JSON.stringify({ ...DOCUMENT, refusals: 'strapi', base: '/gate', colour: 'red' })
    return { host, gate: gate(await load({ text }, host, { transport: 'any' })) }
  }

  it.each<[AccessFacts, number]>([
    [{}, 503],
    [{ target: '/health' }, 503],
    [{ headers: [bearer(TOKENS.FULL)] }, 503],
    [{ target: '/a/../b' }, 503],
    [{ target: '/_latchkey/health' }, 503],
    [{ target: '/_latchkey/whoami' }, 503],
    [{ target: '/gate/live' }, 503],
    [{ target: '/_latchkey/live', method: 'POST' }, 503],
    [{ target: '/_latchkey/live' }, 200],
    [{ target: '/_latchkey/live?x', method: 'HEAD' }, 200],
  ])('answers %j with %i', async (facts, status) => {
    const { gate: faulty } = await faultyGate()
    const { reply } = await faulty.enter(accessOf(facts), () => undefined)
    expect(reply?.status).toBe(status)
    if (status === 503) expect(JSON.parse(reply?.body ?? '')).toMatchObject({ reason: 'not-configured' })
  })

  it('has its faults in the log', async () => {
    const { host } = await faultyGate()
    expect(host.sink.events).toEqual([
      { type: 'notice', level: 'error', message: 'configuration fault at /colour: no such key here' },
    ])
  })

  it('never has a 2xx on verify', async () => {
    const { gate: faulty } = await faultyGate()
    const { reply } = await faulty.enter(accessOf({ target: '/_latchkey/verify/live' }), () => undefined)
    expect(reply?.status).toBe(503)
  })
})

describe('what a trusted proxy says', () => {
  const behind: Document = {
    ...DOCUMENT,
    proxies: { addresses: ['10.1.0.0/16', '127.0.0.1'] },
    addresses: { allow: ['192.0.2.0/24'] },
    transport: 'https',
  }
  const proxied = { clientAddress: '10.1.0.5', scheme: 'http' } as const
  const forwarded = (...more: readonly (readonly [string, string])[]) => [bearer(TOKENS.FULL), ...more]

  it.each<[string, AccessFacts, string]>([
    [
      'a client and a scheme',
      { ...proxied, headers: forwarded(['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Proto', 'https']) },
      'passed',
    ],
    [
      'a client through two proxies of ours',
      { ...proxied, headers: forwarded(['X-Forwarded-For', '192.0.2.1, 10.1.0.9'], ['X-Forwarded-Proto', 'HTTPS']) },
      'passed',
    ],
    [
      'a client before another one',
      {
        ...proxied,
        headers: forwarded(['X-Forwarded-For', '192.0.2.1, 198.51.100.1'], ['X-Forwarded-Proto', 'https']),
      },
      'address-refused',
    ],
    [
      'a client with a port',
      { ...proxied, headers: forwarded(['X-Forwarded-For', '192.0.2.1:1234'], ['X-Forwarded-Proto', 'https']) },
      'passed',
    ],
    [
      'a client in two lines',
      {
        ...proxied,
        headers: forwarded(
          ['X-Forwarded-For', '198.51.100.1'],
          ['X-Forwarded-For', '192.0.2.1'],
          ['X-Forwarded-Proto', 'https'],
        ),
      },
      'passed',
    ],
    [
      'a client that is no address',
      { ...proxied, headers: forwarded(['X-Forwarded-For', 'unknown'], ['X-Forwarded-Proto', 'https']) },
      'address-refused',
    ],
    [
      'no client: the proxy is it',
      { ...proxied, headers: forwarded(['X-Forwarded-Proto', 'https']) },
      'address-refused',
    ],
    [
      'plain http',
      { ...proxied, headers: forwarded(['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Proto', 'http']) },
      'transport-insecure',
    ],
    ['no scheme over http', { ...proxied, headers: forwarded(['X-Forwarded-For', '192.0.2.1']) }, 'transport-insecure'],
    [
      'two schemes',
      {
        ...proxied,
        headers: forwarded(
          ['X-Forwarded-For', '192.0.2.1'],
          ['X-Forwarded-Proto', 'https'],
          ['X-Forwarded-Proto', 'http'],
        ),
      },
      'request-ambiguous',
    ],
    [
      'a scheme that is none',
      { ...proxied, headers: forwarded(['X-Forwarded-Proto', 'https,http']) },
      'request-ambiguous',
    ],
    [
      'two hosts',
      { ...proxied, headers: forwarded(['X-Forwarded-Host', 'a.example'], ['X-Forwarded-Host', 'b.example']) },
      'request-ambiguous',
    ],
    [
      'a host that is none',
      { ...proxied, headers: forwarded(['X-Forwarded-Host', 'a.example, b.example']) },
      'request-ambiguous',
    ],
    [
      'loopback over http, to a proxy of the machine itself',
      {
        clientAddress: '127.0.0.1',
        loopback: true,
        scheme: 'http',
        headers: forwarded(['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Proto', 'http']),
      },
      'transport-insecure',
    ],
    [
      'the same, from nobody that is listed',
      {
        clientAddress: '192.0.2.9',
        scheme: 'http',
        headers: forwarded(['X-Forwarded-For', '192.0.2.1'], ['X-Forwarded-Proto', 'https']),
      },
      'transport-insecure',
    ],
    [
      'another client, from nobody that is listed',
      { clientAddress: '198.51.100.1', headers: forwarded(['X-Forwarded-For', '192.0.2.1']) },
      'address-refused',
    ],
    [
      'no client at all, from an address that is allowed',
      { clientAddress: '192.0.2.9', headers: forwarded(['X-Forwarded-For', '198.51.100.1']) },
      'passed',
    ],
  ])('%s: %s', async (_, facts, expected) => {
    const { reply } = await enter(behind, accessOf(facts))
    expect(reply ? (JSON.parse(reply.body) as { reason: string }).reason : 'passed').toBe(expected)
  })

  it('is judged and logged as what was meant', async () => {
    const host = hostOf()
    const headers = forwarded(
      ['X-Forwarded-For', '192.0.2.1'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'shop.example'],
    )
    const { passed: went } = await enter(behind, accessOf({ ...proxied, headers }), host)
    expect(went?.judgement.access).toMatchObject({ clientAddress: '192.0.2.1', scheme: 'https', host: 'shop.example' })
    expect(host.sink.events).toMatchObject([{ address: '192.0.2.1', host: 'shop.example' }])
  })

  it.each<[string, AccessFacts, boolean]>([
    ['the secret', { headers: [['X-Latchkey-Proxy-Secret', TOKENS.READ]] }, true],
    ['the older secret', { headers: [['X-Latchkey-Proxy-Secret', TOKENS.ADMIN]] }, true],
    ['another secret', { headers: [['X-Latchkey-Proxy-Secret', TOKENS.FULL]] }, false],
    [
      'the secret twice',
      {
        headers: [
          ['X-Latchkey-Proxy-Secret', TOKENS.READ],
          ['X-Latchkey-Proxy-Secret', TOKENS.READ],
        ],
      },
      false,
    ],
    ['no secret', {}, false],
    [
      'the secret from elsewhere',
      { clientAddress: '198.51.100.1', headers: [['X-Latchkey-Proxy-Secret', TOKENS.READ]] },
      false,
    ],
  ])('counts only where every condition holds: %s', async (_, facts, isBelieved) => {
    const proxies = { secret: [{ secret: 'READ' }, { secret: 'ADMIN' }], addresses: ['10.1.0.0/16'] }
    const access = accessOf({
      clientAddress: '10.1.0.5',
      ...facts,
      target: '/health',
      headers: [...(facts.headers ?? []), ['X-Forwarded-Host', 'shop.example']],
    })
    const { judgement } = await passed({ ...DOCUMENT, proxies }, access)
    expect(judgement.access.host).toBe(isBelieved ? 'shop.example' : 'api.example')
  })

  it('counts for a secret until its deadline', async () => {
    const proxies = { secret: { secret: 'READ', until: '2026-05-01T00:00:00Z' } }
    const headers = [
      ['X-Latchkey-Proxy-Secret', TOKENS.READ],
      ['X-Forwarded-Host', 'shop.example'],
    ] as const
    const { judgement } = await passed({ ...DOCUMENT, proxies }, accessOf({ target: '/health', headers }))
    expect(judgement.access.host).toBe('api.example')
  })

  it('counts for nobody where the secret has no value', async () => {
    const headers = [
      ['X-Latchkey-Proxy-Secret', ''],
      ['X-Forwarded-Host', 'shop.example'],
    ] as const
    const { judgement } = await passed(
      { ...DOCUMENT, proxies: { secret: { secret: 'UNSET' } } },
      accessOf({ target: '/health', headers }),
    )
    expect(judgement.access.host).toBe('api.example')
  })
})
