import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { build } from '../../src/build.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { gate } from '../../src/http/gate.ts'
import { jwtBy } from '../../src/jwt.ts'
import { ownKeyOf } from '../../src/key-sets/own-key.ts'
import * as readingByFetch from '../../src/key-sets/reading-by-fetch.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { authorityOf, hostOf, TOKENS } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'
import { ISSUER, keySet, mint } from '../given/jwt.ts'
import { documentWith, ED, EDDSA, HS256, ORIGIN, SECRETS, SHARED, signing } from '../identity/given.ts'

const kidOf = async (name: keyof typeof ED) => (await ownKeyOf(JSON.stringify(ED[name]))).publicKey.kid

describe('a signed identity', () => {
  test('says who called, what for and until when', async () => {
    const token = await signing().identity({
      method: 'POST',
      target: '/orders/7?x=1',
      headers: [bearer(TOKENS.CUSTOM)],
    })
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'EdDSA',
      kid: await kidOf('current'),
      typ: 'latchkey-identity+jwt',
    })
    expect(decodeJwt(token)).toEqual({
      iss: ORIGIN,
      aud: 'orders-origin',
      sub: 'some',
      iat: NOW,
      exp: NOW + 60,
      jti: '00000000-0000-4000-8000-000000000000',
      htm: 'POST',
      htu: `${ORIGIN}/orders/7`,
      kind: 'static-token',
      name: 'some',
      type: 'custom',
      permissions: ['orders.read', 'orders.*'],
      ends: Date.parse('2030-01-01T00:00:00Z') / 1000,
      claims: {},
    })
  })

  test('says of a public route that nobody had to show anything', async () => {
    const claims = decodeJwt(await signing().identity({ target: '/health', headers: [] }))
    expect(claims).toMatchObject({ sub: '', kind: 'anonymous', permissions: [], htu: `${ORIGIN}/health` })
    expect(claims).not.toHaveProperty('name')
  })

  test.each([
    ['/a%c3%bc', '/a%C3%BC'],
    ['/orders/', '/orders/'],
    ['/orders?a=/b', '/orders'],
  ])('of %s is bound to %s', async (target, path) => {
    expect(decodeJwt(await signing().identity({ target }))['htu']).toBe(ORIGIN + path)
  })

  test('knows nothing of the Host that a request has named', async () => {
    const token = await signing().identity({ host: 'evil.example', scheme: 'http', target: '/orders' })
    expect(decodeJwt(token)).toMatchObject({ iss: ORIGIN, htu: `${ORIGIN}/orders` })
  })

  test.each(['X-Latchkey-Identity', 'x-latchkey_identity', 'X_Latchkey_Identity'])(
    'is there once, whatever a client sends as %s',
    async (name) => {
      const token = await signing().identity({ headers: [bearer(TOKENS.FULL), [name, 'forged']] })
      expect(decodeJwt(token)['sub']).toBe('full')
    },
  )

  test('is not there where a document does not have it', async () => {
    const { identity: _, ...without } = documentWith(EDDSA)
    const { passed } = await gateOf(without).enter(accessOf({ headers: [bearer(TOKENS.FULL)] }), () => undefined)
    expect(passed?.allowed.identity).toBeUndefined()
  })

  test('of HS256 has no key id', async () => {
    expect(decodeProtectedHeader(await signing(HS256).identity())).toEqual({
      alg: 'HS256',
      typ: 'latchkey-identity+jwt',
    })
  })

  test('does not outlive the slot of its key, and is signed by the first that counts', async () => {
    const until = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString()
    const short = { ...EDDSA, keys: [{ secret: 'CURRENT', until: until(10) }] }
    expect(decodeJwt(await signing(short).identity())['exp']).toBe(NOW + 10)
    const ended = { ...EDDSA, keys: [{ secret: 'CURRENT', until: until(0) }, { secret: 'PREVIOUS' }] }
    expect(decodeProtectedHeader(await signing(ended).identity()).kid).toBe(await kidOf('previous'))
  })

  test('is answered to a proxy that asks, about the request that it describes', async () => {
    const { reply } = await signing().enter({
      target: '/_latchkey/verify',
      clientAddress: '192.0.2.1',
      headers: [bearer(TOKENS.FULL), ['X-Original-URI', '/orders/7?x=1'], ['X-Original-Method', 'DELETE']],
    })
    expect(reply?.status).toBe(200)
    const claims = decodeJwt(reply?.headers['X-Latchkey-Identity'] as string)
    expect(claims).toMatchObject({ htm: 'DELETE', htu: `${ORIGIN}/orders/7`, sub: 'full' })
  })
})

describe('claims of the caller', () => {
  const JWT = {
    kind: 'jwt',
    name: 'people',
    issuer: ISSUER,
    audience: 'orders',
    algorithms: ['ES256'],
    keys: { jwks: { secret: 'SET' } },
    ownerClaim: 'org.id',
    type: 'full-access',
  } as const

  test.each([
    [
      'those that are chosen and there, and no other',
      ['email', 'org.id', 'azp'],
      { email: 'zoë@例.example', 'org.id': 'o-1' },
    ],
    ['none where none are chosen', undefined, {}],
  ])('are %s', async (_, claims, expected) => {
    const identity = { ...EDDSA, ...(claims && { claims }) }
    const kind = jwtBy({ reading: async () => readingByFetch, runsLater: true, isSigned: signatureByNode })
    const document = { ...documentWith(identity), credentials: [JWT] }
    const host = hostOf({ ...SECRETS, SET: keySet('ec1') })
    const latchkey = build(document, host, { transport: 'any' }, equipmentOf([kind], [], undefined))
    const told = { email: 'zoë@例.example', org: { id: 'o-1' }, phone: '+1', sub: 'ü\u{1f511}' }
    const headers = [bearer(mint({ claims: told, at: NOW }))]
    for (let times = 0; times < 2; times++) {
      const { passed } = await gate(latchkey).enter(accessOf({ headers, method: 'GET' }), () => undefined)
      const said = decodeJwt(passed?.allowed.identity as string)
      expect(said).toMatchObject({ sub: 'ü\u{1f511}', kind: 'jwt', owner: 'o-1', ends: NOW + 600 })
      expect(said['claims']).toEqual(expected)
    }
  })
})

describe('without a key that can be used', () => {
  const NAMES: readonly (readonly [string, typeof EDDSA, Record<string, string>, string])[] = [
    ['a secret that is not set', EDDSA, { FULL: TOKENS.FULL }, ''],
    ['a key of P-256', { ...EDDSA, keys: { secret: 'P256' } }, SECRETS, 'no private JSON Web Key of Ed25519'],
    ['a text that is no key', { ...EDDSA, keys: { secret: 'SHARED' } }, SECRETS, 'no private JSON Web Key'],
    ['a short secret', HS256, { ...SECRETS, SHARED: 'a-secret-of-30-characters-here' }, 'fewer than 32 bytes'],
    ['a JSON Web Key as secret', { ...HS256, keys: { secret: 'CURRENT' } }, SECRETS, 'needs a text'],
  ]

  test.each(NAMES)('nothing passes: %s', async (_, identity, secrets, told) => {
    const { enter, sink } = signing(identity, secrets)
    const { reply } = await enter({ target: '/orders' })
    expect([reply?.status, JSON.parse(reply?.body as string).reason]).toEqual([503, 'not-configured'])
    const events = JSON.stringify(sink.events)
    expect(events).toContain(told)
    for (const secret of [ED.current.d as string, SHARED, 'a-secret-of-30']) expect(events).not.toContain(secret)
  })

  test('verify is no 2xx, and nginx gets its 403', async () => {
    const { reply } = await signing(EDDSA, { FULL: TOKENS.FULL }).enter({
      target: '/_latchkey/verify',
      clientAddress: '192.0.2.1',
      headers: [bearer(TOKENS.FULL), ['X-Original-URI', '/orders'], ['X-Original-Method', 'GET']],
    })
    expect([reply?.status, reply?.headers['X-Latchkey-Reason']]).toEqual([403, 'not-configured'])
  })

  test('what is refused anyway is refused as ever, and live answers', async () => {
    const { enter } = signing(EDDSA, { FULL: TOKENS.FULL })
    expect((await enter({ headers: [] })).reply?.status).toBe(401)
    expect((await enter({ target: '/_latchkey/live', headers: [] })).reply?.status).toBe(200)
  })
})

describe('the published keys', () => {
  const TARGET = '/_latchkey/identity/jwks.json'

  async function published(identity = EDDSA, secrets: Record<string, string> = SECRETS) {
    const { reply } = await signing(identity, secrets).enter({ target: TARGET, headers: [] })
    return { status: reply?.status, headers: reply?.headers ?? {}, body: JSON.parse(reply?.body as string) }
  }

  test('are those of the current, the previous and the next slot, without anything private', async () => {
    const { status, headers, body } = await published()
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': 'public, max-age=300',
    })
    const kids = await Promise.all((['current', 'previous', 'next'] as const).map(kidOf))
    expect(body.keys.map(({ kid }: { kid: string }) => kid)).toEqual(kids)
    for (const key of body.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })

  test('are none where a secret is shared', async () => {
    const { body } = await published(HS256)
    expect(body).toEqual({ keys: [] })
  })

  test('lose the one whose slot has ended, and one that is withdrawn', async () => {
    const ended = { ...EDDSA, keys: [{ secret: 'CURRENT' }, { secret: 'PREVIOUS', until: '2020-01-01T00:00:00Z' }] }
    expect((await published(ended)).body.keys).toHaveLength(2)
    const { CURRENT: _, ...withdrawn } = SECRETS
    expect((await published(EDDSA, withdrawn)).body.keys).toHaveLength(2)
  })

  test('exist only where a document has identities, for GET and HEAD', async () => {
    const { identity: _, ...without } = documentWith(EDDSA)
    const { reply } = await gateOf(without, hostOf()).enter(accessOf({ target: TARGET }), () => undefined)
    expect(reply?.status).toBe(403)
    expect((await signing().enter({ target: TARGET, method: 'POST', headers: [] })).reply?.status).toBe(403)
    expect((await signing().enter({ target: TARGET, method: 'HEAD', headers: [] })).reply?.status).toBe(200)
  })
})

test('where signing cannot be loaded nothing passes, and the operator is told by the name of what was thrown alone', async () => {
  const host = hostOf(SECRETS)
  const failing = gate(authorityOf(documentWith(EDDSA), host), undefined, async () => {
    throw new TypeError(`cannot load ${TOKENS.FULL}`)
  })
  const access = accessOf({ target: '/orders', headers: [bearer(TOKENS.FULL)] })
  const { reply } = await failing.enter(access, () => undefined)
  expect([reply?.status, JSON.parse(reply?.body ?? '').reason]).toEqual([503, 'dependency-unavailable'])
  expect(host.sink.events).toContainEqual({
    type: 'notice',
    level: 'error',
    message: `request ${access.requestId} failed closed: TypeError`,
  })
})
