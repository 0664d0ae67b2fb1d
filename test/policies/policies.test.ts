import { describe, expect, it } from 'vitest'
import { parsePermission } from '../../src/lib/permission.ts'
import type { Place } from '../../src/model/credential.ts'
import type { Match } from '../../src/model/decision.ts'
import type { Attempt, Policy } from '../../src/model/ports.ts'
import type { GrantType, Principal, Surface } from '../../src/model/principal.ts'
import { credentials } from '../../src/policies/credentials.ts'
import { crossSite } from '../../src/policies/cross-site.ts'
import { permissions } from '../../src/policies/permissions.ts'
import { surface } from '../../src/policies/surface.ts'
import type { Field } from '../given/access.ts'
import { accessOf } from '../given/access.ts'

const BEARER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }
const COOKIE: Place = { kind: 'cookie', name: 'session' }

function attemptOf(facts: {
  principal?: Partial<Principal>
  match?: Partial<Match>
  place?: Place
  headers?: readonly Field[]
  host?: string
}): Attempt {
  return {
    principal: {
      kind: 'static-token',
      credential: 'one',
      subject: 'one',
      surface: 'api',
      grant: { type: 'full-access', permissions: [] },
      ...facts.principal,
    },
    access: accessOf({ headers: facts.headers, host: facts.host ?? 'api.example' }),
    match: {
      pattern: '/*',
      path: '/',
      query: undefined,
      passage: 'judged',
      access: 'read',
      surface: 'api',
      permissions: [],
      credentials: undefined,
      endpoint: undefined,
      ...facts.match,
    },
    place: facts.place ?? BEARER,
    notice: () => undefined,
  }
}

function objection(policy: Policy, facts: Parameters<typeof attemptOf>[0]): string | undefined {
  const refusal = policy(attemptOf(facts))
  if (refusal instanceof Promise) throw new Error('a policy that has to wait')
  return refusal?.reason
}

describe('credentials', () => {
  it.each<[string, readonly string[] | undefined, string | undefined]>([
    ['takes any where the route names none', undefined, undefined],
    ['takes one that the route names', ['zero', 'one'], undefined],
    ['refuses one that the route does not name', ['two'], 'credential-not-accepted'],
  ])('%s', (_, names, expected) => {
    expect(objection(credentials(), { match: { credentials: names && new Set(names) } })).toBe(expected)
  })
})

describe('surface', () => {
  const surfaces: readonly Surface[] = ['api', 'admin', 'keys']
  const pairs = surfaces.flatMap((route) => surfaces.map((own) => [route, own] as const))

  it.each(pairs)('lets a %s route be passed by a %s principal only where they are the same', (route, own) => {
    const expected = route === own ? undefined : 'surface-mismatch'
    expect(objection(surface(), { match: { surface: route }, principal: { surface: own } })).toBe(expected)
  })

  it.each(surfaces)('lets %s pass where any surface may', (own) => {
    expect(objection(surface(), { match: { surface: undefined }, principal: { surface: own } })).toBeUndefined()
  })
})

describe('permissions', () => {
  const MISSING = 'permission-missing'

  it.each<[GrantType, readonly string[], 'read' | 'write', readonly string[] | undefined, string | undefined]>([
    ['full-access', [], 'write', ['orders.write'], undefined],
    ['full-access', [], 'read', [], undefined],
    ['read-only', [], 'read', ['orders.read'], undefined],
    ['read-only', [], 'read', [], undefined],
    ['read-only', [], 'write', ['orders.read'], MISSING],
    ['read-only', [], 'write', [], MISSING],
    ['custom', ['orders.read'], 'write', ['orders.read'], undefined],
    ['custom', ['orders.read'], 'read', ['orders.write'], MISSING],
    ['custom', ['orders.*'], 'read', ['orders.read', 'orders.write'], undefined],
    ['custom', ['orders.read'], 'read', ['orders.read', 'orders.write'], MISSING],
    ['custom', ['orders.read', 'orders.write'], 'read', ['orders.read', 'orders.write'], undefined],
    ['custom', ['*'], 'read', [], MISSING],
    ['custom', [], 'read', ['orders.read'], MISSING],
    ['custom', [], 'read', undefined, undefined],
    ['read-only', [], 'write', undefined, undefined],
  ])('a %s grant of %j on a %s route that needs %j: %j', (type, granted, access, needed, expected) => {
    const match = { access, permissions: needed?.map(parsePermission) }
    const principal = { grant: { type, permissions: granted } }
    expect(objection(permissions(), { match, principal })).toBe(expected)
  })

  it('says which permissions would have been needed', () => {
    const match = { permissions: ['orders.read', 'orders.write'].map(parsePermission) }
    const grant = { type: 'custom' as const, permissions: ['orders.read'] }
    expect(permissions()(attemptOf({ match, principal: { grant } }))).toEqual({
      reason: MISSING,
      permissions: ['orders.read', 'orders.write'],
    })
  })

  it.each<[name: string, granted: readonly string[], ceiling: readonly string[], detail: string | undefined]>([
    ['the grant', [], ['orders.*'], undefined],
    ['the ceiling', ['orders.read'], ['bills.*'], 'the ceiling of the credential'],
    ['both', [], ['bills.*'], undefined],
  ])('tells the operator whether it is the ceiling that is in the way: %s', (_, granted, ceiling, detail) => {
    const match = { permissions: [parsePermission('orders.read')] }
    const of = (permissions: readonly string[]) => ({ type: 'custom' as const, permissions })
    const principal = { grant: of(granted), ceiling: of(ceiling) }
    expect(permissions()(attemptOf({ match, principal }))).toMatchObject({ reason: MISSING, detail })
  })
})

describe('crossSite', () => {
  const policy = crossSite(new Set(['https://app.example']))
  const CROSS = 'request-cross-site'
  const site = (value: string): Field => ['Sec-Fetch-Site', value]
  const origin = (value: string): Field => ['Origin', value]

  it.each<[string, readonly Field[], string | undefined]>([
    ['nothing', [], CROSS],
    ['same-origin', [site('same-origin')], undefined],
    ['none', [site('none')], undefined],
    ['same-site', [site('same-site')], CROSS],
    ['cross-site', [site('cross-site')], CROSS],
    ['two sites', [site('same-origin'), site('cross-site')], CROSS],
    ['an origin of its own', [origin('https://api.example')], undefined],
    ['its own host over http', [origin('http://api.example')], CROSS],
    ['its own host at another port', [origin('https://api.example:8443')], CROSS],
    ['a listed origin', [origin('https://app.example')], undefined],
    ['a listed origin from another site', [site('cross-site'), origin('https://app.example')], undefined],
    ['another origin', [origin('https://evil.example')], CROSS],
    ['a null origin', [origin('null')], CROSS],
    ['two origins', [origin('https://app.example'), origin('https://evil.example')], CROSS],
  ])('judges a cookie on a write route by what the browser says: %s', (_, headers, expected) => {
    expect(objection(policy, { place: COOKIE, match: { access: 'write' }, headers })).toBe(expected)
  })

  it('lets a cookie read', () => {
    expect(objection(policy, { place: COOKIE, headers: [site('cross-site')] })).toBeUndefined()
  })

  it('judges an upgrade even where the route reads', () => {
    const upgrade: Field = ['Upgrade', 'websocket']
    expect(objection(policy, { place: COOKIE, headers: [upgrade, origin('https://evil.example')] })).toBe(CROSS)
    expect(objection(policy, { place: COOKIE, headers: [upgrade, origin('https://app.example')] })).toBeUndefined()
  })

  it('says nothing of credentials that no browser adds by itself', () => {
    const headers = [site('cross-site'), origin('https://evil.example')]
    expect(objection(policy, { place: BEARER, match: { access: 'write' }, headers })).toBeUndefined()
  })
})
