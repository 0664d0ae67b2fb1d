import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RouteDocument } from '../src/document.ts'
import type { Endpoints } from '../src/endpoints.ts'
import { ownEndpoints } from '../src/endpoints.ts'
import type { Match } from '../src/model/decision.ts'
import { isRefusal } from '../src/model/decision.ts'
import type { RouteTable } from '../src/routes.ts'
import { routeTable } from '../src/routes.ts'
import type { AccessFacts, Field } from './given/access.ts'
import { accessOf } from './given/access.ts'

const AMBIGUOUS = 'request-ambiguous'
const UNKNOWN = 'route-unknown'

/** What an access is matched with: the pattern, or the reason why with none. */
function found(routes: readonly RouteDocument[], facts: AccessFacts, table: Partial<RouteTable> = {}): string {
  const match = matched(routes, facts, table)
  return typeof match === 'string' ? match : match.pattern
}

/** A host on which another server answers. */
const NO_ENDPOINTS: Endpoints = { match: () => undefined, isElsewhere: () => false, isProbe: () => false }

function matched(
  routes: readonly RouteDocument[],
  facts: AccessFacts,
  table: Partial<RouteTable> = {},
  endpoints: Endpoints = ownEndpoints(table.base ?? '/_latchkey'),
): Match | string {
  const findMatch = routeTable({ base: '/_latchkey', routes, strictPaths: true, refusePreflights: false, ...table })
  const result = findMatch(accessOf(facts), endpoints)
  return isRefusal(result) ? result.reason : result
}

describe('a target', () => {
  it.each<[AccessFacts, string]>([
    [{ target: '/a' }, '/*'],
    [{ target: '/a?x=/../y%zz;' }, '/*'],
    [{ target: '/' }, '/*'],
    [{ target: '' }, AMBIGUOUS],
    [{ target: 'a' }, AMBIGUOUS],
    [{ target: '*', method: 'OPTIONS' }, AMBIGUOUS],
    [{ target: 'http://api.example/a' }, AMBIGUOUS],
    [{ target: 'api.example:443', method: 'CONNECT' }, AMBIGUOUS],
    [{ target: '/a#b' }, AMBIGUOUS],
    [{ target: '/a/../b' }, AMBIGUOUS],
    [{ target: '/a%2Fb' }, AMBIGUOUS],
    [{ target: '//a' }, AMBIGUOUS],
    [{ target: '/a', host: '' }, AMBIGUOUS],
    [{ target: '/a', host: 'a, b' }, AMBIGUOUS],
    [{ target: '/a', host: 'user@api.example' }, AMBIGUOUS],
  ])('%j: %s', (facts, expected) => {
    expect(found([{ path: '/*' }], facts)).toBe(expected)
  })
})

describe('a path', () => {
  const routes: readonly RouteDocument[] = [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/admin/*' },
    { path: '/api/:collection', methods: ['GET'] },
    { path: '/api/:collection/:id', methods: ['PUT', 'DELETE'] },
    { path: '/caf%C3%A9' },
    { path: '/files/*', tail: 'opaque' },
    { path: '/slash/' },
  ]

  it.each([
    ['GET', '/health', '/health'],
    ['HEAD', '/health', '/health'],
    ['POST', '/health', UNKNOWN],
    ['get', '/health', UNKNOWN],
    ['GET', '/health/', UNKNOWN],
    ['GET', '/healthz', UNKNOWN],
    ['GET', '/Health', UNKNOWN],
    ['GET', '/%68ealth', AMBIGUOUS],
    ['GET', '/admin/x', '/admin/*'],
    ['GET', '/admin/', '/admin/*'],
    ['GET', '/admin/x/y', '/admin/*'],
    ['GET', '/admin', UNKNOWN],
    ['GET', '/adminx', UNKNOWN],
    ['GET', '/api/a', '/api/:collection'],
    ['GET', '/api/', UNKNOWN],
    ['GET', '/api/a/', UNKNOWN],
    ['GET', '/api/%7Ebob', '/api/:collection'],
    ['GET', '/api/a%20b', '/api/:collection'],
    ['GET', '/api/a%2Fb', AMBIGUOUS],
    ['GET', '/api/a;b', AMBIGUOUS],
    ['PUT', '/api/a/1', '/api/:collection/:id'],
    ['GET', '/api/a/1', UNKNOWN],
    ['PURGE', '/admin/x', '/admin/*'],
    ['GET', '/caf%C3%A9', '/caf%C3%A9'],
    ['GET', '/caf%c3%a9', '/caf%C3%A9'],
    ['GET', '/café', AMBIGUOUS],
    ['GET', '/files/a%2Fb', '/files/*'],
    ['GET', '/files/a;b//c%2541%ff', '/files/*'],
    ['GET', '/files//', '/files/*'],
    ['GET', '/files/%2e%2e/x', AMBIGUOUS],
    ['GET', '/files/..%2fx', AMBIGUOUS],
    ['GET', '/files/..;/x', AMBIGUOUS],
    ['GET', '/files/a%5Cb', AMBIGUOUS],
    ['GET', '/files/%00', AMBIGUOUS],
    ['GET', '/fil%65s/a', AMBIGUOUS],
    ['GET', '/files%2Fa', AMBIGUOUS],
    ['GET', '/admin/a%2Fb', AMBIGUOUS],
    ['GET', '/slash/', '/slash/'],
    ['GET', '/slash', UNKNOWN],
    ['GET', '/nowhere', UNKNOWN],
  ])('%s %s: %s', (method, target, expected) => {
    expect(found(routes, { method, target })).toBe(expected)
  })

  it('meets the first route that matches', () => {
    expect(found([{ path: '/a', methods: ['GET'] }, { path: '/:x' }, { path: '/a' }], { target: '/a' })).toBe('/a')
    expect(found([{ path: '/:x' }, { path: '/a' }], { target: '/a' })).toBe('/:x')
  })

  it('is opaque nowhere but in a tail that says so', () => {
    const tails: readonly RouteDocument[] = [{ path: '/:head/*', tail: 'opaque' }, { path: '/*' }]
    expect(found(tails, { target: '/a/b%2Fc' })).toBe('/:head/*')
    expect(found(tails, { target: '/a%2Fb/c' })).toBe(AMBIGUOUS)
    expect(found(tails, { target: '/a;v/c' })).toBe(AMBIGUOUS)
  })

  it('is ambiguous where another reading of an opaque tail meets another route', () => {
    const both: readonly RouteDocument[] = [{ path: '/files/private/x' }, { path: '/files/*', tail: 'opaque' }]
    expect(found(both, { target: '/files/private%2Fx' })).toBe(AMBIGUOUS)
    expect(found(both, { target: '/files//private/x' })).toBe(AMBIGUOUS)
    expect(found(both, { target: '/files/private;v/x' })).toBe(AMBIGUOUS)
    expect(found(both, { target: '/files/public%2Fx' })).toBe('/files/*')
  })
})

describe('a path that slips past a protected route', () => {
  const routes: readonly RouteDocument[] = [
    { path: '/admin/*' },
    { path: '/report' },
    { path: '/list/' },
    { path: '/open', public: true },
    { path: '/*', public: true },
  ]

  it.each([
    ['/Admin/x', AMBIGUOUS],
    ['/ADMIN/', AMBIGUOUS],
    ['/%41dmin/x', AMBIGUOUS],
    ['/admin', AMBIGUOUS],
    ['/report/', AMBIGUOUS],
    ['/REPORT', AMBIGUOUS],
    ['/Report/', AMBIGUOUS],
    ['/list', AMBIGUOUS],
    ['/Open', '/*'],
    ['/open/', '/*'],
    ['/adminx', '/*'],
    ['/report/x', '/*'],
    ['/', '/*'],
  ])('%s: %s', (target, expected) => {
    expect(found(routes, { target })).toBe(expected)
  })

  it('is let through where paths are case-sensitive', () => {
    expect(found(routes, { target: '/Admin/x' }, { strictPaths: false })).toBe('/*')
    expect(found(routes, { target: '/report/' }, { strictPaths: false })).toBe('/*')
    expect(found(routes, { target: '/%41dmin/x' }, { strictPaths: false })).toBe('/*')
  })

  it('is unknown where it meets no later route', () => {
    expect(found([{ path: '/admin/*' }], { target: '/Admin/x' })).toBe(UNKNOWN)
  })

  it('does not slip past a route of another method', () => {
    const posted: readonly RouteDocument[] = [
      { path: '/a', methods: ['POST'] },
      { path: '/*', public: true },
    ]
    expect(found(posted, { target: '/A' })).toBe('/*')
    expect(found(posted, { target: '/A', method: 'POST' })).toBe(AMBIGUOUS)
  })
})

describe('route matching', () => {
  const segment = fc.constantFrom('a', 'A', 'b', ':x')
  const route = fc
    .tuple(
      fc.array(segment, { maxLength: 3 }),
      fc.constantFrom('', '/', '/*'),
      fc.constantFrom(undefined, ['GET'], ['POST']),
      fc.boolean(),
    )
    .map(([segments, end, methods, isPublic]): RouteDocument => {
      const named = segments.map((each, place) => (each === ':x' ? `:x${place}` : each))
      const path = `${named.map((each) => `/${each}`).join('')}${end}` || '/'
      return { path, public: isPublic, ...(methods && { methods }) }
    })
  const path = fc
    .tuple(fc.array(fc.constantFrom('a', 'A', 'b', 'c', '%61', '%62'), { maxLength: 4 }), fc.constantFrom('', '/'))
    .map(([segments, end]) => `${segments.map((each) => `/${each}`).join('')}${end}` || '/')

  /** The same rules by regular expressions. */
  function model(routes: readonly RouteDocument[], target: string, method: string): string {
    const first = (text: string, flags = '') =>
      routes.findIndex((each) => takes(each, method) && expression(each, flags).test(text))
    const decoded = decodeURIComponent(target)
    const place = first(target)
    if (first(decoded) !== place) return AMBIGUOUS
    if (place < 0) return UNKNOWN
    const otherEnd = decoded.endsWith('/') ? decoded.slice(0, -1) : `${decoded}/`
    const slips = routes
      .slice(0, place)
      .some(
        (each) =>
          !each.public &&
          takes(each, method) &&
          [decoded, otherEnd].some((text) => text !== '' && expression(each, 'i').test(text)),
      )
    return slips ? AMBIGUOUS : (routes[place] as RouteDocument).path
  }

  function takes({ methods }: RouteDocument, method: string): boolean {
    return methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
  }

  function expression({ path: pattern }: RouteDocument, flags: string): RegExp {
    return new RegExp(`^${pattern.replace(/:x\d/g, '[^/]+').replace(/\*$/, '.*')}$`, flags)
  }

  it('agrees with a naive model', () => {
    const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT')
    fc.assert(
      fc.property(fc.array(route, { minLength: 1, maxLength: 5 }), path, methods, (routes, target, method) => {
        const patterns = routes.map((each) => `${each.methods ?? '*'} ${each.path} ${each.public}`)
        const expected = model(routes, target, method)
        expect({ patterns, target, method, found: found(routes, { target, method }) }).toEqual({
          patterns,
          target,
          method,
          found: expected,
        })
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a match', () => {
  it.each([
    ['GET', undefined, 'read'],
    ['HEAD', undefined, 'read'],
    ['OPTIONS', undefined, 'read'],
    ['POST', undefined, 'write'],
    ['DELETE', undefined, 'write'],
    ['PURGE', undefined, 'write'],
    ['get', undefined, 'write'],
    ['POST', 'read', 'read'],
    ['GET', 'write', 'write'],
  ] as const)('%s on a route whose access is %j: %s', (method, access, expected) => {
    const route: RouteDocument = access === undefined ? { path: '/*' } : { path: '/*', access }
    expect(matched([route], { method })).toMatchObject({ access: expected })
  })

  it('says what a route needs and takes', () => {
    const routes: readonly RouteDocument[] = [
      { path: '/a', surface: 'admin', credentials: ['x', 'y'], permission: 'p' },
    ]
    expect(matched(routes, { target: '/a?b=c' })).toMatchObject({
      pattern: '/a',
      path: '/a',
      query: 'b=c',
      passage: 'judged',
      surface: 'admin',
      permissions: [{ parts: ['p'] }],
      credentials: new Set(['x', 'y']),
      endpoint: undefined,
    })
  })

  it.each([
    [{ path: '/*' }, 'judged', 'api'],
    [{ path: '/*', public: true }, 'public', 'api'],
    [{ path: '/*', public: false }, 'judged', 'api'],
  ] as const)('%j is %s', (route, passage, surface) => {
    expect(matched([route], {})).toMatchObject({ passage, surface, permissions: [], credentials: undefined })
  })

  it.each([
    ['/api/articles/1', ['api::articles.write', '1']],
    ['/api/a.b:c/1', ['api::a.b:c.write', '1']],
    ['/api/caf%C3%A9/%2541', AMBIGUOUS],
    ['/api/caf%C3%A9/a%20b', ['api::café.write', 'a b']],
    ['/api/*/1', ['api::*.write', '1']],
  ])('fills permissions from %s', (target, expected) => {
    const result = matched([{ path: '/api/:collection/:id', permission: ['api::{collection}.write', '{id}'] }], {
      target,
    })
    expect(typeof result === 'string' ? result : result.permissions?.map(({ parts }) => parts.join(''))).toEqual(
      expected,
    )
  })

  it('keeps a value from the path one segment', () => {
    const result = matched([{ path: '/:x', permission: 'a.{x}' }], { target: '/b.c' })
    expect(typeof result === 'string' ? result : result.permissions?.[0]?.parts).toEqual(['a', '.', 'b.c'])
  })
})

describe('own endpoints', () => {
  const everything: readonly RouteDocument[] = [{ path: '/*', public: true }]

  it.each([
    ['GET', '/_latchkey/live', 'live', 'public'],
    ['HEAD', '/_latchkey/live', 'live', 'public'],
    ['GET', '/_latchkey/health?x', 'health', 'public'],
    ['GET', '/_latchkey/whoami', 'whoami', 'judged'],
  ])('%s %s', (method, target, endpoint, passage) => {
    expect(matched(everything, { method, target })).toMatchObject({ endpoint, passage })
  })

  it.each([
    ['GET', '/_latchkey', UNKNOWN],
    ['GET', '/_latchkey/', UNKNOWN],
    ['GET', '/_latchkey/keys', UNKNOWN],
    ['GET', '/_latchkey/live/', UNKNOWN],
    ['GET', '/_latchkey/Live', UNKNOWN],
    ['POST', '/_latchkey/live', UNKNOWN],
    ['DELETE', '/_latchkey/whoami', UNKNOWN],
    ['GET', '/_latchkey%2Flive', AMBIGUOUS],
    ['GET', '/%5Flatchkey/live', AMBIGUOUS],
    ['GET', '/_latchkeys', '/*'],
    ['GET', '/x/_latchkey/live', '/*'],
  ])('%s %s is %s, whatever the routes say', (method, target, expected) => {
    expect(found(everything, { method, target })).toBe(expected)
  })

  it.each(['/_latchkey/liv%65', '/_latchkey/%76erify', '/_latchkey/live%2F'])('%s is no endpoint', (target) => {
    expect([AMBIGUOUS, UNKNOWN]).toContain(found(everything, { target }))
  })

  it('are not answered where another server will answer', () => {
    expect(matched(everything, { target: '/_latchkey/live' }, {}, NO_ENDPOINTS)).toBe(UNKNOWN)
  })

  it("lie under a base of the document's own", () => {
    expect(found(everything, { target: '/gate/live' }, { base: '/gate' })).toBe('/gate/live')
    expect(found(everything, { target: '/_latchkey/live' }, { base: '/gate' })).toBe('/*')
  })
})

describe('a preflight', () => {
  const routes: readonly RouteDocument[] = [
    { path: '/api/*', methods: ['POST'] },
    { path: '/no/*', preflight: 'refuse' },
    { path: '/open', public: true },
  ]
  const fields = (...more: readonly Field[]): readonly Field[] => [
    ['Origin', 'https://app.example'],
    ['Access-Control-Request-Method', 'POST'],
    ...more,
  ]

  function passage(target: string, headers: readonly Field[], table: Partial<RouteTable> = {}): string {
    const match = matched(routes, { method: 'OPTIONS', target, headers }, table)
    return typeof match === 'string' ? match : `${match.pattern} ${match.passage}`
  }

  it.each<[string, string, readonly Field[], string]>([
    ['a route of the requested method', '/api/a', fields(), '/api/* preflight'],
    ['a body of nothing', '/api/a', fields(['Content-Length', '0']), '/api/* preflight'],
    ['a public route', '/open', fields(), '/open preflight'],
    ['no origin', '/api/a', fields().slice(1), UNKNOWN],
    ['two origins', '/api/a', fields(['Origin', 'https://b.example']), UNKNOWN],
    ['no requested method', '/api/a', fields().slice(0, 1), UNKNOWN],
    ['two requested methods', '/api/a', fields(['Access-Control-Request-Method', 'PUT']), UNKNOWN],
    ['a body', '/api/a', fields(['Content-Length', '5']), UNKNOWN],
    ['a body in chunks', '/api/a', fields(['Transfer-Encoding', 'chunked']), UNKNOWN],
    ['a path without a route', '/none', fields(), UNKNOWN],
    ['a path that is ambiguous', '/api/../a', fields(), AMBIGUOUS],
    ['a route that refuses them', '/no/a', fields(), '/no/* judged'],
    [
      'an endpoint of Latchkey',
      '/_latchkey/whoami',
      [
        ['Origin', 'https://app.example'],
        ['Access-Control-Request-Method', 'GET'],
      ],
      '/_latchkey/whoami preflight',
    ],
    ['an endpoint for another method', '/_latchkey/whoami', fields(), UNKNOWN],
  ])('to %s', (_, target, headers, expected) => {
    expect(passage(target, headers)).toBe(expected)
  })

  it('is a request like the rest where the document refuses them, unless the route does not', () => {
    const forwarded: readonly RouteDocument[] = [{ path: '/yes', preflight: 'forward' }, { path: '/*' }]
    const ask = (target: string) =>
      matched(forwarded, { method: 'OPTIONS', target, headers: fields() }, { refusePreflights: true })
    expect(ask('/yes')).toMatchObject({ passage: 'preflight' })
    expect(ask('/x')).toMatchObject({ passage: 'judged' })
  })

  it('is not any other OPTIONS: that is judged as every request', () => {
    expect(matched([{ path: '/:binding' }], { method: 'OPTIONS', target: '/orders' })).toMatchObject({
      passage: 'judged',
    })
  })
})
