import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityHeaders, whoami } from '../src/identity.ts'
import type { Principal } from '../src/model/principal.ts'
import { accessOf } from './given/access.ts'

const NAMES = ['Subject', 'Kind', 'Type', 'Name', 'Owner', 'Permissions', 'Expires', 'Request-Id'].map(
  (name) => `X-Latchkey-${name}`,
)
const { requestId } = accessOf()

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 })
const tricky = fc.oneof(
  text,
  fc.constantFrom(' ', '%', '%20', 'a b', 'a%20b', ',', 'a\r\nX-Latchkey-Name: b', '\0', 'é'),
)

const principals = fc
  .record({
    subject: tricky,
    credential: tricky,
    owner: fc.option(tricky, { nil: undefined }),
    type: fc.constantFrom('full-access' as const, 'read-only' as const, 'custom' as const),
    permissions: fc.array(tricky, { maxLength: 3 }),
    expiresAt: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(
    ({ type, permissions, ...rest }): Principal => ({
      kind: 'static-token',
      surface: 'api',
      grant: { type, permissions },
      ...rest,
    }),
  )

describe('identityHeaders', () => {
  it('are always all there, empty where there is nothing to say', () => {
    expect(identityHeaders('anonymous', requestId)).toEqual(
      NAMES.map((name) => [name, name.endsWith('Id') ? requestId : '']),
    )
  })

  it('say who called', () => {
    const principal: Principal = {
      kind: 'static-token',
      credential: 'partners',
      subject: 'partner 7',
      owner: 'Jürgen',
      surface: 'api',
      grant: { type: 'custom', permissions: ['orders.read', 'a b', '100%'] },
      expiresAt: 1_780_272_000.5,
    }
    expect(Object.fromEntries(identityHeaders(principal, requestId))).toEqual({
      'X-Latchkey-Subject': 'partner%207',
      'X-Latchkey-Kind': 'static-token',
      'X-Latchkey-Type': 'custom',
      'X-Latchkey-Name': 'partners',
      'X-Latchkey-Owner': 'J%C3%BCrgen',
      'X-Latchkey-Permissions': 'orders.read a%20b 100%25',
      'X-Latchkey-Expires': '1780272000',
      'X-Latchkey-Request-Id': requestId,
    })
  })

  it('hold visible ASCII, and spaces between permissions only', () => {
    fc.assert(
      fc.property(principals, (principal) => {
        const headers = identityHeaders(principal, requestId)
        expect(headers.map(([name]) => name)).toEqual(NAMES)
        for (const [name, value] of headers) {
          expect(value).toMatch(name.endsWith('Permissions') ? /^[\x20-\x7e]*$/ : /^[\x21-\x7e]*$/)
        }
      }),
    )
  })

  it('are never the same for two different principals', () => {
    fc.assert(
      fc.property(principals, principals, (one, other) => {
        const same =
          JSON.stringify(identityHeaders(one, requestId)) === JSON.stringify(identityHeaders(other, requestId))
        expect(same).toBe(JSON.stringify(facts(one)) === JSON.stringify(facts(other)))
      }),
      { numRuns: 1000 },
    )
  })

  it('are turned back to the very same principal by one decoding', () => {
    fc.assert(
      fc.property(principals, (principal) => {
        const values = new Map(identityHeaders(principal, requestId))
        const decoded = (name: string) => decodeURIComponent(values.get(`X-Latchkey-${name}`) as string)
        const permissions = values.get('X-Latchkey-Permissions') as string
        expect(decoded('Subject')).toBe(principal.subject)
        expect(decoded('Name')).toBe(principal.credential)
        expect(decoded('Owner')).toBe(principal.owner ?? '')
        expect(permissions === '' ? [] : permissions.split(' ').map(decodeURIComponent)).toEqual(
          principal.grant.permissions,
        )
      }),
    )
  })
})

function facts({ credential, subject, owner, grant, expiresAt }: Principal): unknown {
  return [credential, subject, owner ?? '', grant.type, grant.permissions, expiresAt ?? '']
}

describe('whoami', () => {
  it('tells a principal of itself', () => {
    const principal: Principal = {
      kind: 'static-token',
      credential: 'partners',
      subject: 'partners',
      surface: 'api',
      grant: { type: 'custom', permissions: ['orders.read'] },
      slot: 1,
    }
    expect(whoami(principal)).toEqual({
      subject: 'partners',
      name: 'partners',
      owner: null,
      kind: 'static-token',
      type: 'custom',
      surface: 'api',
      permissions: ['orders.read'],
      expiresAt: null,
    })
  })
})
