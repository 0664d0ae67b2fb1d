import { describe, expect, it } from 'vitest'
import type {
  ApiKeyDocument,
  CredentialDocument,
  Document,
  LimitDocument,
  PlaceDocument,
  RouteDocument,
  StaticTokenDocument,
} from '../src/document.ts'
import { validate } from '../src/validate.ts'
import { DOCUMENT } from './given/authority.ts'

/** The faults of a document, as `pointer: message`. */
function faultsOf(more: Partial<Document>): string[] {
  const result = validate({ ...DOCUMENT, ...more })
  return result.ok ? [] : result.faults.map(({ pointer, message }) => `${pointer}: ${message}`)
}

const credential = (more: Partial<StaticTokenDocument>): CredentialDocument => ({
  kind: 'static-token',
  tokens: { secret: 'A' },
  ...more,
})
const ofCredentials = (...all: readonly Partial<StaticTokenDocument>[]) =>
  faultsOf({ credentials: all.map(credential) })
const ofRoute = (route: RouteDocument, more: Partial<Document> = {}) => faultsOf({ ...more, routes: [route] })

describe('credentials', () => {
  const TAKEN = 'a name that no other credential of this document has; without one it is the kind'

  it.each<[string, readonly Partial<StaticTokenDocument>[], readonly string[]]>([
    ['two names', [{ name: 'a' }, { name: 'b' }], []],
    ['one name twice', [{ name: 'a' }, { name: 'a' }], [`/credentials/1/name: ${TAKEN}`]],
    ['no name twice', [{}, {}], [`/credentials/1/name: ${TAKEN}`]],
    ['the kind as a name', [{}, { name: 'static-token' }], [`/credentials/1/name: ${TAKEN}`]],
    ['one name three times', [{}, {}, {}], [`/credentials/1/name: ${TAKEN}`, `/credentials/2/name: ${TAKEN}`]],
    ['names that differ by case', [{ name: 'a' }, { name: 'A' }], []],
    ['custom with permissions', [{ type: 'custom', permissions: ['a'] }], []],
    [
      'custom without',
      [{ type: 'custom' }],
      ['/credentials/0/permissions: a list of permissions: "type": "custom" needs one'],
    ],
    [
      'full-access with permissions',
      [{ type: 'full-access', permissions: ['a'] }],
      ['/credentials/0/permissions: nothing: only "type": "custom" has permissions'],
    ],
    [
      'permissions without a type',
      [{ permissions: ['a'] }],
      ['/credentials/0/permissions: nothing: only "type": "custom" has permissions'],
    ],
  ])('%s', (_, credentials, expected) => {
    expect(ofCredentials(...credentials)).toEqual(expected)
  })

  const ONE = 'exactly one of "header", "cookie", "query" and "subprotocol"'
  const RESERVED = 'a header that carries nothing else; for a cookie or a subprotocol use that key'

  it.each<[PlaceDocument, readonly string[]]>([
    [{ header: 'authorization', scheme: 'bearer' }, []],
    [{ header: 'X-Api-Key' }, []],
    [{ header: 'dapr-api-token' }, []],
    [{ cookie: 'session' }, []],
    [{ query: 'api_token' }, []],
    [{ subprotocol: 'latchkey' }, []],
    [{}, [`/credentials/0/from/0: ${ONE}`]],
    [{ header: 'a', cookie: 'b' }, [`/credentials/0/from/0: ${ONE}`]],
    [{ query: 'a', subprotocol: 'b' }, [`/credentials/0/from/0: ${ONE}`]],
    [{ cookie: 'a', scheme: 'bearer' }, ['/credentials/0/from/0/scheme: nothing: a scheme stands beside a header']],
    [{ header: 'Cookie' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'Host' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'Upgrade' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'Content-Length' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'Sec-WebSocket-Protocol' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'X-Latchkey-Subject' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'User-Agent' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'X-Forwarded-For' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
    [{ header: 'x_latchkey_subject' }, [`/credentials/0/from/0/header: ${RESERVED}`]],
  ])('a place such as %j', (place, expected) => {
    expect(ofCredentials({ from: [place] })).toEqual(expected)
  })
})

describe('paths of routes', () => {
  const UNCLEAR =
    'a path that can be read in only one way: no dot segments, no "//", ";" or "\\", no escaped slash or dot'
  const STAR = 'a path with "*" only as its whole last segment, as in "/files/*"'
  const NAMES = 'a path whose parameters have different names, such as "/:collection/:id"'
  const OWN = 'a path outside "base": what lies there is Latchkey\'s own'

  it.each<[string, string | undefined]>([
    ['/', undefined],
    ['/*', undefined],
    ['/a/b.c/', undefined],
    ['/:a/:b_1/*', undefined],
    ['/a:b', undefined],
    ['/caf%C3%A9', undefined],
    ['/_latchkeys', undefined],
    ['', 'a path that begins with "/"'],
    ['a', 'a path that begins with "/"'],
    ['*', 'a path that begins with "/"'],
    ['http://a.example/', 'a path that begins with "/"'],
    ['/a*', STAR],
    ['/*/a', STAR],
    ['/**', STAR],
    ['/:', NAMES],
    ['/:1', NAMES],
    ['/:a-b', NAMES],
    ['/:a/:a', NAMES],
    ['//a', UNCLEAR],
    ['/a//b', UNCLEAR],
    ['/a/../b', UNCLEAR],
    ['/.', UNCLEAR],
    ['/a;b', UNCLEAR],
    ['/a\\b', UNCLEAR],
    ['/a%2Fb', UNCLEAR],
    ['/a%2eb', UNCLEAR],
    ['/a%2541', UNCLEAR],
    ['/a%', UNCLEAR],
    ['/a b', UNCLEAR],
    ['/café', UNCLEAR],
    ['/a?b', UNCLEAR],
    ['/a#b', UNCLEAR],
    ['/_latchkey', OWN],
    ['/_latchkey/live', OWN],
    ['/_latchkey/*', OWN],
  ])('%j', (path, message) => {
    expect(ofRoute({ path })).toEqual(message === undefined ? [] : [`/routes/0/path: ${message}`])
  })

  it("lie outside a base of the document's own", () => {
    expect(ofRoute({ path: '/gate/x' }, { base: '/gate' })).toEqual([`/routes/0/path: ${OWN}`])
    expect(ofRoute({ path: '/_latchkey' }, { base: '/gate' })).toEqual([])
  })

  it('have an opaque tail only where they have a tail', () => {
    expect(ofRoute({ path: '/files/*', tail: 'opaque' })).toEqual([])
    expect(ofRoute({ path: '/files', tail: 'opaque' })).toEqual([
      '/routes/0/tail: nothing: only a path that ends in "/*" has a tail',
    ])
  })
})

describe('routes', () => {
  const PUBLIC = 'nothing: a public route takes every request'
  const PARAMETERS = 'a permission whose {names} are parameters of the path'
  const BRACES = 'a permission whose "{" and "}" hold the name of a parameter'

  it.each<[RouteDocument, readonly string[]]>([
    [{ path: '/a', methods: ['GET', 'PURGE', 'get-it'] }, []],
    [
      { path: '/a', methods: ['GET', 'post'] },
      ['/routes/0/methods/1: "POST": methods are case-sensitive (RFC 9110 9.1)'],
    ],
    [{ path: '/a', public: true }, []],
    [{ path: '/a', public: false, permission: 'a' }, []],
    [{ path: '/a', public: true, permission: 'a' }, [`/routes/0/permission: ${PUBLIC}`]],
    [{ path: '/a', public: true, credentials: ['full'] }, [`/routes/0/credentials: ${PUBLIC}`]],
    [{ path: '/a', public: true, surface: 'api' }, [`/routes/0/surface: ${PUBLIC}`]],
    [{ path: '/a', public: true, access: 'read' }, [`/routes/0/access: ${PUBLIC}`]],
    [{ path: '/:a/:b', permission: '{a}.{b}.x{a}y' }, []],
    [{ path: '/:a', permission: '{b}' }, [`/routes/0/permission: ${PARAMETERS}`]],
    [{ path: '/:a', permission: ['x', '{b}'] }, [`/routes/0/permission/1: ${PARAMETERS}`]],
    [{ path: '/a', permission: '{a}' }, [`/routes/0/permission: ${PARAMETERS}`]],
    [{ path: '/a', permission: 'x{' }, [`/routes/0/permission: ${BRACES}`]],
    [{ path: '/a', permission: '{}' }, [`/routes/0/permission: ${BRACES}`]],
    [{ path: '/:a', permission: '{a}}' }, [`/routes/0/permission: ${BRACES}`]],
    [{ path: '/a', credentials: ['full'] }, []],
    [
      { path: '/a', credentials: ['full', 'none'] },
      ['/routes/0/credentials/1: the name of a credential of this document'],
    ],
  ])('%j', (route, expected) => {
    expect(ofRoute(route)).toEqual(expected)
  })
})

describe('the origin', () => {
  const url = 'http://127.0.0.1:9000'
  const ZONE = 'nothing beside "url" or "binding": the incoming URL is sent on'
  const OURS = 'a header that the gate does not set itself'

  it.each<[NonNullable<Document['origin']>, readonly string[]]>([
    [url, []],
    [{ url }, []],
    [{ binding: 'ORIGIN' }, []],
    [{ url, binding: 'ORIGIN' }, []],
    [{ zone: true }, []],
    [{ zone: true, url }, [`/origin/zone: ${ZONE}`]],
    [{ zone: true, binding: 'ORIGIN' }, [`/origin/zone: ${ZONE}`]],
    [{}, ['/origin: "url", "binding" or "zone"']],
    [{ timeoutSeconds: 3 }, ['/origin: "url", "binding" or "zone"']],
    [{ url, headers: { 'x-origin-secret': { secret: 'A' } } }, []],
    [{ url, headers: { authorization: { secret: 'A' } } }, []],
    [{ url, headers: { Host: { secret: 'A' } } }, [`/origin/headers/Host: ${OURS}`]],
    [{ url, headers: { X_Forwarded_For: { secret: 'A' } } }, [`/origin/headers/X_Forwarded_For: ${OURS}`]],
    [{ url, headers: { 'X-Latchkey-Name': { secret: 'A' } } }, [`/origin/headers/X-Latchkey-Name: ${OURS}`]],
    [{ url, headers: { Connection: { secret: 'A' } } }, [`/origin/headers/Connection: ${OURS}`]],
  ])('%j', (origin, expected) => {
    expect(faultsOf({ origin })).toEqual(expected)
  })
})

describe('proxies', () => {
  it.each<[NonNullable<Document['proxies']>, readonly string[]]>([
    [{ secret: { secret: 'A' } }, []],
    [{ addresses: ['10.0.0.0/8'] }, []],
    [{ dialect: 'envoy' }, ['/proxies: "addresses", "secret", or both: without one nobody is believed']],
    [{}, ['/proxies: "addresses", "secret", or both: without one nobody is believed']],
  ])('%j', (proxies, expected) => {
    expect(faultsOf({ proxies })).toEqual(expected)
  })
})

describe('the budget', () => {
  const fault = (needed: number) => [
    `/revocation/withinSeconds: ${needed} or more: secretsSeconds + staleSeconds; or make those smaller`,
  ]

  it.each<[Partial<Document>, readonly string[]]>([
    [{ revocation: { withinSeconds: 30 } }, []],
    [{ revocation: { withinSeconds: 29 } }, fault(30)],
    [{ revocation: { withinSeconds: 90 }, staleSeconds: 60 }, []],
    [{ revocation: { withinSeconds: 89 }, staleSeconds: 60 }, fault(90)],
    [{ revocation: { withinSeconds: 5 }, secretsSeconds: 5 }, []],
    [{ revocation: { withinSeconds: 5 }, secretsSeconds: 5, staleSeconds: 1 }, fault(6)],
  ])('%j', (more, expected) => {
    expect(faultsOf(more)).toEqual(expected)
  })

  it('is judged only by numbers', () => {
    const input = { ...DOCUMENT, revocation: { withinSeconds: 5 }, secretsSeconds: '9'.repeat(43) }
    const result = validate(input)
    expect(result.ok ? [] : result.faults.map(({ pointer }) => pointer)).toEqual(['/secretsSeconds'])
  })
})

describe('issued keys', () => {
  const key = (more: Partial<ApiKeyDocument> = {}): ApiKeyDocument => ({
    kind: 'api-key',
    peppers: [{ version: 1, secret: 'PEPPER' }],
    ...more,
  })
  const store = { binding: 'KEYS' }
  const ONCE = 'a prefix that stands only once'

  it.each<[string, Partial<Document>, readonly string[]]>([
    ['need a store', { credentials: [key()] }, ['/credentials/0: beside "store", which says where keys are kept']],
    ['have one', { credentials: [key()], store }, []],
    [
      'of two credentials need prefixes of their own',
      { credentials: [key(), key({ name: 'b' })], store },
      [`/credentials/1/prefixes: ${ONCE}`],
    ],
    [
      'name a prefix once',
      { credentials: [key({ prefixes: ['lk', 'old', 'lk'] })], store },
      [`/credentials/0/prefixes/2: ${ONCE}`],
    ],
    [
      'name a version of a pepper once, in either spelling',
      { credentials: [key({ peppers: [1, '1', 2].map((version) => ({ version, secret: `P${version}` })) })], store },
      ['/credentials/0/peppers/1/version: a version that stands only once'],
    ],
    [
      'have no surface: each says its own',
      { credentials: [{ ...key(), surface: 'keys' } as unknown as ApiKeyDocument], store },
      ['/credentials/0/surface: no such key here'],
    ],
    [
      'take an expression for a shape, from its beginning to its end',
      { credentials: [key({ imports: [{ scheme: 'sha256', shape: 'unkey_.*' }] })], store },
      [
        '/credentials/0/imports/0/shape: a regular expression of 1,000 characters at most, from "^" to "$", such as "^unkey_[A-Za-z0-9]{22,}$"',
      ],
    ],
    [
      'take no shape by which one token could stop the gate',
      { credentials: [key({ imports: [{ scheme: 'sha256', shape: '^unkey_([A-Za-z0-9]+)+$' }] })], store },
      [
        '/credentials/0/imports/0/shape: an expression that repeats nothing which repeats or has alternatives itself: a token could make it run for hours',
      ],
    ],
  ])('%s', (_, document, expected) => {
    expect(faultsOf(document)).toEqual(expected)
  })

  it.each<[string, Partial<Document>, readonly string[]]>([
    ['any default', { keys: { defaultLifetimeDays: 400 } }, []],
    [
      'a default beyond the most',
      { keys: { defaultLifetimeDays: 91, maxLifetimeDays: 90 } },
      ['/keys/defaultLifetimeDays: 90 or fewer days'],
    ],
    [
      'no end beside a most',
      { keys: { maxLifetimeDays: 90, allowNever: true } },
      ['/keys/allowNever: nothing, or false: "maxLifetimeDays" ends every key'],
    ],
  ])('live as long as is said: %s', (_, document, expected) => {
    expect(faultsOf(document)).toEqual(expected)
  })

  it.each<[ApiKeyDocument, NonNullable<Document['store']>, number, readonly string[]]>([
    [key(), { ...store, kind: 'sqlite' }, 40, []],
    [key({ cacheSeconds: 0 }), { ...store, kind: 'sqlite' }, 30, []],
    [
      key(),
      { ...store, kind: 'cloudflare-kv' },
      99,
      ['100 or more: secretsSeconds + cacheSeconds + staleSeconds + 60 of the store; or make those smaller'],
    ],
    [key(), { ...store, kind: 'cloudflare-kv' }, 100, []],
    [
      key(),
      { ...store, kind: 'global-config' },
      49,
      ['50 or more: secretsSeconds + cacheSeconds + staleSeconds + 10 of the store; or make those smaller'],
    ],
    [key(), store, 300, ['a budget beside the "kind" of "store", which adds to the delay']],
  ])('keep a budget: %j in %j within %i s', (credential, where, withinSeconds, expected) => {
    const found = faultsOf({ credentials: [credential], store: where, revocation: { withinSeconds } })
    expect(found).toEqual(expected.map((message) => `/revocation/withinSeconds: ${message}`))
  })
})

describe('limits', () => {
  const ONE = 'exactly one of "windowSeconds" and "per"'

  it.each<[LimitDocument, boolean]>([
    [{ requests: 1, windowSeconds: 1 }, true],
    [{ requests: 1, per: 'month', by: 'owner' }, true],
    [{ requests: 1 }, false],
    [{ requests: 1, per: 'day', windowSeconds: 60 }, false],
  ])('%j is one: %s', (limit, isOne) => {
    const { by: _, ...own } = limit
    expect(faultsOf({ credentials: [credential({ limits: [limit] })] })).toEqual(
      isOne ? [] : [`/credentials/0/limits/0: ${ONE}`],
    )
    expect(faultsOf({ owners: { acme: { limits: [own] } } })).toEqual(isOne ? [] : [`/owners/acme/limits/0: ${ONE}`])
  })

  it('are of no owner that valibot would pass over', () => {
    const owners = JSON.parse('{"__proto__": {"limits": [{"requests": "many"}]}}')
    expect(faultsOf({ owners })).toEqual(['/owners/__proto__: the name of an owner'])
  })
})

describe('apis', () => {
  const CACHED = { resultTtlSeconds: 300 }
  const ONE_ADDRESS = { addresses: { allow: ['10.0.0.0/8'] } }
  const TAKEN = 'an API and a stage that no entry before it takes'
  const ADDRESSES = '0 beside "addresses", or "address" in "cachedBy": else one answer serves all addresses'
  const FIELDS =
    '0 beside credentials in several fields: API Gateway asks for all identity sources, and looks at no other field'
  const LIMITS = '0 beside limits: what API Gateway answers by itself is not counted'

  it.each<[string, Partial<Document>, readonly string[]]>([
    ['a kept answer', { apis: [CACHED] }, []],
    ['two stages', { apis: [{ stage: 'a' }, { stage: 'b' }] }, []],
    ['a stage, then any', { apis: [{ stage: 'a' }, {}] }, []],
    ['any, then a stage', { apis: [{}, { stage: 'a' }] }, [`/apis/1: ${TAKEN}`]],
    ['one API twice', { apis: [{ api: 'x1' }, { api: 'x1', stage: 'a' }, { stage: 'a' }] }, [`/apis/1: ${TAKEN}`]],
    ['addresses, nothing kept', { ...ONE_ADDRESS, apis: [{}] }, []],
    ['addresses under a cache', { ...ONE_ADDRESS, apis: [CACHED] }, [`/apis/0/resultTtlSeconds: ${ADDRESSES}`]],
    ['addresses in the key', { ...ONE_ADDRESS, apis: [{ ...CACHED, cachedBy: ['address'] }] }, []],
    [
      'limits under a cache',
      { apis: [CACHED], owners: { a: { limits: [{ requests: 1, per: 'day' }] } } },
      [`/apis/0/resultTtlSeconds: ${LIMITS}`],
    ],
    [
      'limits of a credential under a cache',
      { apis: [CACHED], credentials: [credential({ limits: [{ requests: 1, per: 'day' }] })] },
      [`/apis/0/resultTtlSeconds: ${LIMITS}`],
    ],
    [
      'credentials in several fields under a cache',
      { apis: [CACHED], credentials: [credential({ from: [{ header: 'authorization' }, { header: 'X-Api-Key' }] })] },
      [`/apis/0/resultTtlSeconds: ${FIELDS}`],
    ],
    [
      'two schemes of one field',
      {
        apis: [CACHED],
        credentials: [
          credential({ from: [{ header: 'authorization', scheme: 'bearer' }, { header: 'Authorization' }] }),
        ],
      },
      [],
    ],
    ['a budget that holds the TTL', { apis: [CACHED], revocation: { withinSeconds: 330 } }, []],
    [
      'a budget that does not',
      { apis: [CACHED], revocation: { withinSeconds: 300 } },
      [
        '/revocation/withinSeconds: 330 or more: secretsSeconds + staleSeconds + resultTtlSeconds; or make those smaller',
      ],
    ],
  ])('%s', (_, more, expected) => {
    expect(faultsOf(more)).toEqual(expected)
  })
})
