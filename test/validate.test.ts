import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validate, validateText } from '../src/validate.ts'
import { DOCUMENT } from './given/authority.ts'
import type { PathInDocument } from './given/documents.ts'
import { changed, EVERYTHING, leavesOf } from './given/documents.ts'

/** The faults of a document, as `pointer: message`. */
function faultsOf(input: unknown): string[] {
  const result = validate(input)
  return result.ok ? [] : result.faults.map(({ pointer, message }) => `${pointer}: ${message}`)
}

const pointersOf = (input: unknown) => faultsOf(input).map((fault) => fault.slice(0, fault.indexOf(': ')))

describe('validate', () => {
  it.each([
    ['a small document', DOCUMENT],
    ['a document with every key', EVERYTHING],
  ])('takes %s, and gives it back as it is', (_, document) => {
    expect(validate(document)).toEqual({ ok: true, document })
  })

  it.each<[string, PathInDocument, unknown, readonly string[]]>([
    ['no document', [], undefined, [': an object: the configuration document']],
    ['null', [], null, [': an object: the configuration document']],
    ['a text', [], 'credentials', [': an object: the configuration document']],
    ['nothing that is required', [], {}, ['/credentials: required, and missing', '/routes: required, and missing']],
    [
      'no credential',
      ['credentials'],
      [],
      [
        '/credentials: a list of credentials, one at least',
        '/routes/2/credentials/0: the name of a credential of this document',
      ],
    ],
    ['no route', ['routes'], [], ['/routes: a list of routes, one at least']],
    ['an unknown key', ['colour'], 'red', ['/colour: no such key here']],
    [
      'an unknown key of a credential',
      ['credentials', 0, 'colour'],
      'red',
      ['/credentials/0/colour: no such key here'],
    ],
    [
      'an unknown key of a place',
      ['credentials', 0, 'from', 1, 'colour'],
      1,
      ['/credentials/0/from/1/colour: no such key here'],
    ],
    [
      'an unknown key of a slot',
      ['credentials', 0, 'tokens', 1, 'since'],
      1,
      ['/credentials/0/tokens/1/since: no such key here'],
    ],
    ['an unknown key of a route', ['routes', 1, 'method'], 'GET', ['/routes/1/method: no such key here']],
    ['an unknown key of the origin', ['origin', 'timeout'], 1, ['/origin/timeout: no such key here']],
    ['a key that every object inherits', ['toString'], 1, ['/toString: no such key here']],
    ['a key named constructor', ['constructor'], 1, ['/constructor: no such key here']],
    ['a key named __proto__', ['log', '__proto__'], {}, ['/log/__proto__: no such key here']],
    ['a key that a pointer escapes', ['a/b~c'], 1, ['/a~1b~0c: no such key here']],
    [
      'an unknown kind',
      ['credentials', 0, 'kind'],
      'password',
      ['/credentials/0/kind: a credential whose "kind" is "static-token", "api-key", "jwt" or "gateway-key"'],
    ],
    [
      'no kind',
      ['credentials', 0, 'kind'],
      undefined,
      ['/credentials/0/kind: a credential whose "kind" is "static-token", "api-key", "jwt" or "gateway-key"'],
    ],
    [
      'a credential without tokens',
      ['credentials', 0, 'tokens'],
      undefined,
      ['/credentials/0/tokens: required, and missing'],
    ],
    [
      'no slot',
      ['credentials', 0, 'tokens'],
      [],
      ['/credentials/0/tokens: a list of { "secret": "NAME" }, newest first'],
    ],
    [
      'a token as it stands',
      ['credentials', 0, 'tokens'],
      'abc',
      ['/credentials/0/tokens: { "secret": "NAME" }, or a list of them, newest first'],
    ],
    [
      'a token in a list',
      ['credentials', 0, 'tokens'],
      ['abc'],
      ['/credentials/0/tokens/0: an object such as { "secret": "NAME" }'],
    ],
    [
      'a token for a name',
      ['credentials', 0, 'tokens'],
      { secret: 'abc-def' },
      ['/credentials/0/tokens/secret: a string of 7 characters; name a secret'],
    ],
    [
      'a token for a name in a list',
      ['credentials', 0, 'tokens', 0, 'secret'],
      'a'.repeat(65),
      ['/credentials/0/tokens/0/secret: a string of 65 characters; name a secret'],
    ],
    [
      'a number for a name',
      ['credentials', 0, 'tokens', 0, 'secret'],
      5,
      ['/credentials/0/tokens/0/secret: the name of a secret: a letter or _, then letters, digits and _, 64 at most'],
    ],
    ['an empty slot', ['credentials', 0, 'tokens'], {}, ['/credentials/0/tokens/secret: required, and missing']],
    [
      'an end that is no time',
      ['credentials', 0, 'tokens', 0, 'until'],
      'soon',
      ['/credentials/0/tokens/0/until: a time with a zone, such as "2027-01-01T00:00:00Z"'],
    ],
    [
      'an end without a zone',
      ['credentials', 0, 'tokens', 0, 'until'],
      '2027-01-01T00:00:00',
      ['/credentials/0/tokens/0/until: a time with a zone, such as "2027-01-01T00:00:00Z"'],
    ],
    [
      'an end that no calendar has',
      ['credentials', 0, 'tokens', 0, 'until'],
      '2027-02-29T00:00:00Z',
      ['/credentials/0/tokens/0/until: a time with a zone, such as "2027-01-01T00:00:00Z"'],
    ],
    [
      'a name with a space',
      ['credentials', 0, 'name'],
      'a b',
      [
        '/credentials/0/name: a name of letters, digits, ".", "_" and "-", 64 at most',
        '/routes/2/credentials/0: the name of a credential of this document',
      ],
    ],
    [
      'no place',
      ['credentials', 0, 'from'],
      [],
      ['/credentials/0/from: a list of places, such as [{ "header": "authorization", "scheme": "bearer" }]'],
    ],
    [
      'a header that is none',
      ['credentials', 0, 'from', 1, 'header'],
      'a b',
      ['/credentials/0/from/1/header: the name of a header'],
    ],
    [
      'a cookie that is none',
      ['credentials', 0, 'from', 2, 'cookie'],
      'a=b',
      ['/credentials/0/from/2/cookie: the name of a cookie'],
    ],
    [
      'a parameter that is none',
      ['credentials', 0, 'from', 3, 'query'],
      'a&b',
      ['/credentials/0/from/3/query: the name of a query parameter'],
    ],
    [
      'a subprotocol that is none',
      ['credentials', 0, 'from', 4, 'subprotocol'],
      'a.b',
      ['/credentials/0/from/4/subprotocol: the name of a WebSocket subprotocol'],
    ],
    [
      'an unknown type',
      ['credentials', 0, 'type'],
      'admin',
      ['/credentials/0/type: one of "full-access", "read-only", "custom"'],
    ],
    [
      'a permission with a comma',
      ['credentials', 0, 'permissions', 0],
      'a,b',
      [
        '/credentials/0/permissions/0: a permission of visible characters, its segments split by "." or ":", such as "orders.read"',
      ],
    ],
    ['no permission', ['credentials', 0, 'permissions'], [], ['/credentials/0/permissions: a list of permissions']],
    [
      'an unknown surface',
      ['credentials', 0, 'surface'],
      'web',
      ['/credentials/0/surface: one of "api", "admin", "keys"'],
    ],
    ['a text for a switch', ['credentials', 0, 'forward'], 'yes', ['/credentials/0/forward: true or false']],
    ['a route without a path', ['routes', 0, 'path'], undefined, ['/routes/0/path: required, and missing']],
    ['a method that is none', ['routes', 1, 'methods', 0], 'G T', ['/routes/1/methods/0: a method, such as "GET"']],
    [
      'a permission of a route that is none',
      ['routes', 1, 'permission'],
      'a b',
      [
        '/routes/1/permission: a permission of visible characters, its segments split by "." or ":", such as "orders.read"',
      ],
    ],
    [
      'a permission in a list that is none',
      ['routes', 2, 'permission', 1],
      'a b',
      [
        '/routes/2/permission/1: a permission of visible characters, its segments split by "." or ":", such as "orders.read"',
      ],
    ],
    [
      'a number for permissions',
      ['routes', 2, 'permission'],
      1,
      ['/routes/2/permission: a permission, or a list of them'],
    ],
    ['a route of the surface of keys', ['routes', 4, 'surface'], 'keys', ['/routes/4/surface: one of "api", "admin"']],
    ['an unknown tail', ['routes', 3, 'tail'], 'clear', ['/routes/3/tail: one of "opaque"']],
    [
      'an origin with a path',
      ['origin'],
      'http://a.example/path',
      ['/origin: a URL such as "http://127.0.0.1:9000", with no path, query or user'],
    ],
    [
      'an origin with a user',
      ['origin', 'url'],
      'http://u:p@a.example',
      ['/origin/url: a URL such as "http://127.0.0.1:9000", with no path, query or user'],
    ],
    [
      'an origin with a port that is none',
      ['origin', 'url'],
      'http://a.example:99999',
      ['/origin/url: a URL such as "http://127.0.0.1:9000", with no path, query or user'],
    ],
    [
      'an origin of another scheme',
      ['origin'],
      'ftp://a.example',
      ['/origin: a URL such as "http://127.0.0.1:9000", with no path, query or user'],
    ],
    [
      'a number for an origin',
      ['origin'],
      9000,
      ['/origin: a URL, or an object such as { "url": "http://127.0.0.1:9000", "timeoutSeconds": 30 }'],
    ],
    [
      'an origin header with its value',
      ['origin', 'headers', 'x-origin-secret'],
      'abc',
      ['/origin/headers/x-origin-secret: { "secret": "NAME" }, or a list of them, newest first'],
    ],
    [
      'an origin header that is none',
      ['origin', 'headers'],
      { 'a b': { secret: 'A' } },
      ['/origin/headers/a b: the name of a header'],
    ],
    [
      'an origin header named constructor with its value',
      ['origin', 'headers'],
      { constructor: 'abc' },
      ['/origin/headers/constructor: the name of a header'],
    ],
    [
      'no time at all for the origin',
      ['origin', 'timeoutSeconds'],
      0,
      ['/origin/timeoutSeconds: a number of seconds from 1 to 3600'],
    ],
    ['a text for a number', ['secretsSeconds'], '30', ['/secretsSeconds: a number of seconds from 1 to 3600']],
    ['more than a day of staleness', ['staleSeconds'], 86_401, ['/staleSeconds: a number of seconds from 0 to 86400']],
    [
      'a budget of nothing',
      ['revocation', 'withinSeconds'],
      0,
      ['/revocation/withinSeconds: a number of seconds from 1 to 604800'],
    ],
    [
      'an unknown dialect',
      ['refusals'],
      'html',
      ['/refusals: "problem", "strapi" or "praisonai", or an object such as { "dialect": "strapi", "missing": 403 }'],
    ],
    [
      'an unknown dialect in the long form',
      ['refusals', 'dialect'],
      'html',
      ['/refusals/dialect: one of "problem", "strapi", "praisonai"'],
    ],
    ['a status that is not to be had', ['refusals', 'missing'], 404, ['/refusals/missing: 401 or 403']],
    [
      'an address that is none',
      ['addresses', 'allow', 0],
      'localhost',
      [
        '/addresses/allow/0: an IP address or a block such as "10.0.0.0/8" or "2001:db8::/32", with no bits set after the prefix',
      ],
    ],
    [
      'an origin of pages with a path',
      ['cors', 'origins', 0],
      'https://a.example/',
      ['/cors/origins/0: an origin such as "https://app.example", or "*"'],
    ],
    ['an unknown transport', ['transport'], 'http', ['/transport: one of "https", "any"']],
    [
      'a sample of more than one',
      ['log', 'sample'],
      1.5,
      ['/log/sample: a number of allowed requests in one from 0 to 1'],
    ],
    ['a realm with a quote', ['realm'], 'a"b', ['/realm: printable ASCII without " and \\, 100 at most']],
    [
      'a base with a slash at its end',
      ['base'],
      '/a/',
      ['/base: a path such as "/_latchkey", with no slash at its end'],
    ],
  ])('tells %s', (_, path, value, expected) => {
    expect(faultsOf(changed(EVERYTHING, path, value))).toEqual(expected)
  })

  it('tells all faults at once, unknown keys and broken rules too', () => {
    const document = {
      ...DOCUMENT,
      routez: [],
      colour: 'red',
      secretsSeconds: '30',
      credentials: [
        { kind: 'static-token', colour: 1, size: 2, tokens: { secret: 'a-b', since: 1 } },
        { kind: 'static-token', name: 'x', tokens: { secret: 'B' }, permissions: ['a'] },
      ],
      routes: [{ path: 'no-slash' }, { path: '/a', method: 'GET' }, { path: '/b', credentials: ['none'] }],
    }
    expect(pointersOf(document).sort()).toEqual([
      '/colour',
      '/credentials/0/colour',
      '/credentials/0/size',
      '/credentials/0/tokens/secret',
      '/credentials/0/tokens/since',
      '/credentials/1/permissions',
      '/routes/0/path',
      '/routes/1/method',
      '/routes/2/credentials/0',
      '/routez',
      '/secretsSeconds',
    ])
  })

  it('tells no place twice', () => {
    const pointers = pointersOf({
      ...DOCUMENT,
      credentials: [{ kind: 'static-token', tokens: [{}, 1, { secret: 1 }] }],
      a: 1,
      b: 1,
    })
    expect(new Set(pointers).size).toBe(pointers.length)
  })

  it('leaves the document that it is given as it is', () => {
    const document = { ...structuredClone(DOCUMENT), colour: 'red', log: { colour: 'red' } }
    const before = structuredClone(document)
    faultsOf(document)
    expect(document).toEqual(before)
  })

  it('tells a value that no JSON has, rather than to throw', () => {
    expect(faultsOf({ ...DOCUMENT, colour: () => 'red' })).toEqual(['/colour: no such key here'])
    expect(faultsOf({ ...DOCUMENT, realm: () => 'red' })).toHaveLength(1)
  })

  it.each([[EVERYTHING], [{ ...DOCUMENT, apis: [{ stage: 'a', resultTtlSeconds: 300 }, { resultTtlSeconds: 60 }] }]])(
    'tells a fault or takes the document, whatever stands at any place',
    (whole) => {
      const leaves = leavesOf(whole)
      const values = fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(...leavesOf(DOCUMENT).map((path) => path.at(-1))),
        fc.double(),
      )
      fc.assert(
        fc.property(fc.constantFrom(...leaves), values, fc.nat(3), (path, value, up) => {
          const result = validate(changed(whole, path.slice(0, Math.max(1, path.length - up)), value))
          expect(result.ok || result.faults.length > 0).toBe(true)
        }),
        { numRuns: 500 },
      )
    },
  )
})

it('tells a time that is no text beside the name of a secret', () => {
  const { issuing } = EVERYTHING
  const keys = [...[issuing?.keys ?? []].flat().slice(0, 1), { secret: 'SIGNING_KEY_2', until: 0 }]
  expect(faultsOf({ ...EVERYTHING, issuing: { ...issuing, keys } }).join()).toContain('/issuing/keys/1/until')
})

describe('a fault never repeats a secret that was pasted', () => {
  const tokens = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    fc.stringMatching(/^[0-9]{43}$/),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{42}$/),
    fc.stringMatching(/^[\x21-\x7e]{43}$/),
  )

  it('at any place of a document', () => {
    const leaves = leavesOf(EVERYTHING)
    fc.assert(
      fc.property(tokens, (token) => {
        const told = leaves.flatMap((path) => faultsOf(changed(EVERYTHING, path, token)))
        expect(told.filter((fault) => fault.includes(token))).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('at every place of a document at once', () => {
    const leaves = leavesOf(EVERYTHING)
    fc.assert(
      fc.property(tokens, (token) => {
        const document = leaves.reduce((all: unknown, path) => changed(all, path, token), EVERYTHING)
        expect(faultsOf(document).filter((fault) => fault.includes(token))).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('where an object or a list belongs', () => {
    const places = ['credentials', 'routes', 'origin', 'refusals', 'addresses', 'proxies', 'cors', 'revocation', 'log']
    fc.assert(
      fc.property(tokens, fc.constantFrom(...places), fc.boolean(), (token, place, isList) => {
        const told = faultsOf({ ...EVERYTHING, [place]: isList ? [token] : token })
        expect(told.length).toBeGreaterThan(0)
        expect(told.filter((fault) => fault.includes(token))).toEqual([])
      }),
    )
  })
})

describe('validateText', () => {
  it('reads a document', () => {
    expect(validateText(JSON.stringify(EVERYTHING))).toEqual({ ok: true, document: EVERYTHING })
  })

  it.each([
    ['{\n  "realm": "a",\n}', 'a JSON document; the text stops being JSON at line 3, column 1'],
    ['{"realm": "a"', 'a JSON document; the text stops being JSON at line 1, column 14'],
  ])('says where %j stops being JSON', (text, message) => {
    expect(validateText(text)).toEqual({ ok: false, faults: [{ pointer: '', message }] })
  })

  it.each([
    '',
    'hunter2hunter2hunter2',
    '{"a": hunter2hunter2hunter2}',
    '{"a": "hunter2hunter2hunter2',
    "{'hunter2hunter2hunter2'}",
  ])('repeats nothing of a text that is no JSON: %j', (text) => {
    const result = validateText(text)
    expect(result.ok).toBe(false)
    expect(JSON.stringify(result)).toMatch(/a JSON document; the text /)
    expect(JSON.stringify(result)).not.toContain('hunter2')
  })

  it('repeats nothing of any text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{43}$/), fc.string(), fc.string(), (token, before, after) => {
        const result = validateText(`${before}${token}${after}`)
        expect(JSON.stringify(result)).not.toContain(token)
      }),
    )
  })

  it.each(['[]', '"text"', '1', 'null', 'true'])('tells that %s is no document', (text) => {
    expect(validateText(text).ok).toBe(false)
  })
})
