import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import type { Outgoing } from '../../src/http/outgoing.ts'
import { cleaner, isWebSocket } from '../../src/http/outgoing.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { AccessFacts, Field } from '../given/access.ts'
import { accessOf, bearer } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'

const IDENTITY = ['Subject', 'Kind', 'Type', 'Name', 'Owner', 'Permissions', 'Expires', 'Request-Id'].map(
  (name) => `X-Latchkey-${name}`,
)
const OURS = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', ...IDENTITY]

async function cleaned(document: Document, facts: AccessFacts): Promise<Outgoing> {
  const gate = gateOf(document)
  const { passed } = await gate.enter(accessOf(facts), () => undefined)
  if (!passed) throw new Error('the gate refused')
  const { judgement, allowed } = passed
  const outgoing = cleaner(gate.latchkey.settings)(facts.headers ?? [], judgement, allowed)
  if (isRefusal(outgoing)) throw new Error(outgoing.reason)
  return outgoing
}

/** What goes on of the client's own fields: all but those that the gate sets. */
async function kept(document: Document, headers: readonly Field[], facts: AccessFacts = {}): Promise<Field[]> {
  const { fields } = await cleaned(document, { ...facts, headers })
  return fields.slice(OURS.length).map(([name, value]): Field => [name, value])
}

const OPEN: Document = { ...DOCUMENT, routes: [{ path: '/*', public: true }] }
const places = (...from: NonNullable<Document['credentials'][number]['from']>): Document => ({
  ...OPEN,
  credentials: [{ kind: 'static-token', name: 'full', from, tokens: { secret: 'FULL' }, type: 'full-access' }],
})

describe('what the client sent', () => {
  it('goes on as it stands, in order, repeated where it was', async () => {
    const headers: readonly Field[] = [
      ['Accept', 'a/b'],
      ['accept', 'c/d'],
      ['X-Custom', 'caf\xe9'],
      ['Cookie', 'a=1; b=2'],
      ['Content-Length', '5'],
      ['Accept-Encoding', 'gzip'],
      ['If-None-Match', '"x"'],
    ]
    expect(await kept(OPEN, headers)).toEqual(headers)
  })

  it.each([
    'Host',
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'x_forwarded_for',
    'X-Original-URL',
    'X-Original-URI',
    'X_Original_Url',
    'X-Real-IP',
    'X-Client-IP',
    'True-Client-IP',
    'X-Rewrite-URL',
    'x_rewrite_url',
    'X-HTTP-Method',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'x_http_method_override',
    'X-Latchkey-Subject',
    'x_latchkey_subject',
    'X-Latchkey_Anything',
    'X.Latchkey.Subject',
    'X!Latchkey~Subject',
    'X.Forwarded.For',
    'X-Latchkey-Proxy-Secret',
    'Proxy',
    'Transfer_Encoding',
    'Content_Length',
  ])('goes on without %s', async (name) => {
    expect(
      await kept(OPEN, [
        ['A', '1'],
        [name, 'x'],
        ['B', '2'],
      ]),
    ).toEqual([
      ['A', '1'],
      ['B', '2'],
    ])
  })

  it('goes on without what Connection lists', async () => {
    const headers: readonly Field[] = [
      ['Connection', 'close, X-Hop'],
      ['connection', 'x-OTHER ,'],
      ['X-Hop', '1'],
      ['x-hop', '2'],
      ['X-Other', '3'],
      ['X-Stays', '4'],
    ]
    expect(await kept(OPEN, headers)).toEqual([['X-Stays', '4']])
  })

  it('takes none of our own fields away by listing them', async () => {
    const listed = OURS.join(', ')
    const { fields } = await cleaned(OPEN, { headers: [['Connection', `${listed}, x-origin-secret`]] })
    expect(fields.map(([name]) => name)).toEqual(OURS)
  })
})

describe('what the gate says', () => {
  it('is who called and from where, once each', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [{ ...(DOCUMENT.credentials[0] as Document['credentials'][number]), name: 'a.b' }],
    }
    const { fields } = await cleaned(document, { headers: [bearer(TOKENS.FULL)] })
    expect(fields).toEqual([
      ['X-Forwarded-For', '203.0.113.7'],
      ['X-Forwarded-Host', 'api.example'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Latchkey-Subject', 'a.b'],
      ['X-Latchkey-Kind', 'static-token'],
      ['X-Latchkey-Type', 'full-access'],
      ['X-Latchkey-Name', 'a.b'],
      ['X-Latchkey-Owner', ''],
      ['X-Latchkey-Permissions', ''],
      ['X-Latchkey-Expires', ''],
      ['X-Latchkey-Request-Id', accessOf().requestId],
    ])
  })

  it('leaves out a client that is not known', async () => {
    const { fields } = await cleaned(OPEN, { clientAddress: undefined })
    expect(fields.map(([name]) => name)).toEqual(OURS.slice(1))
  })
})

describe('whatever a client sends', () => {
  const spelling = (name: string) =>
    fc
      .array(fc.constantFrom('upper', 'lower', 'under', 'dot'), { minLength: name.length, maxLength: name.length })
      .map((ways) =>
        Array.from(name, (character, place) => {
          if (character === '-') return ways[place] === 'under' ? '_' : ways[place] === 'dot' ? '.' : '-'
          return ways[place] === 'upper' ? character.toUpperCase() : character.toLowerCase()
        }).join(''),
      )
  const names = fc.oneof(
    fc
      .constantFrom(...OURS, 'X-Latchkey-Proxy-Secret', 'X-Original-URI', 'Forwarded', 'X-Real-IP', 'X-Origin-Secret')
      .chain(spelling),
    fc.constantFrom('Accept', 'Connection', 'Cookie', 'Authorization', 'X-Custom'),
    fc.stringMatching(/^[A-Za-z_.-]{1,10}$/),
  )
  const values = fc.oneof(
    fc.constantFrom('spoofed', 'close, x-latchkey-subject', `Bearer ${TOKENS.FULL}`, `a=1; session=${TOKENS.READ}`),
    fc.stringMatching(/^[\x21-\x7e]{0,10}$/),
  )
  const document: Document = {
    ...places({ header: 'authorization', scheme: 'bearer' }, { cookie: 'session' }),
    origin: { url: 'http://127.0.0.1:9', headers: { 'x-origin-secret': { secret: 'ADMIN' } } },
  }

  it("none of the gate's own fields arrives in any spelling but the gate's, and no credential", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, values), { maxLength: 8 }), async (headers) => {
        const { fields } = await cleaned(document, { headers })
        const reserved = fields.filter(([name]) =>
          /^(?:x-latchkey-|x-forwarded-|x-original-|x-origin-secret$|forwarded$|x-real-ip$)/.test(
            canonicalHeaderName(name),
          ),
        )
        expect(reserved.map(([name]) => name)).toEqual(['x-origin-secret', ...OURS])
        const credentials = fields.filter(([name, value]) =>
          canonicalHeaderName(name) === 'authorization'
            ? /bearer/i.test(value)
            : /^cookie$/i.test(name) && /session=/.test(value),
        )
        expect(credentials).toEqual([])
        expect(reserved.some(([, value]) => value === 'spoofed')).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a credential', () => {
  it.each<[string, Document, readonly Field[], readonly Field[]]>([
    [
      'by its scheme',
      places({ header: 'authorization', scheme: 'bearer' }),
      [
        ['Authorization', 'Bearer x'],
        ['Accept', 'y'],
      ],
      [['Accept', 'y']],
    ],
    [
      'by its scheme in capitals',
      places({ header: 'authorization', scheme: 'bearer' }),
      [['AUTHORIZATION', 'BEARER x']],
      [],
    ],
    ['by its scheme alone', places({ header: 'authorization', scheme: 'bearer' }), [['Authorization', 'Bearer']], []],
    [
      'by its scheme behind another',
      places({ header: 'authorization', scheme: 'bearer' }),
      [['Authorization', 'Basic a, Bearer x']],
      [],
    ],
    [
      'not by another scheme',
      places({ header: 'authorization', scheme: 'bearer' }),
      [['Authorization', 'Basic x']],
      [['Authorization', 'Basic x']],
    ],
    [
      'by its header',
      places({ header: 'x-api-key' }),
      [
        ['X-Api-Key', 'x'],
        ['X_API_KEY', 'y'],
        ['X-Api-Keys', 'z'],
      ],
      [['X-Api-Keys', 'z']],
    ],
    ['in a cookie', places({ cookie: 'session' }), [['Cookie', 'a=1; session=x; b=2']], [['Cookie', 'a=1; b=2']]],
    ['in the only cookie', places({ cookie: 'session' }), [['Cookie', 'session=x']], []],
    [
      'in two cookies',
      places({ cookie: 'session' }),
      [
        ['Cookie', 'session=x; session=y; a=1'],
        ['Cookie', 'session=z'],
      ],
      [['Cookie', 'a=1']],
    ],
    [
      'not in another cookie',
      places({ cookie: 'session' }),
      [['Cookie', 'xsession=x; Session=y']],
      [['Cookie', 'xsession=x; Session=y']],
    ],
    [
      'in a subprotocol',
      places({ subprotocol: 'latchkey' }),
      [['Sec-WebSocket-Protocol', 'chat, latchkey.token.x']],
      [['Sec-WebSocket-Protocol', 'chat']],
    ],
    [
      'in the only subprotocol',
      places({ subprotocol: 'latchkey' }),
      [['Sec-WebSocket-Protocol', 'latchkey.token64.eA']],
      [],
    ],
    [
      'not the plain subprotocol',
      places({ subprotocol: 'latchkey' }),
      [['Sec-WebSocket-Protocol', 'latchkey, latchkey.token.x']],
      [['Sec-WebSocket-Protocol', 'latchkey']],
    ],
  ])('goes no further, %s', async (_, document, headers, expected) => {
    expect(await kept(document, headers)).toEqual(expected)
  })

  it.each([
    ['/a?api_token=x', '/a'],
    ['/a?b=1&api_token=x&c', '/a?b=1&c'],
    ['/a?api%5Ftoken=x&b=%20', '/a?b=%20'],
    ['/a?api_token=x&api_token=y', '/a'],
    ['/a?api_tokens=x&API_TOKEN=y', '/a?api_tokens=x&API_TOKEN=y'],
    ['/a?b=1', '/a?b=1'],
    ['/a?', '/a?'],
    ['/a', '/a'],
    ['/a?b==&&c', '/a?b==&&c'],
  ])('goes no further in the query: %s becomes %s', async (target, expected) => {
    expect((await cleaned(places({ query: 'api_token' }), { target })).target).toBe(expected)
  })

  const two = (isForwarded: boolean): Document => ({
    ...DOCUMENT,
    credentials: [
      { kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access', forward: true },
      { kind: 'static-token', name: 'read', tokens: { secret: 'READ' }, forward: isForwarded },
    ],
  })

  it('goes on where it says so', async () => {
    expect(await kept(two(false), [bearer(TOKENS.FULL)])).toEqual([bearer(TOKENS.FULL)])
    expect(await kept(two(false), [bearer(TOKENS.READ)])).toEqual([])
  })

  it('that goes on does so in the spelling that was judged, and in no other', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [
        { kind: 'static-token', from: [{ header: 'x-api-key' }], tokens: { secret: 'READ' }, forward: true },
      ],
    }
    const genuine: Field = ['X-Api-Key', TOKENS.READ]
    expect(await kept(document, [genuine, ['X_Api_Key', TOKENS.FULL], ['X.Api.Key', TOKENS.FULL]])).toEqual([genuine])
  })

  it('goes on from a public route only where every credential of its place may', async () => {
    expect(await kept(two(true), [bearer(TOKENS.FULL)], { target: '/health' })).toEqual([bearer(TOKENS.FULL)])
    expect(await kept(two(false), [bearer(TOKENS.FULL)], { target: '/health' })).toEqual([])
  })

  it('of the header is left where the credential that goes on is a scheme of the same header', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [
        { kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access', forward: true },
        {
          kind: 'static-token',
          name: 'raw',
          from: [{ header: 'authorization' }],
          tokens: { secret: 'READ' },
          type: 'full-access',
        },
      ],
    }
    expect(await kept(document, [bearer(TOKENS.FULL)])).toEqual([bearer(TOKENS.FULL)])
    expect(await kept(document, [['Authorization', TOKENS.READ]])).toEqual([])
  })
})

describe('origin headers', () => {
  const document = (secret: string): Document => ({
    ...OPEN,
    origin: { url: 'http://127.0.0.1:9', headers: { 'X-Origin-Secret': { secret } } },
  })

  it("replace the client's copies, in any spelling", async () => {
    const headers: readonly Field[] = [
      ['X-Origin-Secret', 'mine'],
      ['x_origin_secret', 'mine'],
      ['A', '1'],
    ]
    const { fields } = await cleaned(document('READ'), { headers })
    expect(fields[0]).toEqual(['x-origin-secret', TOKENS.READ])
    expect(fields.at(-1)).toEqual(['A', '1'])
    expect(JSON.stringify(fields)).not.toContain('mine')
  })

  it('with an underscore in their name replace the copies too', async () => {
    const origin = { url: 'http://127.0.0.1:9', headers: { x_origin_secret: { secret: 'READ' } } }
    const headers: readonly Field[] = ['x_origin_secret', 'X-Origin-Secret'].map((name) => [name, 'mine'])
    const { fields } = await cleaned({ ...OPEN, origin }, { headers })
    expect(fields[0]).toEqual(['x_origin_secret', TOKENS.READ])
    expect(JSON.stringify(fields)).not.toContain('mine')
  })

  it('that have no value keep the request from going on', async () => {
    await expect(cleaned(document('UNSET'), {})).rejects.toThrow('not-configured')
  })
})

describe('a preflight', () => {
  it('goes on with what a preflight is made of, and no identity', async () => {
    const headers: readonly Field[] = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'x-a'],
      ['access_control_request_method', 'DELETE'],
      ['Authorization', `Bearer ${TOKENS.FULL}`],
      ['Cookie', 'a=1'],
      ['User-Agent', 'curl'],
    ]
    expect(await kept(DOCUMENT, headers, { method: 'OPTIONS' })).toEqual(headers.slice(0, 3))
    const { fields } = await cleaned(DOCUMENT, { method: 'OPTIONS', headers })
    expect(new Map(fields).get('X-Latchkey-Name')).toBe('')
  })
})

describe('isWebSocket', () => {
  const upgrade: Field = ['Upgrade', 'websocket']
  const connection: Field = ['Connection', 'Upgrade']

  it.each<[string, readonly Field[], boolean]>([
    ['GET', [upgrade, connection], true],
    [
      'GET',
      [
        ['upgrade', 'WebSocket'],
        ['connection', 'keep-alive, upgrade'],
      ],
      true,
    ],
    ['POST', [upgrade, connection], false],
    ['GET', [upgrade], false],
    ['GET', [connection], false],
    ['GET', [['Upgrade', 'h2c'], connection], false],
    ['GET', [['Upgrade', 'websocket, h2c'], connection], false],
    ['GET', [upgrade, upgrade, connection], false],
    ['GET', [upgrade, ['Connection', 'close']], false],
  ])('%s %j: %j', (method, headers, expected) => {
    expect(isWebSocket(accessOf({ method, headers }))).toBe(expected)
  })
})

describe('a credential that was not judged', () => {
  const QUERY = places({ query: 'api_token' })
  const COOKIE = places({ cookie: 'session' })

  it('does not go on behind a semicolon of the query', async () => {
    const { target } = await cleaned(QUERY, { target: `/a?x=1;api_token=${TOKENS.FULL}&y=2` })
    expect(target).toBe('/a?y=2')
  })

  it('does not go on in the address of the page before', async () => {
    const from = (url: string): Field => ['Referer', url]
    expect(await kept(QUERY, [from(`https://a.example/?x=1&api_token=${TOKENS.FULL}`)])).toEqual([])
    expect(await kept(QUERY, [from('https://a.example/?x=1')])).toEqual([from('https://a.example/?x=1')])
  })

  it('does not go on with a space before its equals sign', async () => {
    expect(await kept(COOKIE, [['Cookie', `a=1; session =${TOKENS.FULL}`]])).toEqual([['Cookie', 'a=1']])
  })
})

it('sends no TRACE where the gate adds a secret that an origin would send back', async () => {
  const document: Document = {
    ...OPEN,
    origin: { url: 'http://127.0.0.1:9', headers: { 'x-origin-secret': { secret: 'FULL' } } },
  }
  await expect(cleaned(document, { method: 'TRACE' })).rejects.toThrow('route-unknown')
  expect((await cleaned(document, {})).fields).toContainEqual(['x-origin-secret', TOKENS.FULL])
  expect((await cleaned(OPEN, { method: 'TRACE' })).fields).toHaveLength(OURS.length)
})
