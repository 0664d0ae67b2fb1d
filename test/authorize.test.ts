import { describe, expect, it } from 'vitest'
import type { Step } from '../src/authorize.ts'
import { authorizer } from '../src/authorize.ts'
import { settingsOf } from '../src/config.ts'
import type { Document } from '../src/document.ts'
import { extractor } from '../src/extract.ts'
import type { Gap } from '../src/kind.ts'
import type { Decision, Notice, Refusal } from '../src/model/decision.ts'
import type { NamedPolicy, Verifier } from '../src/model/ports.ts'
import type { Principal } from '../src/model/principal.ts'
import { routeTable } from '../src/routes.ts'
import { noteOf, outcomeOf } from '../src/step.ts'
import type { AccessFacts, Field } from './given/access.ts'
import { accessOf, bearer, NOW } from './given/access.ts'
import { authorityOf, DOCUMENT, decide, hostOf, reasonOf, TOKENS } from './given/authority.ts'

/** A document under which a request can be wrong in every way at once. */
const STRICT: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'custom',
      from: [{ header: 'authorization', scheme: 'bearer' }, { cookie: 'session' }],
      tokens: [{ secret: 'CUSTOM' }, { secret: 'READ', until: '2026-01-01T00:00:00Z' }],
      type: 'custom',
      permissions: ['orders.read'],
    },
    { kind: 'static-token', name: 'unset', from: [{ header: 'x-unset' }], tokens: { secret: 'UNSET' } },
    { kind: 'static-token', name: 'admin', tokens: { secret: 'ADMIN' }, type: 'full-access', surface: 'admin' },
  ],
  routes: [
    { path: '/open', public: true },
    { path: '/admin', methods: ['POST'], surface: 'admin', permission: 'admin.use', credentials: ['admin'] },
    { path: '/others', methods: ['POST'], permission: 'orders.write', credentials: ['admin'] },
    { path: '/orders', permission: 'orders.write' },
    { path: '/mine', permission: 'orders.read' },
  ],
  addresses: { allow: ['10.0.0.0/8'] },
  transport: 'https',
}

const INSIDE = '10.0.0.1'
const cookie = (token: string): Field => ['Cookie', `session=${token}`]

describe('of all that is wrong with a request, the first is told', () => {
  it.each<[string, AccessFacts, string]>([
    ['an ambiguous target before its address', { target: '/a/../b', scheme: 'http' }, 'request-ambiguous'],
    ['an ambiguous host before its address', { target: '/open', host: '' }, 'request-ambiguous'],
    ['an address before an unknown route', { target: '/nowhere', scheme: 'http' }, 'address-refused'],
    ['an address before a public route', { target: '/open' }, 'address-refused'],
    ['no address at all before a route', { target: '/mine', clientAddress: undefined }, 'address-refused'],
    [
      'an unknown route before its transport',
      { target: '/nowhere', clientAddress: INSIDE, scheme: 'http' },
      'route-unknown',
    ],
    [
      'what lies under base before its transport',
      { target: '/_latchkey/keys', clientAddress: INSIDE, scheme: 'http' },
      'route-unknown',
    ],
    [
      'its transport before a missing credential',
      { target: '/mine', clientAddress: INSIDE, scheme: 'http' },
      'transport-insecure',
    ],
    [
      'its transport before a good credential',
      { target: '/mine', clientAddress: INSIDE, scheme: 'http', headers: [bearer(TOKENS.CUSTOM)] },
      'transport-insecure',
    ],
    ['a missing credential', { target: '/admin', method: 'POST', clientAddress: INSIDE }, 'credential-missing'],
    [
      'a malformed credential',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [bearer('a b')] },
      'credential-malformed',
    ],
    [
      'two credentials before either',
      { target: '/mine', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM), cookie(TOKENS.CUSTOM)] },
      'credential-malformed',
    ],
    [
      'an unknown token before its surface',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [bearer(TOKENS.FULL)] },
      'token-unknown',
    ],
    [
      'a place without a value before its surface',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [['X-Unset', TOKENS.FULL]] },
      'not-configured',
    ],
    [
      'an end before another site',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [cookie(TOKENS.READ)] },
      'token-expired',
    ],
    [
      'another site before the surface',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [cookie(TOKENS.CUSTOM)] },
      'request-cross-site',
    ],
    [
      'the surface before the credential',
      { target: '/admin', method: 'POST', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] },
      'surface-mismatch',
    ],
    [
      'the credential before the permission',
      { target: '/others', method: 'POST', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] },
      'credential-not-accepted',
    ],
    [
      'the permission last',
      { target: '/orders', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] },
      'permission-missing',
    ],
  ])('%s', async (_, facts, reason) => {
    expect(reasonOf(await decide(STRICT, accessOf(facts)))).toBe(reason)
  })

  it('and where nothing is, the request is allowed', async () => {
    const access = accessOf({ target: '/mine', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] })
    expect(await decide(STRICT, access)).toMatchObject({ allow: true, principal: { credential: 'custom', slot: 0 } })
  })
})

describe('what needs no credential', () => {
  it.each<[string, AccessFacts]>([
    ['a public route', { target: '/open', clientAddress: INSIDE }],
    ['a public route over plain http', { target: '/open', clientAddress: INSIDE, scheme: 'http' }],
    [
      'a public route with a token that nothing knows',
      { target: '/open', clientAddress: INSIDE, headers: [bearer('x')] },
    ],
    [
      'a public route with two credentials',
      { target: '/open', clientAddress: INSIDE, headers: [bearer('x'), bearer('y')] },
    ],
    ['live, from anywhere', { target: '/_latchkey/live', scheme: 'http' }],
    ['health, from anywhere', { target: '/_latchkey/health', clientAddress: undefined }],
  ])('%s is allowed, anonymous', async (_, facts) => {
    expect(await decide(STRICT, accessOf(facts))).toMatchObject({
      allow: true,
      principal: 'anonymous',
      place: undefined,
    })
  })

  it('is not whoami, nor live where the address is another and the path too', async () => {
    expect(reasonOf(await decide(STRICT, accessOf({ target: '/_latchkey/whoami' })))).toBe('address-refused')
    expect(reasonOf(await decide(STRICT, accessOf({ target: '/_latchkey/live/x' })))).toBe('address-refused')
    expect(reasonOf(await decide(DOCUMENT, accessOf({ target: '/_latchkey/whoami' })))).toBe('credential-missing')
  })
})

describe('plain http', () => {
  it.each([
    ['https', false, undefined],
    ['http', true, undefined],
    ['http', false, 'transport-insecure'],
  ] as const)('over %s, loopback %j: %j', async (scheme, loopback, reason) => {
    const access = accessOf({
      target: '/mine',
      clientAddress: INSIDE,
      scheme,
      loopback,
      headers: [bearer(TOKENS.CUSTOM)],
    })
    expect(reasonOf(await decide(STRICT, access))).toBe(reason)
  })

  it('is taken where the document does not forbid it', async () => {
    expect(
      reasonOf(await decide(DOCUMENT, accessOf({ scheme: 'http', headers: [bearer(TOKENS.FULL)] }))),
    ).toBeUndefined()
  })
})

describe('credentials that share a place', () => {
  const six: Document = {
    ...DOCUMENT,
    credentials: Object.keys(TOKENS).map((secret) => ({
      kind: 'static-token' as const,
      name: secret.toLowerCase(),
      tokens: { secret },
      type: 'full-access' as const,
    })),
  }

  it.each(Object.entries(TOKENS))('are told apart by what they prove: %s', async (name, token) => {
    const decision = await decide(six, accessOf({ headers: [bearer(token)] }))
    expect(decision).toMatchObject({ allow: true, principal: { credential: name.toLowerCase() } })
  })
})

const PRINCIPAL: Principal = {
  kind: 'api-key',
  credential: 'keys',
  subject: '1a',
  surface: 'api',
  grant: { type: 'full-access', permissions: [] },
}
const DOWN: Refusal = { reason: 'dependency-unavailable', detail: 'memory: down' }
const UNSET: Refusal = { reason: 'not-configured', detail: 'pepper' }
const ENDED: Refusal = { reason: 'token-expired', principal: PRINCIPAL }

/** What is decided where verifiers answer as they are told, one after the other, and policies object. */
async function decideBy(
  outcomes: readonly (Principal | Refusal | undefined)[],
  { gap, policies = [] }: { readonly gap?: Gap; readonly policies?: readonly NamedPolicy[] } = {},
): Promise<{ readonly decision: Decision; readonly asked: number }> {
  const settings = settingsOf(DOCUMENT, { transport: 'any' })
  const { digests } = hostOf()
  let asked = 0
  const verifierOf = (outcome: Principal | Refusal | undefined): Verifier => ({
    kind: 'api-key',
    verify: async () => {
      asked++
      return outcome
    },
  })
  const verifiers = outcomes.map((outcome) => ({ verifier: verifierOf(outcome) }))
  const snapshot = { verifiersAt: () => verifiers, gapAt: () => gap, valuesOf: () => [], failing: [] }
  const extract = extractor(settings.credentials.flatMap(({ places }) => places))
  const authorize = authorizer({ settings, findMatch: routeTable(settings), extract, policies, digests })
  const access = accessOf({ headers: [bearer(TOKENS.FULL)] })
  return { decision: await authorize(access, snapshot, { defer: () => undefined }), asked }
}

describe('of the verifiers of a place', () => {
  const hint: Refusal = { reason: 'token-unknown', detail: 'another audience' }

  it.each<[string, readonly (Principal | Refusal | undefined)[], Gap | undefined, number, object]>([
    ['the one that proves the token decides', [undefined, PRINCIPAL, DOWN], undefined, 2, { allow: true }],
    ['one that cannot tell stops none that can', [DOWN, UNSET, PRINCIPAL], undefined, 3, { allow: true }],
    ['one that cannot tell stops none that knows its end', [DOWN, ENDED], undefined, 2, { refusal: ENDED }],
    ['the one that knows its end decides', [ENDED, PRINCIPAL], undefined, 1, { refusal: ENDED }],
    ['the first that cannot tell is told', [undefined, UNSET, DOWN], undefined, 3, { refusal: UNSET }],
    ['one that cannot tell goes before a gap', [DOWN, undefined], 'not-configured', 2, { refusal: DOWN }],
    [
      'a gap goes before a token that nobody knows',
      [hint],
      'not-configured',
      1,
      { refusal: { reason: 'not-configured' } },
    ],
    ['a hint is told where nobody knows the token', [hint, undefined], undefined, 2, { refusal: hint }],
    ['none may be there', [], undefined, 0, { refusal: { reason: 'token-unknown' } }],
  ])('%s', async (_name, outcomes, gap, count, expected) => {
    const { decision, asked } = await decideBy(outcomes, gap ? { gap } : {})
    expect(decision).toMatchObject(expected)
    expect(asked).toBe(count)
  })

  it('one that refuses a genuine token says whose it is', async () => {
    const { decision } = await decideBy([ENDED])
    expect(decision).toMatchObject({ allow: false, principal: PRINCIPAL, match: { pattern: '/*' } })
    expect((await decideBy([DOWN])).decision).toMatchObject({ allow: false, principal: undefined })
  })
})

describe('policies', () => {
  const telling = (notice: Notice): NamedPolicy => ({
    name: 'tells',
    policy: (attempt) => attempt.notice(notice) as undefined,
  })
  const objecting: NamedPolicy = { name: 'objects', policy: async () => ({ reason: 'address-refused' }) }
  const [ENDS, LEFT]: readonly Notice[] = [
    ['X-Latchkey-Key-Expires', '1'],
    ['RateLimit', '2'],
  ] as const

  it('tell the caller what they have to, in their order', async () => {
    const policies = [telling(ENDS as Notice), telling(LEFT as Notice)]
    expect((await decideBy([PRINCIPAL], { policies })).decision).toMatchObject({ allow: true, notices: [ENDS, LEFT] })
    expect((await decideBy([PRINCIPAL])).decision).toMatchObject({ allow: true, notices: undefined })
  })

  it('are asked no more once one objects, and what was told before is dropped', async () => {
    let isAsked = false
    const last: NamedPolicy = { name: 'last', policy: () => void (isAsked = true) as undefined }
    const { decision } = await decideBy([PRINCIPAL], { policies: [telling(ENDS as Notice), objecting, last] })
    expect(decision).toMatchObject({ allow: false, refusal: { reason: 'address-refused' }, principal: PRINCIPAL })
    expect(JSON.stringify(decision)).not.toContain('X-Latchkey-Key-Expires')
    expect(isAsked).toBe(false)
  })
})

describe('a trace', () => {
  async function stepsOf(facts: AccessFacts): Promise<string[]> {
    const steps: Step[] = []
    const authority = authorityOf(STRICT, hostOf())
    await authority.judge(accessOf(facts), { defer: () => undefined, trace: (step) => void steps.push(step) })
    expect(JSON.stringify(steps)).not.toContain(TOKENS.CUSTOM)
    return steps.map((step) => `${step.step} ${outcomeOf(step)}: ${noteOf(step)}`)
  }

  it('tells each step to an allowance', async () => {
    expect(await stepsOf({ target: '/mine', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] })).toEqual([
      'route passed: /mine (read, api)',
      'credential passed: authorization: bearer',
      'verify passed: static-token custom, custom',
      'policy passed: cross-site',
      'policy passed: surface',
      'policy passed: credentials',
      'policy passed: permissions',
    ])
  })

  it('ends with what refused', async () => {
    const access = { target: '/orders', clientAddress: INSIDE, headers: [bearer(TOKENS.CUSTOM)] }
    expect((await stepsOf(access)).at(-1)).toMatch(/^policy refused: .*orders\.write/)
    expect((await stepsOf({ target: '/mine' })).at(-1)).toBe('address refused: address-refused')
  })
})

it("a slot counts until its deadline, by the access's own clock", async () => {
  const tokens = { secret: 'FULL', until: '2026-06-01T00:00:00Z' }
  const document: Document = { ...DOCUMENT, credentials: [{ kind: 'static-token', tokens }] }
  const at = (seconds: number) => decide(document, accessOf({ at: NOW + seconds, headers: [bearer(TOKENS.FULL)] }))
  expect(reasonOf(await at(-1))).toBeUndefined()
  expect(reasonOf(await at(0))).toBe('token-expired')
})
