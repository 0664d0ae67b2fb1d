import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiKey } from '../src/api-key.ts'
import { build } from '../src/build.ts'
import type { Document } from '../src/document.ts'
import { equipmentOf } from '../src/equipment.ts'
import { jwtBy } from '../src/jwt.ts'
import { ownKeyOf } from '../src/key-sets/own-key.ts'
import { signingKeyOf, signToken } from '../src/key-sets/sign.ts'
import { signatureByNode } from '../src/key-sets/signature-by-node.ts'
import type { KeptSecret, KeyRecord } from '../src/keys/record.ts'
import { secretMark } from '../src/keys/token-claims.ts'
import { narrowed } from '../src/keys/token-grant.ts'
import type { Store } from '../src/model/ports.ts'
import { accessOf, bearer } from './given/access.ts'
import { hostOf } from './given/authority.ts'
import { KEYS } from './given/jwt.ts'
import type { Given } from './keys/given.ts'
import { created, done, failing, given, NOW, PEPPER } from './keys/given.ts'

const ISSUER = 'https://api.example'
const CACHE_SECONDS = 10
const DOCUMENT: Document = {
  store: { binding: 'KEYS' },
  issuing: {
    issuer: ISSUER,
    keys: [{ secret: 'SIGNING' }, { secret: 'OLD', until: new Date((NOW + 100) * 1000).toISOString() }],
  },
  credentials: [
    { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }], cacheSeconds: CACHE_SECONDS },
    { kind: 'jwt', name: 'short', keys: { own: true } },
  ],
  routes: [
    { path: '/orders', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders', methods: ['POST'], permission: 'orders.write' },
  ],
}
const SECRETS = { PEPPER: PEPPER.secret, SIGNING: JSON.stringify(KEYS.ec1), OLD: JSON.stringify(KEYS.ed1) }

/** A token as the deployment issues it, with claims and header laid over. */
async function issued(
  { id, type, permissions, owner, secret }: KeyRecord,
  { claims = {}, header = {}, by = SECRETS.SIGNING, of = secret as KeptSecret, at = NOW } = {},
): Promise<string> {
  const { publicKey, privateKey } = await ownKeyOf(by)
  const { alg, kid } = publicKey
  const grant = narrowed({ type, permissions }, undefined)
  const said = {
    ...{ iss: ISSUER, aud: 'api', sub: id, client_id: id, iat: at, exp: at + 900, jti: 'one' },
    ...(type === 'custom' && { scope: grant?.permissions.join(' ') }),
    ...{ latchkey_key: id, latchkey_type: type, latchkey_secret: await secretMark(of) },
    ...(owner !== undefined && { latchkey_owner: owner }),
    ...claims,
  }
  return signToken(
    JSON.parse(JSON.stringify(said)),
    { alg, kid, typ: 'at+jwt', ...header },
    await signingKeyOf(privateKey, alg),
  )
}

/** Own keys are in secrets: nobody is asked for them. */
const nobody = () => Promise.reject(new Error('no network'))

/** A gate of the document over a store that others change. */
function gateOver(store: Store | undefined, clock: { at: number }, document = DOCUMENT, secrets: object = SECRETS) {
  const host = { ...hostOf({ ...secrets }), now: () => clock.at }
  const equipment = equipmentOf(
    [apiKey, jwtBy({ reading: nobody, runsLater: true, isSigned: signatureByNode })],
    [() => ({ openStore: () => store })],
    undefined,
  )
  const latchkey = build(document, host, { transport: 'any' }, equipment)
  return async (token: string, method = 'GET') => {
    const access = accessOf({ at: clock.at, method, target: '/orders', headers: [bearer(token)] })
    const { decision } = await latchkey.judge(access, { defer: () => undefined })
    if (!decision.allow) return [decision.refusal.reason, decision.refusal.detail].filter((each) => each).join(', ')
    return decision.principal === 'anonymous' ? 'anonymous' : decision.principal
  }
}

const CUSTOM = { type: 'custom', permissions: ['orders.*'], owner: 'acme' }

describe('an own token', () => {
  test('is of its key: the principal has its id, its owner and what the token says', async () => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const decide = gateOver(parts.store, { at: NOW })
    expect(await decide(await issued(record))).toMatchObject({
      kind: 'jwt',
      credential: 'short',
      subject: record.id,
      owner: 'acme',
      surface: 'api',
      grant: { type: 'custom', permissions: ['orders.*'] },
      expiresAt: NOW + 900,
    })
  })

  test.each<[string, object, string]>([
    ['of another issuer', { claims: { iss: 'https://id.example' } }, 'another issuer'],
    ['for another audience', { claims: { aud: 'orders' } }, 'another audience'],
    ['without an end', { claims: { exp: undefined } }, 'no exp'],
    ['of another type', { header: { typ: 'JWT' } }, 'another typ'],
    ['of another key', { by: JSON.stringify(KEYS.ec2) }, 'no key for it'],
    ['that names no key', { claims: { latchkey_key: undefined } }, 'it names no key that it was issued for'],
    [
      'that names another key than its subject',
      { claims: { sub: 'another' } },
      'it names no key that it was issued for',
    ],
    ['of a type that is none', { claims: { latchkey_type: 'all' } }, 'it names no key that it was issued for'],
    [
      'with a scope beside full access',
      { claims: { latchkey_type: 'full-access' } },
      'it names no key that it was issued for',
    ],
    [
      'without the mark of its secret',
      { claims: { latchkey_secret: undefined } },
      'it names no key that it was issued for',
    ],
  ])('%s is unknown', async (_, more, why) => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const decide = gateOver(parts.store, { at: NOW })
    expect(await decide(await issued(record, more))).toBe(`token-unknown, short: ${why}`)
  })

  test('of more than its key may do, or of another owner, counts for nothing', async () => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const decide = gateOver(parts.store, { at: NOW })
    const less = 'token-revoked, short: its key may do less by now'
    expect(await decide(await issued(record, { claims: { scope: 'orders.* items.read' } }))).toBe(less)
    expect(await decide(await issued(record, { claims: { latchkey_type: 'full-access', scope: undefined } }))).toBe(
      less,
    )
    expect(await decide(await issued(record, { claims: { latchkey_owner: 'other' } }))).toBe(less)
  })

  test('counts by its signature and its times alone where there is no store', async () => {
    const { record } = await created(given(), 'ci', CUSTOM)
    const clock = { at: NOW }
    const decide = gateOver(undefined, clock)
    expect(await decide(await issued(record))).toMatchObject({ subject: record.id })
    clock.at = NOW + 905
    expect(await decide(await issued(record))).toBe('token-expired')
  })

  test('is of a slot that has ended no more', async () => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const clock = { at: NOW }
    const decide = gateOver(parts.store, clock)
    const token = await issued(record, { by: SECRETS.OLD })
    expect(await decide(token)).toMatchObject({ subject: record.id })
    clock.at = NOW + 100
    expect(await decide(token)).toBe('token-unknown, short: no key for it')
  })

  test('cannot be judged while the store is down, nor without a signing key', async () => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const down = gateOver(
      failing(parts.store, () => true),
      { at: NOW },
    )
    expect(await down(await issued(record))).toMatch(/^dependency-unavailable/)
    const unset = gateOver(parts.store, { at: NOW }, DOCUMENT, { PEPPER: PEPPER.secret })
    expect(await unset(await issued(record))).toBe('not-configured, set SIGNING or OLD')
  })

  test('has the ceiling of its credential', async () => {
    const parts = given()
    const { record } = await created(parts, 'ci', CUSTOM)
    const [keys, short] = DOCUMENT.credentials
    const credentials = [keys, { ...short, type: 'custom', permissions: ['orders.read'] }] as Document['credentials']
    const decide = gateOver(parts.store, { at: NOW }, { ...DOCUMENT, credentials })
    expect(await decide(await issued(record))).toMatchObject({ ceiling: { permissions: ['orders.read'] } })
    expect(await decide(await issued(record), 'POST')).toMatch(/^permission-missing/)
  })
})

/** What may befall a key while its token is around. */
type Act =
  | 'revoke'
  | 'suspend'
  | 'resume'
  | 'rotate'
  | 'rotate-overlap'
  | 'narrow'
  | 'widen'
  | 'bind'
  | 'unbind'
  | 'remove'
  | 'wait'
const ACTS: readonly Act[] = [
  'revoke',
  'suspend',
  'resume',
  'rotate',
  'rotate-overlap',
  'narrow',
  'widen',
  'bind',
  'unbind',
  'remove',
  'wait',
]

async function act({ keys }: Pick<Given, 'keys'>, id: string, what: Act, at: number): Promise<void> {
  const by = 'operator'
  if (what === 'revoke') await keys.revoke(id, by, at, {})
  if (what === 'suspend') await keys.suspend(id, by, at)
  if (what === 'resume') await keys.resume(id, by, at)
  if (what === 'rotate') await keys.rotate(id, { overlapSeconds: 0 }, by, at)
  if (what === 'rotate-overlap') await keys.rotate(id, { overlapSeconds: 60 }, by, at)
  if (what === 'narrow') await keys.update(id, { permissions: ['orders.write'] }, by, at)
  if (what === 'widen') await keys.update(id, { permissions: ['orders.*'] }, by, at)
  if (what === 'bind') await keys.update(id, { addresses: ['203.0.113.7'] }, by, at)
  if (what === 'unbind') await keys.update(id, { addresses: null } as never, by, at)
  if (what === 'remove') await keys.remove(id, by, at)
}

test('whatever befalls a key, within the age of records a token counts only as long as the key could be traded for it', async () => {
  const seen = new Set<string>()
  const step = fc.record({ what: fc.constantFrom(...ACTS), seconds: fc.integer({ min: 0, max: 40 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const clock = { at: NOW }
      const parts = given()
      const { record } = await created(parts, 'ci', { type: 'custom', permissions: ['orders.*'] })
      const token = await issued(record)
      const decide = gateOver(parts.store, clock)
      expect(await decide(token)).toMatchObject({ subject: record.id })
      for (const { what, seconds } of steps) {
        await act(parts, record.id, what, clock.at)
        clock.at += seconds
        await decide(token)
        clock.at += CACHE_SECONDS
        const kept = await parts.keys.show(record.id, 'operator')
        const outcome = await decide(token)
        const counts = typeof outcome === 'object'
        seen.add(counts ? 'counts' : outcome)
        expect({ what, counts }).toEqual({
          what,
          counts: kept !== undefined && mayCount(kept.record, record, clock.at),
        })
      }
    }),
    { numRuns: 150 },
  )
  // The property says nothing where tokens only ever count, or never.
  expect(seen.has('counts') && seen.size > 3).toBe(true)
})

/** The rule, said once more: of a key as it is, and as it was when its token was issued. */
function mayCount(now: KeyRecord, then: KeyRecord, at: number): boolean {
  const isSecret = now.secret.digest === then.secret.digest
  const isPrevious = now.previous?.digest === then.secret.digest && at < (now.previous?.until ?? 0)
  const isFree = now.addresses === undefined && now.limits === undefined
  return now.state === 'active' && (isSecret || isPrevious) && isFree && now.permissions.includes('orders.*')
}

test('what is done helps to tell keys apart', async () => {
  const parts = given()
  const { record } = await created(parts)
  const { record: after } = done(await parts.keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW))
  expect(await secretMark(record.secret)).not.toBe(await secretMark(after.secret))
  expect(await secretMark(record.secret)).not.toContain(record.secret.digest.slice(0, 8))
})
