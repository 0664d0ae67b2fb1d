import { describe, expect, test } from 'vitest'
import { parsePermission, permissionTemplate } from '../../src/lib/permission.ts'
import { permissions } from '../../src/policies/permissions.ts'
import type { Claims } from '../../src/verifiers/jwt-claims.ts'
import type { GrantRules } from '../../src/verifiers/jwt-grant.ts'
import { claimedGrant } from '../../src/verifiers/jwt-grant.ts'

const NOTHING: GrantRules = { permissionsClaim: undefined, roles: undefined, ceiling: undefined }
const BY_SCOPE: GrantRules = { ...NOTHING, permissionsClaim: 'scope' }
const ROLES = {
  claim: 'org_role',
  map: new Map([
    ['org:admin', ['orders.*']],
    ['Billing Admin', ['bills.read']],
    ['Admin', ['*']],
  ]),
}
const BY_ROLE: GrantRules = { ...NOTHING, roles: ROLES }

describe('what a claim grants', () => {
  test.each<[name: string, rules: GrantRules, claims: Claims, expected: readonly string[]]>([
    ['a text', BY_SCOPE, { scope: 'orders.read orders.write' }, ['orders.read', 'orders.write']],
    ['a text with more spaces', BY_SCOPE, { scope: ' orders.read  orders.read ' }, ['orders.read']],
    ['a list', { ...NOTHING, permissionsClaim: 'permissions' }, { permissions: ['a', 'b c'] }, ['a', 'b c']],
    ['a path', { ...NOTHING, permissionsClaim: 'realm_access.roles' }, { realm_access: { roles: ['a'] } }, ['a']],
    ['nothing', BY_SCOPE, {}, []],
    ['null', BY_SCOPE, { scope: null }, []],
    ['a number', BY_SCOPE, { scope: 1 }, []],
    ['an object', BY_SCOPE, { scope: { 'orders.read': true } }, []],
    ['what is no text in a list', BY_SCOPE, { scope: ['a', 1, null, ['b'], '', '\ud800'] }, ['a']],
    ['a role', BY_ROLE, { org_role: 'org:admin' }, ['orders.*']],
    ['a role with a space', BY_ROLE, { org_role: 'Billing Admin' }, ['bills.read']],
    ['a list of roles', BY_ROLE, { org_role: ['org:admin', 'Billing Admin'] }, ['orders.*', 'bills.read']],
    ['an unknown role', BY_ROLE, { org_role: 'org:member' }, []],
    ['a role of another case', BY_ROLE, { org_role: 'ORG:ADMIN' }, []],
    ['what every map has', BY_ROLE, { org_role: 'constructor' }, []],
    ['a scope as roles', { ...NOTHING, roles: { ...ROLES, claim: 'scope' } }, { scope: 'x Admin' }, ['*']],
    ['both', { ...BY_SCOPE, roles: ROLES }, { scope: 'a', org_role: 'org:admin' }, ['a', 'orders.*']],
  ])('%s', (_, rules, claims, expected) => {
    const { grant, covered } = claimedGrant(claims, rules)
    expect(grant.type).toBe('custom')
    expect(covered).toEqual(expected)
  })

  test('shows of it what a custom ceiling covers', () => {
    const ceiling = { type: 'custom', permissions: ['orders.*'] } as const
    expect(claimedGrant({ scope: 'orders.read bills.read' }, { ...BY_SCOPE, ceiling })).toMatchObject({
      grant: { permissions: ['orders.read', 'bills.read'] },
      ceiling,
      covered: ['orders.read'],
    })
  })

  test('shows all of it below a ceiling that only reads', () => {
    const ceiling = { type: 'read-only', permissions: [] } as const
    expect(claimedGrant({ scope: 'orders.write' }, { ...BY_SCOPE, ceiling })).toMatchObject({
      ceiling,
      covered: ['orders.write'],
    })
  })
})

describe('a star in a claim', () => {
  const policy = permissions()

  /** Whether a token of these claims passes a route that needs this, with the value for its parameter. */
  function passes(claims: Claims, needed: string, value = '', rules = BY_SCOPE): boolean {
    const principal = { ...claimedGrant(claims, rules) }
    const match = { access: 'read', permissions: [permissionTemplate(needed)(new Map([['name', value]]))] }
    return policy({ principal, match } as unknown as Parameters<typeof policy>[0]) === undefined
  }

  test.each<[scope: string, needed: string, value: string, expected: boolean]>([
    ['orders.read', 'orders.read', '', true],
    ['orders.*', 'orders.read', '', false],
    ['*', 'orders.read', '', false],
    ['orders.*', 'orders.*', '', true],
    ['api::*.find', 'api::{name}.find', 'articles', false],
    ['api::*.find', 'api::{name}.find', '*', true],
    ['api::a.*', 'api::{name}', 'a.*', false],
    ['*.*', '{name}.*', 'a', false],
  ])('%s for %s of %s: %s', (scope, needed, value, expected) => {
    expect(passes({ scope }, needed, value)).toBe(expected)
  })

  test('means what it says in the patterns of a role', () => {
    expect(passes({ org_role: 'org:admin' }, 'orders.read', '', BY_ROLE)).toBe(true)
  })

  test('is not among the patterns that a key may be made by', () => {
    expect(claimedGrant({ scope: 'latchkey.* orders.read' }, BY_SCOPE).grant.permissions).toEqual(['orders.read'])
    expect(parsePermission('latchkey.*').parts).toEqual(['latchkey', '.', '*'])
  })
})
