import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { ClaimRules, Claims } from '../../src/verifiers/jwt-claims.ts'
import { claimAt, misfit, timesOf, untimely } from '../../src/verifiers/jwt-claims.ts'
import { NOW } from '../given/access.ts'
import { ISSUER, keySet, mint } from '../given/jwt.ts'

const TOLERANCE_SECONDS = 5
const set = createLocalJWKSet(JSON.parse(keySet('ec1')))

/** What jose, which we prove signatures with, says of claims and times. */
async function josesWord(claims: Claims, rules: ClaimRules, at: number): Promise<'passes' | 'refused'> {
  const options = {
    ...(rules.issuer !== null && { issuer: rules.issuer }),
    ...(rules.audiences !== null && { audience: [...rules.audiences] }),
    ...(rules.maxAgeSeconds !== undefined && { maxTokenAge: rules.maxAgeSeconds }),
    requiredClaims: rules.requireExpiry ? ['exp'] : [],
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: new Date(at * 1000),
  }
  const token = mint({ claims: JSON.stringify(claims) })
  return jwtVerify(token, set, options).then(
    () => 'passes',
    () => 'refused',
  )
}

function ourWord(claims: Claims, rules: ClaimRules, at: number): 'passes' | 'refused' {
  if (misfit(claims, rules) !== undefined) return 'refused'
  return untimely(timesOf(claims, rules), at, TOLERANCE_SECONDS) ? 'refused' : 'passes'
}

const near = fc.oneof(fc.integer({ min: NOW - 100, max: NOW + 100 }), fc.constantFrom(undefined, null, '1', 0, -1))
const someClaims = fc.record({
  iss: fc.constantFrom(ISSUER, `${ISSUER}/`, undefined, null, 1, [ISSUER]),
  aud: fc.oneof(
    fc.constantFrom('orders', 'billing', '*', undefined, null, 1),
    fc.array(fc.constantFrom('orders', 'billing'), { maxLength: 3 }),
  ),
  exp: near,
  nbf: near,
  // jose looks at it only beside a maximum age; what is issued in the future is not valid here in any case.
  iat: fc.oneof(fc.integer({ min: NOW - 100, max: NOW + TOLERANCE_SECONDS }), fc.constantFrom(undefined, '1')),
})
const someRules: fc.Arbitrary<ClaimRules> = fc.record({
  issuer: fc.constantFrom(ISSUER, null),
  audiences: fc.constantFrom(['orders'], ['orders', 'mail'], null),
  required: fc.constant([]),
  requireExpiry: fc.boolean(),
  maxAgeSeconds: fc.constantFrom(undefined, 30),
})

test('claims and times are judged as jose judges them', async () => {
  await fc.assert(
    fc.asyncProperty(someClaims, someRules, async (claims, rules) => {
      // At the very instant of its greatest age a token has ended here, and not there.
      fc.pre(claims.iat !== NOW - TOLERANCE_SECONDS - (rules.maxAgeSeconds ?? 0))
      expect(ourWord(claims, rules, NOW)).toBe(await josesWord(claims, rules, NOW))
    }),
    { numRuns: 1000 },
  )
})

test('what is issued in the future is not valid yet, which jose lets pass', async () => {
  const [claims, rules] = [
    { iss: ISSUER, iat: NOW + 60, exp: NOW + 600 },
    { issuer: ISSUER, audiences: null, required: [], requireExpiry: true, maxAgeSeconds: undefined },
  ] as const
  expect(await josesWord(claims, rules, NOW)).toBe('passes')
  expect(untimely(timesOf(claims, rules), NOW, TOLERANCE_SECONDS)).toEqual({ reason: 'token-not-yet-valid' })
})

test.each<[name: string, claims: Claims, path: string, expected: unknown]>([
  ['a claim', { scope: 'a' }, 'scope', 'a'],
  ['a path', { realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
  ['a name with dots', { 'https://x.example/roles': ['a'] }, 'https://x.example/roles', ['a']],
  ['a name with dots before a path', { 'a.b': 1, a: { b: 2 } }, 'a.b', 1],
  ['nothing', {}, 'scope', undefined],
  ['a path into a text', { a: 'text' }, 'a.length', undefined],
  ['a path into nothing', { a: null }, 'a.b', undefined],
  ['what every object has', {}, 'constructor', undefined],
  ['what every object has, at the end of a path', { a: {} }, 'a.toString', undefined],
  ['a prototype that a token brings', JSON.parse('{"__proto__": {"scope": "a"}}'), 'scope', undefined],
])('a claim is found: %s', (_, claims, path, expected) => {
  expect(claimAt(claims, path)).toEqual(expected)
})
