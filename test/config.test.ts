import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { Document } from '../src/document.ts'
import { defineConfig } from '../src/document.ts'
import { originSettings } from '../src/origin.ts'
import { proxySettings } from '../src/proxies.ts'
import { DOCUMENT } from './given/authority.ts'
import { EVERYTHING } from './given/documents.ts'

const settings = (more: Partial<Document> = {}) => settingsOf({ ...DOCUMENT, ...more }, { transport: 'any' })

describe('defineConfig', () => {
  it('gives the document back as it is', () => {
    expect(defineConfig(DOCUMENT)).toBe(DOCUMENT)
  })
})

describe('settingsOf', () => {
  it('fills in the defaults', () => {
    expect(settings()).toMatchObject({
      realm: 'api',
      base: '/_latchkey',
      refusals: { dialect: 'problem' },
      strictPaths: true,
      refusePreflights: false,
      addresses: undefined,
      transport: 'any',
      secretsSeconds: 30,
      staleSeconds: 300,
      log: { allowed: true, sample: 1, address: 'full' },
    })
  })

  it('gives a credential the least that it can have', () => {
    const [credential] = settings({ credentials: [{ kind: 'static-token', tokens: { secret: 'A' } }] }).credentials
    expect(credential).toMatchObject({
      name: 'static-token',
      places: [{ kind: 'header', name: 'authorization', scheme: 'bearer' }],
      slots: [{ name: 'A', until: undefined }],
      grant: { type: 'read-only', permissions: [] },
      surface: 'api',
      forward: false,
    })
  })

  it('reads every key of a document that has them all', () => {
    const all = settingsOf(EVERYTHING, { transport: 'any' })
    expect(all).toMatchObject({
      realm: 'orders',
      refusals: { dialect: 'strapi', missing: 403, surface: 401 },
      strictPaths: false,
      refusePreflights: true,
      transport: 'https',
      secretsSeconds: 30,
      staleSeconds: 60,
      log: { allowed: true, sample: 0.5, address: 'truncated' },
    })
    expect(originSettings(all)).toMatchObject({
      url: 'http://127.0.0.1:9000',
      binding: 'ORIGIN',
      zone: false,
      timeoutSeconds: 30,
    })
    expect(originSettings(all)?.headers.get('x-origin-secret')).toEqual([
      { name: 'ORIGIN_SECRET', until: 1_798_761_600 },
      { name: 'ORIGIN_NEXT', until: undefined },
    ])
    expect(all.credentials[0]?.places).toEqual([
      { kind: 'header', name: 'authorization', scheme: 'bearer' },
      { kind: 'header', name: 'x-api-key', scheme: undefined },
      { kind: 'cookie', name: 'session' },
      { kind: 'query', name: 'api_token' },
      { kind: 'subprotocol', name: 'latchkey' },
    ])
    expect(all.addresses).toHaveLength(2)
    expect(proxySettings(all)).toMatchObject({ secret: [{ name: 'PROXY_SECRET' }] })
    expect([...all.corsOrigins]).toEqual(['https://app.example', '*'])
  })

  it('makes one object of equal places, in whatever case their names are written', () => {
    const { credentials } = settings({
      credentials: [
        { kind: 'static-token', name: 'a', tokens: { secret: 'A' } },
        {
          kind: 'static-token',
          name: 'b',
          tokens: { secret: 'B' },
          from: [{ header: 'Authorization', scheme: 'BEARER' }],
        },
        {
          kind: 'static-token',
          name: 'c',
          tokens: { secret: 'C' },
          from: [{ header: 'Authorization', scheme: 'Basic' }],
        },
      ],
    })
    const [a, b, c] = credentials.map((credential) => credential.places[0])
    expect(b).toBe(a)
    expect(c).not.toBe(a)
  })

  it('keeps the case of what is compared with case', () => {
    const from = [{ cookie: 'Session' }, { query: 'Token' }, { subprotocol: 'Latchkey' }]
    const { credentials } = settings({ credentials: [{ kind: 'static-token', tokens: { secret: 'A' }, from }] })
    expect(credentials[0]?.places.map((place) => place.name)).toEqual(['Session', 'Token', 'Latchkey'])
  })

  it.each([
    [{}, 30, 300],
    [{ secretsSeconds: 5 }, 5, 300],
    [{ staleSeconds: 0 }, 30, 0],
    [{ revocation: { withinSeconds: 120 } }, 30, 90],
    [{ revocation: { withinSeconds: 30 } }, 30, 0],
    [{ revocation: { withinSeconds: 86_400 } }, 30, 300],
    [{ revocation: { withinSeconds: 120 }, staleSeconds: 10 }, 30, 10],
  ])('lets %j be read again after %i s and be stale for %i s', (more, secretsSeconds, staleSeconds) => {
    expect(settings(more)).toMatchObject({ secretsSeconds, staleSeconds })
  })

  it.each([
    ['https://api.example', 'https://api.example'],
    ['https://api.example/', 'https://api.example'],
  ])('takes %j as the origin %j', (origin, url) => {
    expect(originSettings(settings({ origin }))).toMatchObject({ url, timeoutSeconds: 30, zone: false })
    expect(originSettings(settings({ origin: { url: origin } }))).toMatchObject({ url })
  })

  it('compares the names of origin headers without case', () => {
    const origin = { url: 'http://127.0.0.1:9000', headers: { 'X-Origin-Secret': { secret: 'A' } } }
    expect([...(originSettings(settings({ origin }))?.headers.keys() ?? [])]).toEqual(['x-origin-secret'])
  })

  it.each([
    [undefined, 'https', 'https'],
    ['any', 'https', 'any'],
    ['https', 'any', 'https'],
    [undefined, 'any', 'any'],
  ] as const)('transport %j on a host whose default is %j: %j', (transport, byDefault, expected) => {
    const document = transport === undefined ? DOCUMENT : { ...DOCUMENT, transport }
    expect(settingsOf(document, { transport: byDefault }).transport).toBe(expected)
  })
})
