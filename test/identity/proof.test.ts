import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { IdentityOptions } from '../../adapters/identity/proof.ts'
import { prover } from '../../adapters/identity/proof.ts'
import { apiKey } from '../../src/api-key.ts'
import { build } from '../../src/build.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { jwtBy } from '../../src/jwt.ts'
import { ownKeyOf } from '../../src/key-sets/own-key.ts'
import * as readingByFetch from '../../src/key-sets/reading-by-fetch.ts'
import { signingKeyOf, signToken } from '../../src/key-sets/sign.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { hostOf } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'
import { KEYS, publicKey as publicKeyNamed } from '../given/jwt.ts'
import type { Made } from './given.ts'
import { AUDIENCE, documentWith, ED, EDDSA, HS256, made, ORIGIN, SECRETS, SHARED, signing } from './given.ts'

const jwks = { keys: await Promise.all([ED.current, ED.previous].map(publicOf)) }
const KID = (jwks.keys[0] as { kid: string }).kid

async function publicOf(key: object): Promise<object> {
  return (await ownKeyOf(JSON.stringify(key))).publicKey
}

const GET = { method: 'GET', target: '/orders' }

function proverOf(more: Partial<IdentityOptions> = {}, at = NOW) {
  return prover({ audience: AUDIENCE, publicOrigin: ORIGIN, keys: { jwks }, now: () => at, ...more })
}

/** Why a token is refused; `passes` where it is not. */
async function verdict(token: string, shown: object = GET, more: Partial<IdentityOptions> = {}, at = NOW) {
  const result = await proverOf(more, at)({ ...GET, values: [token], ...shown })
  return 'reason' in result ? `${result.reason}: ${result.detail}` : 'passes'
}

/** What the gate signs for `GET /orders`. */
const genuine = await signing().identity({ target: '/orders' })
const shared = await signing(HS256).identity({ target: '/orders' })
const secrets = { keys: { secrets: [SHARED] } }
const NESTED = Buffer.from('['.repeat(40_000)).toString('base64url')

describe('what a gate has signed', () => {
  test.each([
    ['EdDSA', genuine, {}],
    ['HS256', shared, secrets],
    ['HS256, by an older secret', shared, { keys: { secrets: ['x'.repeat(40), SHARED] } }],
  ])('passes by %s', async (_, token, more) => {
    expect(await verdict(token, GET, more)).toBe('passes')
    expect(await verdict(token, { target: '/orders?another=query' }, more)).toBe('passes')
  })

  test('by the key before it passes as long as that is published', async () => {
    const token = await signing({ ...EDDSA, keys: { secret: 'PREVIOUS' } }).identity({ target: '/orders' })
    expect(await verdict(token)).toBe('passes')
    const left = { keys: { jwks: { keys: jwks.keys.slice(0, 1) } } }
    expect(await verdict(token, GET, left)).toBe('proxy-untrusted: ERR_JWKS_NO_MATCHING_KEY')
  })

  test('tells who called, typed', async () => {
    const proved = await proverOf()({ ...GET, values: [genuine] })
    expect(proved).toEqual({
      kind: 'static-token',
      requestId: '00000000-0000-4000-8000-000000000000',
      permissions: [],
      subject: 'full',
      name: 'full',
      type: 'full-access',
      owner: undefined,
      expiresAt: undefined,
      claims: {},
    })
    const token = await signing().identity({ target: '/health', headers: [] })
    expect(await proverOf()({ method: 'GET', target: '/health', values: [token] })).toEqual({
      kind: 'anonymous',
      requestId: '00000000-0000-4000-8000-000000000000',
      permissions: [],
    })
  })
})

describe('a replayed identity is refused', () => {
  test.each([
    ['by another method', { method: 'DELETE' }, 'of another method'],
    ['by the method in another case', { method: 'get' }, 'of another method'],
    ['on another path', { target: '/orders/7' }, 'of another path'],
    ['on a path that a parser would tidy up', { target: '/x/../orders' }, 'of another path'],
    ['on the path with a slash at its end', { target: '/orders/' }, 'of another path'],
    ['on the path in another case', { target: '/Orders' }, 'of another path'],
    ['on the path, escaped', { target: '/%6frders' }, 'of another path'],
    ['in absolute form', { target: `${ORIGIN}/orders` }, 'of another path'],
    ['with nothing as target', { target: '' }, 'of another path'],
  ])('%s', async (_, shown, detail) => {
    expect(await verdict(genuine, shown)).toBe(`proxy-untrusted: ${detail}`)
    expect(await verdict(shared, shown, secrets)).toBe(`proxy-untrusted: ${detail}`)
  })

  test('at the origin of another deployment', async () => {
    expect(await verdict(genuine, GET, { publicOrigin: 'https://staging.example' })).toContain('CLAIM_VALIDATION')
    expect(await verdict(genuine, GET, { audience: 'other' })).toContain('CLAIM_VALIDATION')
  })

  test.each([
    [NOW + 64, 'passes'],
    [NOW + 66, 'proxy-untrusted: ERR_JWT_EXPIRED'],
    [NOW - 4, 'passes'],
    [NOW - 6, 'proxy-untrusted: ERR_JWT_CLAIM_VALIDATION_FAILED'],
  ])('at %i it is %s', async (at, expected) => {
    expect(await verdict(genuine, GET, {}, at)).toBe(expected)
  })

  test('a word that says of itself that it counts longer does not', async () => {
    const claims = { iat: NOW - 100, exp: NOW + 10_000 }
    expect(await verdict(made({ header: { kid: KID }, claims }))).toBe('proxy-untrusted: ERR_JWT_EXPIRED')
    expect(await verdict(made({ header: { kid: KID } }))).toBe('passes')
  })
})

describe('what no gate has signed is refused', () => {
  test.each([
    ['a header', (token: string) => token.replace(/^[^.]*/, NESTED)],
    ['claims', (token: string) => token.replace(/\..*\./, `.${NESTED}.`)],
  ])('%s nested deeper than any parser should go', async (_, spoilt) => {
    expect(await verdict(spoilt(genuine))).toMatch(/^proxy-untrusted: /)
    expect(await verdict(spoilt(shared), GET, secrets)).toMatch(/^proxy-untrusted: /)
  })

  const pem = createPublicKey({ key: ED.current, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
  const x = Buffer.from(ED.current.x as string, 'base64url')
  const none = `${made({ header: { alg: 'none' } })
    .split('.')
    .slice(0, 2)
    .join('.')}.`

  test.each<[string, Made | string]>([
    ['nothing', ''],
    ['no token', 'full'],
    ['by somebody else', { by: ED.stranger, header: { kid: KID } }],
    ['HS256 with the public key as PEM', { by: pem as string, header: { kid: KID } }],
    ['HS256 with the bytes of the public key', { by: x, header: { kid: KID } }],
    ['HS256 with the key set', { by: JSON.stringify(jwks), header: { kid: KID } }],
    ['none', none],
    ['none, with a signature', { header: { alg: 'none', kid: KID } }],
    ['alg in another case', { header: { alg: 'eddsa', kid: KID } }],
    ['no kid', { header: { kid: undefined } }],
    ['a kid that is a path', { header: { kid: '../../dev/null' } }],
    ['a kid that is a list', { header: { kid: [KID] } }],
    ['a kid that an object inherits', { header: { kid: '__proto__' } }],
    ['a key of its own', { by: ED.stranger, header: { kid: 'x', jwk: { ...ED.stranger, d: undefined } } }],
    ['a key elsewhere', { by: ED.stranger, header: { kid: 'x', jku: 'https://evil.example/jwks.json' } }],
    ['a crit that is not known', { header: { kid: KID, crit: ['x'], x: 1 } }],
    ['no typ', { header: { kid: KID, typ: undefined } }],
    ['typ JWT', { header: { kid: KID, typ: 'JWT' } }],
    ['typ at+jwt', { header: { kid: KID, typ: 'at+jwt' } }],
    ['no exp', { header: { kid: KID }, claims: { exp: undefined } }],
    ['no iat', { header: { kid: KID }, claims: { iat: undefined } }],
    ['no method', { header: { kid: KID }, claims: { htm: undefined } }],
    ['no path', { header: { kid: KID }, claims: { htu: undefined } }],
    ['a caller without a name', { header: { kid: KID }, claims: { name: undefined } }],
  ])('%s', async (_, token) => {
    expect(await verdict(typeof token === 'string' ? token : made(token))).toMatch(/^proxy-untrusted: /)
  })

  test.each<[string, Made]>([
    ['EdDSA, where secrets count', { header: { kid: KID } }],
    ['another secret', { by: 'y'.repeat(43) }],
    ['HS512', { by: SHARED, header: { alg: 'HS512' } }],
    ['none', { by: SHARED, header: { alg: 'none' } }],
  ])('%s', async (_, token) => {
    expect(await verdict(made(token), GET, secrets)).toMatch(/^proxy-untrusted: /)
  })

  test('two of them, or one of two that were joined', async () => {
    expect(await verdict(`${genuine}, ${genuine}`)).toMatch(/^proxy-untrusted: /)
    expect(await proverOf()({ ...GET, values: [genuine, genuine] })).toMatchObject({ reason: 'proxy-untrusted' })
    expect(await proverOf()({ ...GET, values: [] })).toMatchObject({ detail: 'no identity' })
  })

  test('a set that says of a shared secret that it is a key', async () => {
    const oct = { kty: 'oct', k: Buffer.from(SHARED).toString('base64url'), kid: 'kid', alg: 'HS256' }
    expect(await verdict(made({ by: SHARED }), GET, { keys: { jwks: { keys: [oct] } } })).toMatch(/^proxy-untrusted: /)
  })
})

describe('tokens of the two kinds', () => {
  const ISSUING = { issuer: ORIGIN, keys: { secret: 'P256' } }
  const at = { iss: ORIGIN, aud: AUDIENCE, sub: 'k', iat: NOW, exp: NOW + 60, jti: 'one' }
  const bound = { htm: 'GET', htu: `${ORIGIN}/orders`, kind: 'api-key', name: 'keys', type: 'full-access' }

  test('an access token is no identity, even signed by a key of identities', async () => {
    const { publicKey, privateKey } = await ownKeyOf(SECRETS.CURRENT)
    const key = await signingKeyOf(privateKey, 'EdDSA')
    const header = { alg: 'EdDSA', kid: publicKey.kid, typ: 'at+jwt' }
    expect(await verdict(await signToken({ ...at, ...bound }, header, key))).toContain('CLAIM_VALIDATION')
    expect(await verdict(made({ header: { alg: 'ES256', kid: 'ec1' }, by: KEYS.ec1 }))).toMatch(/^proxy-untrusted/)
    const es256 = { keys: { jwks: { keys: [publicKeyNamed('ec1', { kid: 'ec1' })] } } }
    expect(await verdict(made({ header: { alg: 'ES256', kid: 'ec1' }, by: KEYS.ec1 }), GET, es256)).toMatch(
      /^proxy-untrusted/,
    )
  })

  test('an identity is no credential, neither as the own token nor as that of an issuer', async () => {
    const reading = async () => readingByFetch
    const equipment = equipmentOf(
      [apiKey, jwtBy({ reading, runsLater: true, isSigned: signatureByNode })],
      [],
      undefined,
    )
    const set = JSON.stringify(jwks)
    const document = {
      ...documentWith(EDDSA),
      issuing: ISSUING,
      credentials: [
        { kind: 'jwt', name: 'own', keys: { own: true } },
        {
          kind: 'jwt',
          name: 'theirs',
          issuer: ORIGIN,
          audience: AUDIENCE,
          algorithms: ['EdDSA'],
          keys: { jwks: { secret: 'SET' } },
        },
      ],
    } as const
    const latchkey = build(document, hostOf({ ...SECRETS, SET: set }), { transport: 'any' }, equipment)
    const decide = async (token: string) => {
      const { decision } = await latchkey.judge(accessOf({ headers: [bearer(token)], target: '/orders' }), {
        defer: () => undefined,
      })
      return decision.allow ? 'passes' : [decision.refusal.reason, decision.refusal.detail].join(': ')
    }
    expect(await decide(genuine)).toBe('token-unknown: own: another typ; theirs: another typ')
    // The same claims under a type of access tokens do pass there: the type is what keeps them apart.
    expect(await decide(made({ header: { kid: KID, typ: 'JWT' } }))).toBe('passes')
  })
})

describe('options', () => {
  test.each<[string, Partial<IdentityOptions>]>([
    ['no audience', { audience: '' }],
    ['no URL', { publicOrigin: 'api.example' }],
    ['a short secret', { keys: { secrets: ['short'] } }],
    ['no secret', { keys: { secrets: [] } }],
    ['keys over plain http', { keys: { url: 'http://api.example/jwks.json' } }],
  ])('of %s throw a TypeError', (_, more) => {
    expect(() => proverOf(more)).toThrow(TypeError)
  })

  test('a set that is not to be had is an outage', async () => {
    const keys = { url: 'http://127.0.0.1:9/jwks.json' }
    expect(await verdict(genuine, GET, { keys })).toBe('dependency-unavailable: no keys')
  })

  test('an origin with a slash at its end, or a port that goes without saying, is the same', async () => {
    for (const publicOrigin of [`${ORIGIN}/`, `${ORIGIN}:443`, 'https://API.example']) {
      expect(await verdict(genuine, GET, { publicOrigin })).toBe('passes')
      const { identity } = signing({ ...EDDSA, publicOrigin })
      expect(await verdict(await identity({ target: '/orders' }))).toBe('passes')
    }
  })

  test('a gate without identities gives none', async () => {
    const { identity: _, ...without } = documentWith(EDDSA)
    expect((await gateOf(without).enter(accessOf({}), () => undefined)).reply?.status).toBe(401)
  })
})
