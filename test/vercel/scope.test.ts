import { describe, expect, it, test } from 'vitest'
import { latchkey } from '../../adapters/vercel/next.ts'
import { scopeOf } from '../../adapters/vercel/scope.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { AUTHORIZED, DOCUMENT, fieldsPassed, NOW, nextRequest, TOKEN } from './given.ts'

function given(document: Document = DOCUMENT, scope?: string | readonly string[]) {
  const sink = memorySink()
  const secrets = env({ APP_TOKEN: TOKEN })
  return { sink, ...latchkey({ document, scope, secrets, sink, now: () => NOW }) }
}

describe('a path lies in a scope', () => {
  test.each([
    '/api',
    '/api/',
    '/api/orders',
    '/API/orders',
    '/%61pi/orders',
    '/%2561pi/orders',
    '//api/orders',
    '/x/../api/orders',
    '/x/%2e%2e/api/orders',
    '/x%2f..%2fapi/orders',
    '/.\\api/orders',
    '/%5capi/orders',
    '/;a=b/api/orders',
    '/api;a=b/orders',
    '/api.rsc',
    '/api.segments/_tree.segment.rsc',
    '/_next/data/BUILD/api/orders.json',
    '/_next/data/BUILD/api.json',
    '/shop/_next/data/BUILD/api.json',
    '/api.data',
    '/api.html',
  ])('by one of its readings: %s', (path) => {
    expect(scopeOf('/api').covers(path)).toBe(true)
  })

  test.each([
    '/',
    '/apis',
    '/ap/i',
    '/orders/api',
    '/api.json',
    '/_next/static/api/x.js',
    '/_next/data/BUILD/orders.json',
  ])('or it does not: %s', (path) => {
    expect(scopeOf('/api').covers(path)).toBe(false)
  })

  test('of several prefixes, or of all there is', () => {
    const several = scopeOf(['/api/v1', '/admin'])
    expect(['/api/v1/x', '/admin', '/api/v2', '/api'].map(several.covers)).toEqual([true, true, false, false])
    expect(['/', '/x'].map(scopeOf('/').covers)).toEqual([true, true])
  })

  test.each([[''], ['api'], ['/api/'], ['/api/:id'], ['/api/*'], ['/a//b'], [[]], [['/api', 7]]])(
    'that can be written: not as %j',
    (scope) => {
      expect(() => scopeOf(scope as string)).toThrow('a scope is a path like "/api"')
    },
  )
})

describe('what is outside of the scope', () => {
  it('passes unjudged, with empty identity, whatever a client says', async () => {
    const { proxy, sink } = given()
    const headers = {
      host: 'shop.example',
      'x-latchkey-subject': 'admin',
      x_latchkey_owner: 'admin',
      'x-latchkey-identity': 'forged',
      'x-middleware-subrequest': 'proxy:proxy',
      cookie: 'a=b',
    }
    const fields = fieldsPassed(await proxy(new Request('https://shop.example/pages/1', { headers })))
    expect(fields).toMatchObject({ host: 'shop.example', cookie: 'a=b', 'x-latchkey-subject': '' })
    expect(JSON.stringify(fields)).not.toMatch(/admin|forged|proxy/)
    expect(
      Object.keys(fields ?? {})
        .filter((name) => name.startsWith('x-latchkey-'))
        .sort(),
    ).toEqual([
      'x-latchkey-expires',
      'x-latchkey-kind',
      'x-latchkey-name',
      'x-latchkey-owner',
      'x-latchkey-permissions',
      'x-latchkey-request-id',
      'x-latchkey-subject',
      'x-latchkey-type',
    ])
    expect(sink.events).toEqual([])
  })

  it.each(['/', '/_next/static/chunks/a.js', '/_next/image', '/favicon.ico', '/orders'])(
    'is not killed by a table that never names it: %s',
    async (path) => {
      expect(fieldsPassed(await given().proxy(new Request(`https://shop.example${path}`)))).toBeDefined()
    },
  )
})

describe('what is in the scope', () => {
  it('is judged', async () => {
    const { proxy } = given()
    const url = 'https://shop.example/api/orders/7'
    expect((await proxy(new Request(url))).status).toBe(401)
    expect(fieldsPassed(await proxy(new Request(url, { headers: AUTHORIZED })))).toMatchObject({
      'x-latchkey-subject': 'app',
    })
    expect((await proxy(new Request('https://shop.example/%61pi/orders/7', { headers: AUTHORIZED }))).status).toBe(400)
  })

  it("has Latchkey's own endpoints", async () => {
    const { proxy } = given()
    expect((await proxy(new Request('https://shop.example/_latchkey/whoami'))).status).toBe(401)
    expect((await proxy(new Request('https://shop.example/_latchkey/live'))).status).toBe(200)
  })

  it('has what Next reads as lying in it, a locale or a base path taken off', async () => {
    const { proxy } = given()
    const i18n = { locales: ['en', 'fr'], defaultLocale: 'en' }
    const request = nextRequest('https://shop.example/fr/api/orders/7', {}, { i18n })
    expect((await proxy(request)).status).toBe(401)
  })
})

describe('a protected route that nobody would judge', () => {
  const wide: Document = {
    ...DOCUMENT,
    routes: [{ path: '/admin/*' }, { path: '/about', public: true }, { path: '/*' }],
  }

  it('is a fault, with which nothing passes', async () => {
    const { proxy, sink } = given(wide)
    expect((await proxy(new Request('https://shop.example/'))).status).toBe(503)
    expect(sink.events).toMatchObject([
      { message: expect.stringContaining('/routes/0/path: a path in the scope /api: nobody would judge this one') },
      { type: 'decision', reason: 'not-configured' },
    ])
  })

  it('is none where the scope is as wide', async () => {
    const { proxy } = given(wide, ['/api', '/admin'])
    expect((await proxy(new Request('https://shop.example/admin/x'))).status).toBe(401)
    expect(fieldsPassed(await proxy(new Request('https://shop.example/')))).toBeDefined()
  })
})

it('passes nothing where the document is faulty, pages neither', async () => {
  const { proxy } = given({ ...DOCUMENT, routes: [{ path: 'api' }] })
  expect((await proxy(new Request('https://shop.example/'))).status).toBe(503)
})
