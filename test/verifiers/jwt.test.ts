import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keySetOf } from '../../src/key-sets/key-set.ts'
import type { KeySet } from '../../src/key-sets/keys.ts'
import { secretKeys } from '../../src/key-sets/secrets.ts'
import { signatureByJose } from '../../src/key-sets/signature-by-jose.ts'
import { fixed } from '../../src/key-sets/source.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { JwtRules } from '../../src/verifiers/jwt.ts'
import { jwt } from '../../src/verifiers/jwt.ts'
import { proofs } from '../../src/verifiers/proofs.ts'
import { accessOf, NOW } from '../given/access.ts'
import type { Minted } from '../given/jwt.ts'
import { base64url, ISSUER, keySet, mint, publicKey, signature } from '../given/jwt.ts'

const PLACE = { kind: 'header', name: 'authorization', scheme: 'bearer' } as const
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'ES384', 'ES512']
const RULES: JwtRules = {
  name: 'people',
  issuer: ISSUER,
  audiences: ['orders'],
  required: [],
  requireExpiry: true,
  maxAgeSeconds: undefined,
  algorithms: new Set(ALGORITHMS),
  types: new Set(['jwt', 'at+jwt']),
  toleranceSeconds: 5,
  surface: 'api',
  ownerClaim: undefined,
  grant: { permissionsClaim: 'scope', roles: undefined, ceiling: undefined },
}
const SET = keySet('ec1', 'rsa1', 'ed1', 'ec384', 'ec521')

interface Given {
  readonly rules?: Partial<JwtRules>
  readonly keys?: string
  readonly at?: number
}

async function keysOf(text: string, algorithms: ReadonlySet<string>): Promise<KeySet> {
  return new Set(await keySetOf(text, [...algorithms]))
}

async function verify(token: string, { rules = {}, keys = SET, at = NOW }: Given = {}): Promise<unknown> {
  const all = { ...RULES, ...rules }
  const verifier = jwt(all, fixed(await keysOf(keys, all.algorithms)), signatureByJose, proofs())
  return verifier.verify({ place: PLACE, token, fingerprint: token }, accessOf({ at }), () => undefined)
}

/** The reason of a refusal, or the subject that was proved. */
async function outcome(token: string, given: Given = {}): Promise<string> {
  const found = (await verify(token, given)) as Principal | Refusal
  return isRefusal(found) ? found.reason : `proved ${found.subject}`
}

describe('a signature', () => {
  test.each<[name: string, minted: Minted]>([
    ['ES256', {}],
    ['ES384', { by: 'ec384' }],
    ['ES512', { by: 'ec521' }],
    ['RS256', { by: 'rsa1' }],
    ['PS256', { by: 'rsa1', signedAs: 'PS256' }],
    ['EdDSA', { by: 'ed1' }],
    ['a key that the token does not name', { header: { kid: undefined } }],
    ['a token without a type', { header: { typ: undefined } }],
    ['an access token by RFC 9068', { header: { typ: 'application/AT+jwt' } }],
    ['a key in the header that is not looked at', { header: { jwk: publicKey('stranger') } }],
    ['URLs of keys that are not followed', { header: { jku: 'https://evil.example', x5u: 'https://evil.example' } }],
  ])('is proved: %s', async (_, minted) => {
    expect(await outcome(mint(minted))).toBe('proved user-1')
  })

  test.each<[name: string, token: string, why: string]>([
    ['another key of the same id', mint({ by: 'stranger', header: { kid: 'ec1' } }), 'a wrong signature'],
    ['an id that no key has', mint({ header: { kid: 'nobody' } }), 'no key for it'],
    ['an algorithm that is not allowed', mint({ by: 'rsa1', signedAs: 'RS512' }), 'another alg'],
    ['no algorithm', mint({ header: { alg: 'none' } }), 'another alg'],
    ['no algorithm in other letters', mint({ header: { alg: 'nOnE' } }), 'another alg'],
    ['an empty algorithm', mint({ header: { alg: '' } }), 'another alg'],
    ['the key of another algorithm', mint({ header: { alg: 'RS256', kid: 'ec1' } }), 'no key for it'],
    ['a public key for a secret', byPublicKey(), 'another alg'],
    [
      'the key that the token brings',
      mint({ by: 'stranger', header: { jwk: publicKey('stranger') } }),
      'no key for it',
    ],
    ['a critical header', mint({ header: { crit: ['exp'], exp: 1 } }), 'a critical header'],
    ['a payload that is not encoded', mint({ header: { crit: ['b64'], b64: false } }), 'a critical header'],
    ['another type', mint({ header: { typ: 'logout+jwt' } }), 'another typ'],
    ['other claims under it', swapped(), 'a wrong signature'],
    ['a part of it', signedBy(signature('a.b', 'ES256', 'ec1').subarray(0, 60)), 'a wrong signature'],
    ['more than it', `${mint()}AAAA`, 'a wrong signature'],
    ['zeros', signedBy(Buffer.alloc(64)), 'a wrong signature'],
    ['its DER form', signedBy(Buffer.from(`3006020101020101${'00'.repeat(56)}`, 'hex')), 'a wrong signature'],
  ])('is not proved: %s', async (_, token, why) => {
    expect(await verify(token)).toEqual({ reason: 'token-unknown', detail: `people: ${why}` })
  })

  test('of a token that names no key is tried with ten keys and no more', async () => {
    const strangers = Array.from({ length: 10 }, (_, place) => publicKey('stranger', { kid: `k${place}` }))
    const token = mint({ header: { kid: undefined } })
    expect(await outcome(token, { keys: keySet(...strangers.slice(1), 'ec1') })).toBe('proved user-1')
    expect(await outcome(token, { keys: keySet(...strangers, 'ec1') })).toBe('token-unknown')
  })
})

describe('the form', () => {
  const token = mint()
  const [header = '', claims = '', proof = ''] = token.split('.')

  test.each<[name: string, token: string, why: string]>([
    ['nothing', '', 'no JWT: an opaque token?'],
    ['a word', 'opaque', 'no JWT: an opaque token?'],
    ['two segments', `${header}.${claims}`, 'no JWT: an opaque token?'],
    ['two segments and a dot', `${header}.${claims}.`, 'no JWT: an opaque token?'],
    ['four segments', `${token}.x`, 'no JWT: an opaque token?'],
    ['five segments', `${token}.aa.bb`, 'an encrypted token'],
    ['six segments', `${token}.aa.bb.cc`, 'no JWT: an opaque token?'],
    ['no header', `.${claims}.${proof}`, 'no JWT: an opaque token?'],
    ['no claims', `${header}..${proof}`, 'no JWT: an opaque token?'],
    ['a dot before it', `.${token}`, 'no JWT: an opaque token?'],
    ['padding', `${header}.${claims}=.${proof}`, 'no JWT: an opaque token?'],
    ['the other alphabet', `${header}.${claims}.${proof.slice(0, -1)}+`, 'no JWT: an opaque token?'],
    ['white space', `${header}.${claims}. ${proof}`, 'no JWT: an opaque token?'],
    ['a new line at its end', `${token}\n`, 'no JWT: an opaque token?'],
    ['one character too many', `${header}.${claims}.${proof}AAA`, 'no JWT: an opaque token?'],
    ['other bits that mean the same signature', `${header}.${claims}.${twin(proof)}`, 'no JWT: an opaque token?'],
    ['too much', `${header}.${'A'.repeat(16_384)}.${proof}`, 'too long'],
    ['claims that are a list', mint({ claims: '[]' }), 'no JWT: header and claims are no JSON objects'],
    ['claims that are a text', mint({ claims: '"x"' }), 'no JWT: header and claims are no JSON objects'],
    ['claims that are null', mint({ claims: 'null' }), 'no JWT: header and claims are no JSON objects'],
    ['claims that are cut off', mint({ claims: '{"iss":' }), 'no JWT: header and claims are no JSON objects'],
    ['claims that are no UTF-8', `${header}.gICA.${proof}`, 'no JWT: header and claims are no JSON objects'],
    ['a header that is a list', mint({ header: '[]' }), 'no JWT: header and claims are no JSON objects'],
    ['an algorithm that is a number', mint({ header: { alg: 1 } }), 'no JWT: alg, kid or typ is no text'],
    ['no algorithm at all', mint({ header: { alg: undefined } }), 'no JWT: alg, kid or typ is no text'],
    ['an id that is a number', mint({ header: { kid: 1 } }), 'no JWT: alg, kid or typ is no text'],
    ['a type that is a list', mint({ header: { typ: ['JWT'] } }), 'no JWT: alg, kid or typ is no text'],
  ])('is none: %s', async (_, text, why) => {
    expect(await verify(text)).toEqual({ reason: 'token-unknown', detail: `people: ${why}` })
  })

  test('takes no time that grows faster than the token', async () => {
    const long = `${'A'.repeat(16_000)}!`
    expect(await verify(long)).toEqual({ reason: 'token-unknown', detail: 'people: no JWT: an opaque token?' })
  })
})

describe('who issued it, and for whom', () => {
  test.each<[name: string, claims: object, why: string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'another issuer'],
    ['no issuer', { iss: undefined }, 'another issuer'],
    ['a list of issuers', { iss: [ISSUER] }, 'another issuer'],
    ['a slash at its end', { iss: `${ISSUER}/` }, 'another issuer, by a slash at the end'],
    ['an issuer in capitals', { iss: ISSUER.toUpperCase() }, 'another issuer'],
    ['another audience', { aud: 'billing' }, 'another audience'],
    ['no audience', { aud: undefined }, 'another audience'],
    ['an audience that only begins so', { aud: 'orders2' }, 'another audience'],
    ['a list in a list', { aud: [['orders']] }, 'another audience'],
    ['a list with a number', { aud: ['orders', 1] }, 'another audience'],
    ['an empty list', { aud: [] }, 'another audience'],
    ['an object', { aud: { orders: true } }, 'another audience'],
    ['any audience', { aud: '*' }, 'another audience'],
    ['an id token', { aud: 'a-client', nonce: 'n' }, 'another audience: an id token'],
  ])('refuses %s', async (_, claims, why) => {
    expect(await verify(mint({ claims }))).toEqual({ reason: 'token-unknown', detail: `people: ${why}` })
  })

  test.each<[name: string, claims: object]>([
    ['one of several audiences', { aud: ['billing', 'orders'] }],
    ['the audience alone', { aud: 'orders' }],
  ])('takes %s', async (_, claims) => {
    expect(await outcome(mint({ claims }))).toBe('proved user-1')
  })

  test('asks for neither where both are null', async () => {
    const token = mint({ claims: { iss: undefined, aud: undefined } })
    expect(await outcome(token, { rules: { issuer: null, audiences: null } })).toBe('proved user-1')
  })

  test('touches no key for a token of another issuer', async () => {
    const keys = {
      current: () => expect.unreachable('its keys were asked for'),
      newer: () => expect.unreachable('its keys were asked for'),
      isFailing: () => false,
    }
    const token = mint({ claims: { iss: 'https://evil.example' } })
    const found = jwt(RULES, keys, signatureByJose, proofs()).verify(
      { place: PLACE, token, fingerprint: '' },
      accessOf(),
      () => undefined,
    )
    expect(await found).toMatchObject({ reason: 'token-unknown' })
  })
})

describe('what else it must say', () => {
  const COGNITO = [['token_use', ['access']]] as const
  const CLERK = [['azp', ['https://app.example', 'https://admin.example']]] as const

  test.each<[name: string, required: JwtRules['required'], claims: object, expected: string]>([
    ['an access token of Cognito', COGNITO, { token_use: 'access' }, 'proved user-1'],
    ['an id token of Cognito', COGNITO, { token_use: 'id' }, 'people: another token_use: an id token'],
    ['no use', COGNITO, {}, 'people: another token_use'],
    ['a list of uses', COGNITO, { token_use: ['access'] }, 'people: another token_use'],
    ['a party of the list', CLERK, { azp: 'https://admin.example' }, 'proved user-1'],
    ['another party', CLERK, { azp: 'https://evil.example' }, 'people: another azp'],
    ['a number', [['level', [2, 3]]], { level: 3 }, 'proved user-1'],
    ['a number as text', [['level', [2, 3]]], { level: '3' }, 'people: another level'],
    ['true', [['email_verified', [true]]], { email_verified: true }, 'proved user-1'],
    ['a path', [['act.client', ['one']]], { act: { client: 'one' } }, 'proved user-1'],
    ['a name with dots', [['https://x.example/plan', ['pro']]], { 'https://x.example/plan': 'pro' }, 'proved user-1'],
    ['what every object has', [['constructor', ['x']]], {}, 'people: another constructor'],
    ['a star that is no pattern', [['azp', ['one']]], { azp: '*' }, 'people: another azp'],
  ])('%s', async (_, required, claims, expected) => {
    const found = (await verify(mint({ claims }), { rules: { required } })) as Principal | Refusal
    expect(isRefusal(found) ? found.detail : `proved ${found.subject}`).toBe(expected)
  })
})

describe('its times', () => {
  test.each<[name: string, claims: object, at: number, expected: string]>([
    ['before its end', { exp: NOW + 1 }, NOW, 'proved user-1'],
    ['at its end, within the tolerance', { exp: NOW }, NOW + 4.9, 'proved user-1'],
    ['at its end and the tolerance', { exp: NOW }, NOW + 5, 'token-expired'],
    ['long after its end', { exp: NOW - 60 }, NOW, 'token-expired'],
    ['with a fraction', { exp: NOW + 0.5 }, NOW + 5.4, 'proved user-1'],
    ['before its beginning', { nbf: NOW + 60 }, NOW, 'token-not-yet-valid'],
    ['just before its beginning', { nbf: NOW + 5 }, NOW, 'proved user-1'],
    ['issued in the future', { iat: NOW + 60 }, NOW, 'token-not-yet-valid'],
    ['without an end', { exp: undefined }, NOW, 'token-unknown'],
    ['an end that is a text', { exp: String(NOW + 60) }, NOW, 'token-unknown'],
    ['an end that is null', { exp: null }, NOW, 'token-unknown'],
    ['a beginning that is a text', { nbf: '0' }, NOW, 'token-unknown'],
    ['issued at a text', { iat: 'today' }, NOW, 'token-unknown'],
    ['an end that no date has', { exp: 1e300 }, NOW, 'token-unknown'],
    ['an end in milliseconds', { exp: (NOW - 60) * 1000 }, NOW, 'proved user-1'],
    ['an end below nothing', { exp: -1 }, NOW, 'token-expired'],
  ])('%s', async (_, claims, at, expected) => {
    expect(await outcome(mint({ claims }), { at })).toBe(expected)
  })

  test.each<[name: string, claims: object, at: number, expected: string]>([
    ['young', { iat: NOW }, NOW + 60, 'proved user-1'],
    ['at its age and the tolerance', { iat: NOW }, NOW + 65, 'token-expired'],
    ['of no age', { iat: undefined }, NOW, 'token-unknown'],
  ])('a maximum age, %s', async (_, claims, at, expected) => {
    expect(await outcome(mint({ claims }), { at, rules: { maxAgeSeconds: 60 } })).toBe(expected)
  })

  test('no end where none is required', async () => {
    const found = await verify(mint({ claims: { exp: undefined } }), { rules: { requireExpiry: false } })
    expect(found).toMatchObject({ subject: 'user-1', expiresAt: undefined })
  })

  test('a token that is too old tells whose it was', async () => {
    const found = await verify(mint({ claims: { exp: NOW - 60 } }))
    expect(found).toMatchObject({ reason: 'token-expired', principal: { subject: 'user-1' } })
  })

  test('a forged token is never told to be too old', async () => {
    expect(await outcome(mint({ by: 'stranger', header: { kid: 'ec1' }, claims: { exp: NOW - 60 } }))).toBe(
      'token-unknown',
    )
  })

  test('the end is that of its claim or of its age, whichever is earlier', async () => {
    const rules = { maxAgeSeconds: 60 }
    expect(await verify(mint(), { rules })).toMatchObject({ expiresAt: NOW + 60 })
    expect(await verify(mint({ claims: { exp: NOW + 30 } }), { rules })).toMatchObject({ expiresAt: NOW + 30 })
  })
})

describe('whose it is', () => {
  test.each<[name: string, claims: object, why: string]>([
    ['an empty subject', { sub: '' }, 'sub is no text'],
    ['a number', { sub: 7 }, 'sub is no text'],
    ['half a character', { sub: 'a\ud800' }, 'sub is no text'],
    ['an owner that is a number', { org: 7 }, 'org is no text'],
    ['an empty owner', { org: '' }, 'org is no text'],
    ['half a character for an owner', { org: '\udc00' }, 'org is no text'],
  ])('is not told by %s', async (_, claims, why) => {
    const found = await verify(mint({ claims }), { rules: { ownerClaim: 'org' } })
    expect(found).toEqual({ reason: 'token-unknown', detail: `people: ${why}` })
  })

  test('is its subject and its owner', async () => {
    const rules = { ownerClaim: 'tenant.id', surface: 'admin' } as const
    expect(await verify(mint({ claims: { tenant: { id: 'acme' } } }), { rules })).toMatchObject({
      kind: 'jwt',
      credential: 'people',
      subject: 'user-1',
      owner: 'acme',
      surface: 'admin',
      expiresAt: NOW + 600,
    })
  })

  test('has an owner wherever it manages keys, as it would manage those of all owners else', async () => {
    const rules = { ownerClaim: 'org' }
    expect(await outcome(mint(), { rules })).toBe('proved user-1')
    expect(await verify(mint(), { rules: { ...rules, surface: 'keys' } })).toEqual({
      reason: 'token-unknown',
      detail: 'people: no org',
    })
    expect(await outcome(mint({ claims: { org: 'acme' } }), { rules: { ...rules, surface: 'keys' } })).toBe(
      'proved user-1',
    )
  })

  test('is nobody by name where it has no subject', async () => {
    expect(await verify(mint({ claims: { sub: undefined } }))).toMatchObject({ subject: '', owner: undefined })
  })
})

describe('shared secrets', () => {
  const [OLD, NEW] = ['the old secret, thirty-two bytes or more', 'the new secret, thirty-two bytes or more']
  const rules = { ...RULES, algorithms: new Set(['HS256', 'HS512']) }

  async function outcomeUnder(token: string, until?: number): Promise<string> {
    const keys = new Set([...(await secretKeys(NEW, ['HS256'])), ...(await secretKeys(OLD, ['HS256'], until))])
    const verifier = jwt(rules, fixed(keys), signatureByJose, proofs())
    const found = await verifier.verify({ place: PLACE, token, fingerprint: token }, accessOf(), () => undefined)
    return isRefusal(found as object) ? (found as Refusal).reason : 'proved'
  }

  test.each<[name: string, minted: Minted, expected: string]>([
    ['the new one', { by: { secret: NEW } }, 'proved'],
    ['the old one', { by: { secret: OLD } }, 'proved'],
    ['whatever id a token names', { by: { secret: OLD }, header: { kid: 'any' } }, 'proved'],
    ['another one', { by: { secret: `${OLD}!` } }, 'token-unknown'],
    ['another hash', { by: { secret: OLD }, signedAs: 'HS512' }, 'token-unknown'],
    ['a public key', { by: 'ec1' }, 'token-unknown'],
  ])('%s', async (_, minted, expected) => {
    expect(await outcomeUnder(mint(minted))).toBe(expected)
  })

  test('count while their slot does', async () => {
    const token = mint({ by: { secret: OLD } })
    expect(await outcomeUnder(token, NOW + 1)).toBe('proved')
    expect(await outcomeUnder(token, NOW)).toBe('token-unknown')
  })
})

/** HMAC by the text of a public key, for whoever takes one for a secret. */
function byPublicKey(): string {
  return mint({ by: { secret: JSON.stringify(publicKey('rsa1')) }, header: { kid: 'rsa1' } })
}

/** A good signature under other claims. */
function swapped(): string {
  const [header, , proof] = mint().split('.')
  const [, claims] = mint({ claims: { sub: 'root' } }).split('.')
  return [header, claims, proof].join('.')
}

function signedBy(bytes: Uint8Array): string {
  return [...mint().split('.').slice(0, 2), base64url(bytes)].join('.')
}

/** Another text whose base64url is read as the same bytes by whoever does not look. */
function twin(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) as string) ^ 1]
}

describe('whatever is sent', () => {
  const part = fc.oneof(fc.json(), fc.string()).map((text) => base64url(text))
  const token = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
  )

  test('is refused or none of ours, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        expect(await verify(text)).toMatchObject({ reason: 'token-unknown' })
      }),
    )
  })

  test('in claims that are signed, is judged, and nothing is thrown', async () => {
    const rules = { issuer: null, audiences: null, requireExpiry: false, ownerClaim: 'a.b' }
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('iss', 'sub', 'exp', 'nbf', 'iat', 'scope', 'a', 'a.b'), fc.jsonValue()),
        async (claims) => {
          const found = (await verify(mint({ claims: JSON.stringify(claims) }), { rules })) as Principal | Refusal
          if (isRefusal(found)) expect(found.reason).toMatch(/^token-(?:unknown|expired|not-yet-valid)$/)
          else expect(found.subject).toBe(claims['sub'] ?? '')
        },
      ),
      { numRuns: 300 },
    )
  })
})
