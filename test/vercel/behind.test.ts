import { next, rewrite } from '@vercel/functions/middleware'
import { describe, expect, it } from 'vitest'
import type { Behind } from '../../adapters/vercel/next.ts'
import { latchkey } from '../../adapters/vercel/next.ts'
import type { StaticTokenDocument } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { EDDSA, ORIGIN, SECRETS } from '../identity/given.ts'
import type { NextConfig, NextRequest } from './given.ts'
import { AUTHORIZED, DOCUMENT, fieldsPassed, NextResponse, NOW, nextRequest, TOKEN } from './given.ts'

const ORDERS = 'https://shop.example/api/orders/7'

function given() {
  const sink = memorySink()
  return { sink, ...latchkey({ document: DOCUMENT, secrets: env({ APP_TOKEN: TOKEN }), sink, now: () => NOW }) }
}

/** What is made of a request that may pass, by middleware behind the gate. */
async function behind(theirs: Behind<Request>, request: Request = new Request(ORDERS, { headers: AUTHORIZED })) {
  const answer = await given().handle(request, theirs)
  return { answer, fields: fieldsPassed(answer) }
}

describe('middleware behind the gate', () => {
  it('is not asked about what the gate refuses', async () => {
    const asked: string[] = []
    const refused = await given().handle(new Request(ORDERS), ({ url }) => void asked.push(url))
    expect([refused.status, asked]).toEqual([401, []])
  })

  it.each<[string, Request]>([
    ['of Fetch', new Request(ORDERS, { headers: { ...AUTHORIZED, 'x-latchkey-subject': 'admin' } })],
    ['of Next', nextRequest(ORDERS, { ...AUTHORIZED, 'x-latchkey-subject': 'admin' })],
  ])('gets the request less the credential, and who called: %s', async (_, request) => {
    const seen: Request[] = []
    await given().handle(request, (cleaned) => void seen.push(cleaned))
    const [cleaned] = seen as [Request]
    expect([cleaned.url, cleaned.headers.get('authorization')]).toEqual([ORDERS, null])
    expect(cleaned.headers.get('x-latchkey-subject')).toBe('app')
    expect('nextUrl' in cleaned).toBe('nextUrl' in request)
  })

  it('gets a request whose fields stand, where those cannot be changed', async () => {
    const request = new Request(ORDERS, { headers: AUTHORIZED })
    const fixed = new Proxy(request.headers, {
      get(target, name) {
        if (name === 'delete' || name === 'set') throw new TypeError('immutable')
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    Object.defineProperty(request, 'headers', { value: fixed })
    const seen: (string | null)[] = []
    await given().handle(
      request,
      ({ headers }) => void seen.push(headers.get('authorization'), headers.get('x-latchkey-subject')),
    )
    expect(seen).toEqual([null, 'app'])
  })

  it('lets a request go on by giving nothing', async () => {
    for (const theirs of [() => undefined, () => null, () => {}, async () => undefined]) {
      const { fields } = await behind(theirs)
      expect(fields).toMatchObject({ 'x-latchkey-subject': 'app' })
      expect(fields).not.toHaveProperty('authorization')
    }
  })

  it('lets a request go on by its own `next()`, to which the list of the gate is added', async () => {
    const { answer, fields } = await behind(() => next({ headers: { 'set-cookie': 'locale=fr' } }))
    expect(fields).toMatchObject({ 'x-latchkey-subject': 'app', 'x-forwarded-host': 'shop.example' })
    expect(answer.headers.get('set-cookie')).toBe('locale=fr')
    expect(answer.headers.get('x-latchkey-request-id')).toBe(fields?.['x-latchkey-request-id'])
    expect(answer.headers.get('cache-control')).toBe('private')
  })

  it('adds fields of its own, and changes and removes what is not the gate’s', async () => {
    const request = new Request(ORDERS, { headers: { ...AUTHORIZED, 'x-a': '1', 'x-b': '2' } })
    const { fields } = await behind(({ headers }) => {
      const changed = new Headers(headers)
      changed.set('x-clerk-auth-status', 'signed-out')
      changed.set('x-a', '3')
      changed.delete('x-b')
      return next({ request: { headers: changed } })
    }, request)
    expect(fields).toMatchObject({ 'x-clerk-auth-status': 'signed-out', 'x-a': '3', 'x-latchkey-subject': 'app' })
    expect(fields).not.toHaveProperty('x-b')
  })

  it('cannot say who called, nor bring back what the gate took away', async () => {
    const request = new Request(ORDERS, {
      headers: { ...AUTHORIZED, 'x-latchkey-owner': 'admin', forwarded: 'for=1.2.3.4' },
    })
    const kept = new Headers(request.headers)
    const { fields } = await behind(() => {
      kept.set('x-latchkey-subject', 'admin')
      kept.set('X_Latchkey_Kind', 'admin')
      kept.set('x-forwarded-host', 'evil.example')
      return next({ request: { headers: kept } })
    }, request)
    expect(fields).toMatchObject({ 'x-latchkey-subject': 'app', 'x-forwarded-host': 'shop.example' })
    expect(JSON.stringify(fields)).not.toMatch(/admin|evil|1\.2\.3\.4/)
    expect(JSON.stringify(fields)).not.toContain(TOKEN)
  })

  it('answers by itself: a redirect, or a refusal of its own', async () => {
    const to = 'https://shop.example/fr'
    const { answer, fields } = await behind(() => Response.redirect(to))
    expect([answer.status, answer.headers.get('location'), fields]).toEqual([302, to, undefined])
    const refused = await behind(() => new Response('no', { status: 402, headers: { 'cache-control': 'no-store' } }))
    expect([refused.answer.status, await refused.answer.text()]).toEqual([402, 'no'])
    expect(refused.answer.headers.get('cache-control')).toBe('no-store')
  })

  it('cannot have what needed a credential kept by a shared cache', async () => {
    const { answer } = await behind(() => next({ headers: { 'cache-control': 'public, max-age=60' } }))
    expect(answer.headers.get('cache-control')).toBe('private')
  })

  it('sends a request to another server without what proves who called', async () => {
    const signed = {
      ...DOCUMENT,
      identity: EDDSA,
      origin: { url: ORIGIN, headers: { 'x-origin-secret': { secret: 'SHARED' } } },
    }
    const secrets = env({ APP_TOKEN: TOKEN, ...SECRETS })
    const { handle } = latchkey({ document: signed, secrets, sink: memorySink(), now: () => NOW })
    const send = async (to: string) =>
      fieldsPassed(await handle(new Request(ORDERS, { headers: AUTHORIZED }), () => rewrite(new URL(to, ORDERS))))
    expect(await send('/api/acme')).toMatchObject({ 'x-latchkey-identity': expect.stringMatching(/^ey/) })
    const elsewhere = await send('https://third.example/api')
    expect(elsewhere).toMatchObject({ 'x-latchkey-subject': 'app' })
    expect(Object.keys(elsewhere ?? {})).not.toEqual(expect.arrayContaining(['x-latchkey-identity']))
    expect(JSON.stringify(elsewhere)).not.toContain(SECRETS.SHARED)
  })

  it('goes on by whatever says so, as where two answers were put together', async () => {
    const merged = next()
    merged.headers.append('x-middleware-next', '1')
    const request = new Request(ORDERS, { headers: { ...AUTHORIZED, 'x-latchkey-subject': 'evil' } })
    const { answer, fields } = await behind(() => merged, request)
    expect([answer.headers.get('x-middleware-next'), fields?.['x-latchkey-subject']]).toEqual(['1', 'app'])
    expect(fields).not.toHaveProperty('authorization')
  })

  it('cannot leave out, nor change, what is configured for the origin', async () => {
    const document = { ...DOCUMENT, origin: { url: ORIGIN, headers: { 'x-tenant': { secret: 'SHARED' } } } }
    const secrets = env({ APP_TOKEN: TOKEN, ...SECRETS })
    const { handle } = latchkey({ document, secrets, sink: memorySink(), now: () => NOW })
    for (const listed of [{ a: '1' }, { 'x-tenant': 'evil' }]) {
      const request = new Request(ORDERS, { headers: { ...AUTHORIZED, 'x-tenant': 'evil' } })
      const fields = fieldsPassed(await handle(request, () => next({ request: { headers: new Headers(listed) } })))
      expect(fields?.['x-tenant']).toBe(SECRETS.SHARED)
    }
  })

  it('fails closed where it answers by what is no answer', async () => {
    for (const answer of ['hello', true, { headers: {} }]) {
      expect((await behind((() => answer) as never)).answer.status).toBe(503)
    }
  })

  it('rewrites, and the fields of the gate go along', async () => {
    const { answer, fields } = await behind(() => rewrite(new URL('https://shop.example/api/acme/orders/7')))
    expect(answer.headers.get('x-middleware-rewrite')).toBe('https://shop.example/api/acme/orders/7')
    expect(fields).toMatchObject({ 'x-latchkey-subject': 'app' })
  })

  it('fails closed where it throws', async () => {
    const { answer } = await behind(() => {
      throw new RangeError(TOKEN)
    })
    expect([answer.status, await answer.text()]).toEqual([503, ''])
  })
})

describe('a credential of the query', () => {
  const url = `${ORDERS}?a=1&api_token=${TOKEN}&b=2`
  const clean = `${ORDERS}?a=1&b=2`

  it.each<[string, Behind<Request>]>([
    ['gives nothing', () => undefined],
    ['says next', () => next()],
    ['rewrites to the URL as it was sent', () => rewrite(new URL(url))],
  ])('goes no further, where the middleware behind %s', async (_, theirs) => {
    const { answer } = await behind(theirs, new Request(url))
    expect(answer.headers.get('x-middleware-rewrite')).toBe(clean)
    expect(JSON.stringify([...answer.headers])).not.toContain(TOKEN)
  })

  it('is not in what the middleware behind is given', async () => {
    const seen: string[] = []
    await given().handle(new Request(url), (request) => void seen.push(request.url))
    await given().handle(nextRequest(url), (request) => void seen.push(request.url, request.nextUrl.href))
    expect(seen).toEqual([clean, clean, clean])
  })

  it('is not in a clone, nor in what a second gate makes of it', async () => {
    const seen: string[] = []
    const answer = await given().handle(nextRequest(url), (request) => {
      seen.push(request.clone().url)
      return given().handle(request, ({ url }) => void seen.push(url))
    })
    expect(seen).toEqual([clean])
    // The first gate took the credential, so the second one has nobody before it.
    expect(answer.status).toBe(401)
    const both = nextRequest(url, AUTHORIZED)
    expect((await given().handle(both)).status).toBe(401)
  })

  it('is not in a redirect that is made of the URL', async () => {
    const answer = await given().handle(nextRequest(url), (request) =>
      NextResponse.redirect(`https://shop.example/login?to=${encodeURIComponent(request.url)}`),
    )
    expect(answer.headers.get('location')).toBe(`https://shop.example/login?to=${encodeURIComponent(clean)}`)
  })
})

describe('a credential in a cookie', () => {
  const { credentials, ...rest } = DOCUMENT
  const [app] = credentials as [StaticTokenDocument]
  const document = { ...rest, credentials: [{ ...app, from: [{ cookie: 'sid' }] as const }] }
  const request = () => nextRequest(ORDERS, { cookie: `a=1; sid=${TOKEN}; b=2`, 'sec-fetch-site': 'same-origin' })

  it.each<[string, Behind<NextRequest>]>([
    [
      'changes a cookie',
      (cleaned) => {
        cleaned.cookies.set('locale', 'fr')
        return NextResponse.next({ request: cleaned })
      },
    ],
    [
      'has kept the field',
      () => {
        const headers = new Headers(request().headers)
        headers.set('cookie', `${headers.get('cookie')}; locale=fr`)
        return NextResponse.next({ request: { headers } })
      },
    ],
  ])('does not come back, where the middleware behind %s', async (_, theirs) => {
    const { handle } = latchkey({ document, secrets: env({ APP_TOKEN: TOKEN }), sink: memorySink(), now: () => NOW })
    const fields = fieldsPassed(await handle(request(), theirs))
    expect(fields?.['cookie']?.split(/; */).sort()).toEqual(['a=1', 'b=2', 'locale=fr'])
  })

  it('is not in what the middleware behind is given', async () => {
    const { handle } = latchkey({ document, secrets: env({ APP_TOKEN: TOKEN }), sink: memorySink(), now: () => NOW })
    const seen: unknown[] = []
    await handle(
      request(),
      ({ cookies, headers }) => void seen.push(cookies.get('sid'), cookies.get('a')?.value, headers.get('cookie')),
    )
    expect(seen).toEqual([undefined, '1', 'a=1; b=2'])
  })
})

describe('a path that is not judged', () => {
  it('goes to the middleware behind, with empty identity', async () => {
    const seen: (string | null)[] = []
    const request = new Request('https://shop.example/', { headers: { 'x-latchkey-subject': 'admin' } })
    const { fields } = await behind(({ headers }) => {
      seen.push(headers.get('x-latchkey-subject'))
      return rewrite(new URL('https://shop.example/en'))
    }, request)
    expect([seen, fields?.['x-latchkey-subject']]).toEqual([[''], ''])
  })

  it('is not sent to one that is', async () => {
    const { handle, sink } = given()
    const answer = await handle(new Request('https://shop.example/v1/orders'), () =>
      rewrite(new URL('https://shop.example/api/orders')),
    )
    expect([answer.status, (await answer.json()).reason]).toEqual([403, 'route-unknown'])
    expect(sink.events).toMatchObject([
      { type: 'notice', message: expect.stringContaining('put the first one into the scope') },
    ])
  })

  it('is not sent to one that is by a URL that is changed, or read in another way', async () => {
    const i18n = { locales: ['en', 'fr'], defaultLocale: 'en' }
    const inPlace: Behind<NextRequest> = ({ nextUrl }) => {
      nextUrl.pathname = '/api/orders'
      return NextResponse.rewrite(nextUrl)
    }
    const rewrites: readonly (readonly [Behind<NextRequest>, NextConfig])[] = [
      [inPlace, {}],
      [() => NextResponse.rewrite('https://shop.example/fr/api/orders'), { i18n }],
      [() => NextResponse.rewrite('https://shop.example/shop/api/orders'), { basePath: '/shop' }],
    ]
    const here: Behind<NextRequest> = () => NextResponse.rewrite('http://127.0.0.1:3000/api/orders')
    expect((await given().handle(nextRequest('http://localhost:3000/v1/orders'), here)).status).toBe(403)
    for (const [theirs, config] of rewrites) {
      const answer = await given().handle(nextRequest('https://shop.example/v1/orders', {}, config), theirs)
      expect([answer.status, (await answer.json()).reason]).toEqual([403, 'route-unknown'])
    }
  })

  it('may be sent to another server', async () => {
    const elsewhere = new URL('https://other.example/api/orders')
    const { answer } = await behind(() => rewrite(elsewhere), new Request('https://shop.example/v1/orders'))
    expect(answer.headers.get('x-middleware-rewrite')).toBe(elsewhere.href)
  })
})
