import { expect, test } from 'vitest'
import type { CredentialDocument, JwtDocument } from '../src/document.ts'
import { validate } from '../src/validate.ts'
import { DOCUMENT } from './given/authority.ts'
import { ISSUER } from './given/jwt.ts'

const JWT: JwtDocument = {
  kind: 'jwt',
  issuer: ISSUER,
  audience: 'orders',
  algorithms: ['ES256'],
  keys: { jwksUrl: `${ISSUER}/jwks.json` },
}

/** The faults of a credential, as `pointer below it: message`. */
function faultsOf(more: object, without: readonly string[] = []): string[] {
  const credential = Object.fromEntries(Object.entries({ ...JWT, ...more }).filter(([key]) => !without.includes(key)))
  const result = validate({ ...DOCUMENT, credentials: [credential as unknown as CredentialDocument] })
  return result.ok ? [] : result.faults.map(({ pointer, message }) => `${pointer.slice(14)}: ${message}`)
}

const SECRET = { secret: 'HS_SECRET' }
const METADATA = '/issuer: a URL such as "https://id.example", under which its metadata is found'
const SHARED = '"HS256", "HS384" or "HS512": a secret is shared'
const PUBLIC = 'an algorithm with public keys'

test.each<[name: string, more: object]>([
  ['keys at a URL', {}],
  ['keys on this machine', { keys: { jwksUrl: 'http://127.0.0.1:8080/jwks.json' } }],
  ['keys that the issuer names', { keys: { discover: true } }],
  ['an issuer with a path', { issuer: `${ISSUER}/realms/one/`, keys: { discover: true } }],
  ['an issuer on this machine', { issuer: 'http://localhost:8080', keys: { discover: true } }],
  ['an issuer that is no URL', { issuer: 'me' }],
  ['no issuer and no audience', { issuer: null, audience: null }],
  ['keys in secrets', { keys: { jwks: [SECRET, { secret: 'OLD', until: '2027-01-01T00:00:00Z' }] } }],
  ['a shared secret', { keys: SECRET, algorithms: ['HS256', 'HS512'] }],
  ['shared secrets', { keys: [SECRET, SECRET], algorithms: ['HS384'] }],
  ['claims of every kind', { require: { token_use: 'access', azp: ['a', 'b'], level: 2, email_verified: true } }],
  ['a claim that is called secret, as a list', { require: { secret: ['a'] } }],
  ['roles', { grants: { claim: 'org_role', map: { secret: ['a.*'], 'org:admin': [] } } }],
])('takes %s', (_, more) => {
  expect(faultsOf(more)).toEqual([])
})

test.each<[name: string, more: object, expected: readonly string[]]>([
  ['metadata of nobody', { issuer: null, keys: { discover: true } }, [METADATA]],
  ['metadata of a word', { issuer: 'me', keys: { discover: true } }, [METADATA]],
  ['metadata over http', { issuer: 'http://id.example', keys: { discover: true } }, [METADATA]],
  ['metadata beside a query', { issuer: `${ISSUER}/?a=1`, keys: { discover: true } }, [METADATA]],
  ['metadata beside a fragment', { issuer: `${ISSUER}/#a`, keys: { discover: true } }, [METADATA]],
  ['metadata of a user', { issuer: 'https://a:b@id.example', keys: { discover: true } }, [METADATA]],
  ['HMAC with public keys', { algorithms: ['ES256', 'HS256'] }, [`/algorithms/1: ${PUBLIC}`]],
  ['HMAC with a set in a secret', { algorithms: ['HS256'], keys: { jwks: SECRET } }, [`/algorithms/0: ${PUBLIC}`]],
  ['public keys with a secret', { algorithms: ['RS256', 'HS256'], keys: SECRET }, [`/algorithms/0: ${SHARED}`]],
  ['public keys with secrets', { algorithms: ['EdDSA'], keys: [SECRET] }, [`/algorithms/0: ${SHARED}`]],
  [
    'one text that is called secret',
    { require: { secret: 'A' } },
    ['/require/secret: a list: one text that is called "secret" is the name of one'],
  ],
  ['a claim that nobody reads', { require: { constructor: 'x' } }, ['/require/constructor: the name of a claim']],
  [
    'a role that nobody reads',
    { grants: { claim: 'a', map: { prototype: ['a'] } } },
    ['/grants/map/prototype: the name of a role'],
  ],
  [
    'permissions without a type',
    { permissions: ['a'] },
    ['/permissions: nothing: only "type": "custom" has permissions'],
  ],
])('refuses %s', (_, more, expected) => {
  expect(faultsOf(more)).toEqual(expected)
})

test.each(['issuer', 'audience', 'algorithms', 'keys'])('does not do without "%s"', (key) => {
  expect(faultsOf({}, [key]).map((each) => each.split(':')[0])).toEqual([`/${key}`])
})

test.each<[name: string, more: object, pointer: string]>([
  ['an algorithm that is none', { algorithms: ['none'] }, '/algorithms/0'],
  ['no algorithms', { algorithms: [] }, '/algorithms'],
  ['no audiences', { audience: [] }, '/audience'],
  ['an empty audience', { audience: '' }, '/audience'],
  ['keys over http', { keys: { jwksUrl: 'http://id.example/jwks.json' } }, '/keys'],
  ['keys of a user', { keys: { jwksUrl: 'https://a:b@id.example/jwks.json' } }, '/keys'],
  ['keys in two ways', { keys: { jwksUrl: `${ISSUER}/jwks.json`, discover: true } }, '/keys'],
  ['keys that are not discovered', { keys: { discover: false } }, '/keys'],
  ['a tolerance of an hour', { clockToleranceSeconds: 3600 }, '/clockToleranceSeconds'],
  ['no types', { types: [] }, '/types'],
  ['no values of a claim', { require: { azp: [] } }, '/require/azp'],
  ['a claim that must be null', { require: { azp: null } }, '/require/azp'],
])('has no place for %s', (_, more, pointer) => {
  const faults = faultsOf(more)
  expect(faults.length).toBeGreaterThan(0)
  expect(faults.filter((each) => !each.startsWith(pointer))).toEqual([])
})
