import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriesToken, extractor, holdsParameter } from '../src/extract.ts'
import type { Place } from '../src/model/credential.ts'
import { placeName } from '../src/model/credential.ts'
import { isRefusal } from '../src/model/decision.ts'
import type { Field } from './given/access.ts'
import { accessOf } from './given/access.ts'
import { TOKENS } from './given/authority.ts'

const BEARER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }
const BASIC: Place = { kind: 'header', name: 'authorization', scheme: 'basic' }
const RAW: Place = { kind: 'header', name: 'authorization' }
const API_KEY: Place = { kind: 'header', name: 'x-api-key' }
const COOKIE: Place = { kind: 'cookie', name: 'session' }
const QUERY: Place = { kind: 'query', name: 'api_token' }
const SUBPROTOCOL: Place = { kind: 'subprotocol', name: 'latchkey' }

const MISSING = 'credential-missing'
const MALFORMED = 'credential-malformed'

/** What is found: `place = token`, or the reason why nothing is. */
function found(places: readonly Place[], headers: readonly Field[], query?: string): string {
  const result = extractor(places)(accessOf({ headers }), query)
  return isRefusal(result) ? result.reason : `${placeName(result.place)} = ${result.token}`
}

const authorization = (...values: readonly string[]) => values.map((value): Field => ['Authorization', value])
const cookie = (...values: readonly string[]) => values.map((value): Field => ['Cookie', value])
const offer = (...values: readonly string[]) => values.map((value): Field => ['Sec-WebSocket-Protocol', value])

describe('a scheme in a header', () => {
  it.each<[readonly Field[], string]>([
    [authorization('Bearer abc'), 'authorization: bearer = abc'],
    [authorization('bearer abc'), 'authorization: bearer = abc'],
    [authorization('BEARER abc'), 'authorization: bearer = abc'],
    [authorization('Bearer   abc'), 'authorization: bearer = abc'],
    [authorization(' Bearer abc '), 'authorization: bearer = abc'],
    [authorization('Bearer a=b;c:d'), 'authorization: bearer = a=b;c:d'],
    [[], MISSING],
    [authorization(''), MISSING],
    [authorization('Basic abc'), MISSING],
    [authorization('abc'), MISSING],
    [authorization('Bearerabc'), MISSING],
    [authorization('Bearer'), MALFORMED],
    [authorization('Bearer '), MALFORMED],
    [authorization('Bearer abc def'), MALFORMED],
    [authorization('Bearer abc, Bearer def'), MALFORMED],
    [authorization('Bearer abc,'), MALFORMED],
    [authorization('Basic abc, Bearer def'), MALFORMED],
    [authorization('Bearer abc', 'Bearer abc'), MALFORMED],
    [authorization('Bearer abc', 'Basic def'), MALFORMED],
    [authorization('Bearer caf\xe9'), MALFORMED],
    [authorization('Bearer a\0b'), MALFORMED],
    [authorization('Bearer a\x7fb'), MALFORMED],
    [authorization('Bearer a\tb'), MALFORMED],
  ])('%j: %s', (headers, expected) => {
    expect(found([BEARER], headers)).toBe(expected)
  })

  it('is not taken for another one of the same header', () => {
    expect(found([BEARER, BASIC], authorization('Basic abc'))).toBe('authorization: basic = abc')
    expect(found([BEARER, BASIC], authorization('Digest abc'))).toBe(MISSING)
  })

  it('goes before the whole value of the same header', () => {
    const places = [RAW, BEARER]
    expect(found(places, authorization('Bearer abc'))).toBe('authorization: bearer = abc')
    expect(found(places, authorization('abc'))).toBe('authorization = abc')
    expect(found(places, authorization('Bearer'))).toBe(MALFORMED)
    expect(found(places, authorization('Basic abc'))).toBe(MALFORMED)
  })
})

describe('a whole header', () => {
  it.each<[readonly Field[], string]>([
    [[['X-Api-Key', 'abc']], 'x-api-key = abc'],
    [[['x-api-KEY', ' abc ']], 'x-api-key = abc'],
    [[['X-Api-Key', '']], MISSING],
    [[['X_Api_Key', 'abc']], MISSING],
    [[['X-Api-Key', 'a b']], MALFORMED],
    [[['X-Api-Key', 'abc,def']], MALFORMED],
    [
      [
        ['X-Api-Key', 'abc'],
        ['x-api-key', 'abc'],
      ],
      MALFORMED,
    ],
    [
      [
        ['X-Api-Key', ''],
        ['x-api-key', ''],
      ],
      MALFORMED,
    ],
    [[['X-Api-Key', 'é']], MALFORMED],
  ])('%j: %s', (headers, expected) => {
    expect(found([API_KEY], headers)).toBe(expected)
  })
})

describe('a cookie', () => {
  it.each<[readonly Field[], string]>([
    [cookie('session=abc'), 'cookie session = abc'],
    [cookie('a=1; session=abc; b=2'), 'cookie session = abc'],
    [cookie('a=1;session=abc'), 'cookie session = abc'],
    [cookie('a=1', 'session=abc'), 'cookie session = abc'],
    [[], MISSING],
    [cookie('a=1'), MISSING],
    [cookie('xsession=abc; session2=abc'), MISSING],
    [cookie('Session=abc'), MISSING],
    [cookie('session'), MISSING],
    [cookie('session='), MALFORMED],
    [cookie('session=abc; session=abc'), MALFORMED],
    [cookie('session=abc', 'session=def'), MALFORMED],
    [cookie('a=1, session=abc'), MALFORMED],
    [cookie('session=abc, session=def'), MALFORMED],
    [cookie('session=abc, a=1'), MALFORMED],
    [cookie('session=a b'), MALFORMED],
    [cookie('session=\xe9'), MALFORMED],
  ])('%j: %s', (headers, expected) => {
    expect(found([COOKIE], headers)).toBe(expected)
  })
})

describe('a query parameter', () => {
  it.each<[string | undefined, string]>([
    ['api_token=abc', 'query api_token = abc'],
    ['a=1&api_token=abc&b', 'query api_token = abc'],
    ['api%5Ftoken=abc', 'query api_token = abc'],
    ['api_token=a%2Bb', 'query api_token = a+b'],
    ['api_token=a=b', 'query api_token = a=b'],
    [undefined, MISSING],
    ['', MISSING],
    ['a=1', MISSING],
    ['API_TOKEN=abc', MISSING],
    ['xapi_token=abc', MISSING],
    ['api_token', MISSING],
    ['api_token=', MALFORMED],
    ['api_token=abc&api_token=abc', MALFORMED],
    ['api_token=abc&api%5ftoken=def', MALFORMED],
    ['api_token=a+b', MALFORMED],
    ['api_token=a%20b', MALFORMED],
    ['api_token=a%2Cb', MALFORMED],
    ['api_token=%zz', MALFORMED],
    ['api_token=%ff', MALFORMED],
    ['api_token=%00', MALFORMED],
  ])('%j: %s', (query, expected) => {
    expect(found([QUERY], [], query)).toBe(expected)
  })
})

describe('a WebSocket subprotocol', () => {
  const jwt = 'eyJh.eyJz.Tubw'

  it.each<[readonly Field[], string]>([
    [offer('latchkey.token.abc'), 'subprotocol latchkey = abc'],
    [offer('chat, latchkey.token.abc'), 'subprotocol latchkey = abc'],
    [offer('chat', 'latchkey.token.abc'), 'subprotocol latchkey = abc'],
    [offer(`latchkey.token.${jwt}`), `subprotocol latchkey = ${jwt}`],
    [offer('latchkey.token.a.token.b'), 'subprotocol latchkey = a.token.b'],
    [offer('latchkey.token.a.token64.YWJj'), 'subprotocol latchkey = a.token64.YWJj'],
    [offer('latchkey.token64.YWJj'), 'subprotocol latchkey = abc'],
    [offer('latchkey.token64.Pz8_fn5-'), 'subprotocol latchkey = ???~~~'],
    [[], MISSING],
    [offer('chat'), MISSING],
    [offer('latchkey'), MISSING],
    [offer('Latchkey.token.abc'), MISSING],
    [offer('xlatchkey.token.abc'), MISSING],
    [offer('latchkey.token.'), MALFORMED],
    [offer('latchkey.token64.'), MALFORMED],
    [offer('latchkey.token64.YWJj='), MALFORMED],
    [offer('latchkey.token64.YWI'), 'subprotocol latchkey = ab'],
    [offer('latchkey.token64.YWJ'), MALFORMED],
    [offer('latchkey.token64.Y'), MALFORMED],
    [offer('latchkey.token64.YWIg'), MALFORMED],
    [offer('latchkey.token64.w6k'), MALFORMED],
    [offer('latchkey.token.abc, latchkey.token.abc'), MALFORMED],
    [offer('latchkey.token.abc, latchkey.token64.YWJj'), MALFORMED],
    [offer('latchkey.token.abc', 'latchkey.token.def'), MALFORMED],
  ])('%j: %s', (headers, expected) => {
    expect(found([SUBPROTOCOL], headers)).toBe(expected)
  })
})

describe('several places', () => {
  const places = [BEARER, API_KEY, COOKIE, QUERY, SUBPROTOCOL]
  const shown: readonly { readonly headers: readonly Field[]; readonly query?: string }[] = [
    { headers: authorization(`Bearer ${TOKENS.FULL}`) },
    { headers: [['X-Api-Key', TOKENS.FULL]] },
    { headers: cookie(`session=${TOKENS.FULL}`) },
    { headers: [], query: `api_token=${TOKENS.FULL}` },
    { headers: offer(`latchkey.token.${TOKENS.FULL}`) },
  ]

  it('never give two credentials, whatever is shown where', () => {
    fc.assert(
      fc.property(fc.subarray([...shown]), fc.constantFrom(...shown), fc.boolean(), (subset, again, isRepeated) => {
        const all = isRepeated ? [...subset, again] : subset
        const headers = all.flatMap((each) => each.headers)
        const query = all.flatMap((each) => each.query ?? []).join('&')
        const result = found(places, headers, query === '' ? undefined : query)
        if (all.length === 0) expect(result).toBe(MISSING)
        else if (all.length === 1) expect(result).toContain(TOKENS.FULL)
        else expect(result).toBe(MALFORMED)
      }),
    )
  })

  it('count as one where credentials share them', () => {
    expect(found([BEARER, BEARER], authorization('Bearer abc'))).toBe('authorization: bearer = abc')
  })

  it('give nothing but a visible token, one place or a refusal, whatever is sent', () => {
    const values = fc.oneof(
      fc.constantFrom('Bearer abc', 'Bearer', ' ', 'session=a; session=b', 'latchkey.token.x, latchkey.token.y', ','),
      fc.string({ unit: 'binary' }),
    )
    const names = fc.constantFrom('Authorization', 'X-Api-Key', 'Cookie', 'Sec-WebSocket-Protocol')
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), fc.option(values, { nil: undefined }), (headers, query) => {
        const result = extractor(places)(accessOf({ headers }), query)
        if (isRefusal(result)) expect([MISSING, MALFORMED]).toContain(result.reason)
        else expect(result.token).toMatch(/^[\x21-\x2b\x2d-\x7e]+$/)
      }),
    )
  })

  it('take a credential of 64 KB apart as well', () => {
    const token = 'a'.repeat(65_536)
    expect(found(places, authorization(`Bearer ${token}`))).toBe(`authorization: bearer = ${token}`)
    expect(found(places, cookie(`${'a=1; '.repeat(13_000)}session=abc`))).toBe('cookie session = abc')
    expect(found(places, authorization(`Bearer ${','.repeat(65_536)}`))).toBe(MALFORMED)
    expect(found(places, offer(`${'x,'.repeat(32_768)}latchkey.token.abc`))).toBe('subprotocol latchkey = abc')
  })
})

describe('a refusal', () => {
  const placeOf = (places: readonly Place[], headers: readonly Field[]) => {
    const result = extractor(places)(accessOf({ headers }), undefined)
    return isRefusal(result) ? result.place : 'found'
  }

  it('says where what is malformed stood', () => {
    expect(placeOf([BEARER, API_KEY], authorization('Bearer'))).toBe(BEARER)
    expect(placeOf([BEARER, API_KEY], [['X-Api-Key', 'a b']])).toBe(API_KEY)
  })

  it('says no place where nothing was shown', () => {
    expect(placeOf([BEARER], [])).toBeUndefined()
  })

  it('never holds what was shown', () => {
    const result = extractor([BEARER])(accessOf({ headers: authorization(`Bearer ${TOKENS.FULL}, x`) }), undefined)
    expect(JSON.stringify(result)).not.toContain(TOKENS.FULL)
  })
})

describe('holdsParameter', () => {
  it.each([
    ['a=1', true],
    ['b=2;a=1', true],
    ['a=', true],
    ['%61=1', true],
    ['a', false],
    ['A=1', false],
    ['aa=1', false],
    ['=a', false],
    ['%zz=1', false],
  ])('%j: %j', (pair, expected) => {
    expect(holdsParameter(pair, 'a')).toBe(expected)
  })
})

describe('carriesToken', () => {
  it.each([
    ['latchkey.token.x', true],
    ['latchkey.token64.x', true],
    ['latchkey.token', false],
    ['latchkey', false],
    ['chat', false],
  ])('%j: %j', (text, expected) => {
    expect(carriesToken(text, 'latchkey')).toBe(expected)
  })
})
