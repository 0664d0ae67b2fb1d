import { describe, expect, test } from 'vitest'
import type { Reach } from '../../src/keys/actor.ts'
import { actorName, beyond, isWithinSight } from '../../src/keys/actor.ts'
import type { Principal } from '../../src/model/principal.ts'
import { customKeeper, DAY, keeper, NOW, rangesOf } from './given.ts'

const ORDERS = customKeeper(['latchkey.keys.*', 'orders.*'])

function reach(more: Partial<Reach> = {}): Reach {
  return { type: 'custom', permissions: ['orders.read'], surface: 'api', ...more }
}

function places(actor: Principal, key: Reach): string[] {
  return beyond(actor, key).map(({ pointer }) => pointer)
}

const EVERY: readonly Reach[] = [
  reach(),
  reach({ type: 'full-access', permissions: [], surface: 'keys' }),
  reach({ type: 'read-only', permissions: [], surface: 'admin', owner: 'acme', addresses: ['10.0.0.0/8'] }),
]

describe('who hands out any key', () => {
  test('is an operator', () => {
    for (const key of EVERY) expect(beyond('operator', key)).toEqual([])
  })

  test('is a full-access credential of surface keys, which may itself end', () => {
    for (const key of EVERY) expect(beyond(keeper({ expiresAt: NOW }), key)).toEqual([])
  })

  test('is one under a ceiling that narrows nothing', () => {
    const ceiling = { type: 'full-access', permissions: [] } as const
    for (const key of EVERY) expect(beyond(keeper({ ceiling }), key)).toEqual([])
  })
})

describe('who hands out nothing', () => {
  test.each<[string, Principal]>([
    ['a credential of surface api', keeper({ surface: 'api' })],
    ['one of surface admin', keeper({ surface: 'admin' })],
    ['a custom one of surface api with every permission', customKeeper(['*'], { surface: 'api' })],
    ['a read-only one of surface keys', keeper({ grant: { type: 'read-only', permissions: [] } })],
    ['one under a read-only ceiling', keeper({ ceiling: { type: 'read-only', permissions: [] } })],
    ['a custom one under a read-only ceiling', { ...ORDERS, ceiling: { type: 'read-only', permissions: [] } }],
  ])('is %s', (_, actor) => {
    for (const key of EVERY) expect(places(actor, key)).toEqual([''])
  })
})

describe('an owner', () => {
  test.each(['a\nb', '\u001b[2J', 'x'.repeat(101)])('that no key could be asked for is not handed on: %j', (owner) => {
    expect(places(keeper({ owner }), reach({ owner }))).toEqual(['/owner'])
  })

  test.each([keeper({ owner: 'acme' }), customKeeper(['orders.*'], { owner: 'acme' })])('is handed on', (actor) => {
    expect(places(actor, reach({ owner: 'acme' }))).toEqual([])
    expect(places(actor, reach({ owner: 'globex' }))).toEqual(['/owner'])
    expect(places(actor, reach())).toEqual(['/owner'])
  })

  test('may be any where the actor has none', () => {
    expect(places(ORDERS, reach({ owner: 'acme' }))).toEqual([])
  })

  test('says whose keys are in sight', () => {
    const [ours, theirs, nobodys] = [{ id: 'a', owner: 'acme' }, { id: 'b', owner: 'globex' }, { id: 'c' }]
    const seen = (actor: Principal | 'operator') =>
      [ours, theirs, nobodys].filter((key) => isWithinSight(actor, key)).map(({ id }) => id)
    expect(seen('operator')).toEqual(['a', 'b', 'c'])
    expect(seen(keeper())).toEqual(['a', 'b', 'c'])
    expect(seen(keeper({ owner: 'acme' }))).toEqual(['a'])
    expect(seen(keeper({ owner: '' }))).toEqual([])
    expect(seen(keeper({ surface: 'api' }))).toEqual([])
    expect(seen({ ...keeper({ surface: 'api' }), kind: 'api-key', subject: 'b' })).toEqual(['b'])
    expect(seen({ ...keeper({ surface: 'api' }), kind: 'static-token', subject: 'b' })).toEqual([])
  })
})

describe('a custom credential of surface keys', () => {
  test.each<[string, Partial<Reach>, string[]]>([
    ['a custom key of surface api', {}, []],
    ['one of surface keys', { surface: 'keys', permissions: ['latchkey.keys.read'] }, []],
    ['a pattern within its own', { permissions: ['orders.*', 'orders.items.*', 'latchkey.keys.*'] }, []],
    ['surface admin', { surface: 'admin' }, ['/surface']],
    ['full access', { type: 'full-access', permissions: [] }, ['/type']],
    ['read-only access', { type: 'read-only', permissions: [] }, ['/type']],
    ['a permission that it has not', { permissions: ['orders.read', 'users.read'] }, ['/permissions/1']],
    [
      'a wider pattern',
      { permissions: ['*', 'latchkey.*', '*.read'] },
      ['/permissions/0', '/permissions/1', '/permissions/2'],
    ],
    ['a permission that looks like a template', { permissions: ['{a}.read'] }, ['/permissions/0']],
    ['all at once', { type: 'full-access', permissions: [], surface: 'admin' }, ['/type', '/surface']],
  ])('asked for %s', (_, more, expected) => {
    expect(places(ORDERS, reach(more))).toEqual(expected)
  })

  test('hands out what grant and ceiling both cover', () => {
    const actor = { ...ORDERS, ceiling: { type: 'custom', permissions: ['*.read'] } } as const
    expect(places(actor, reach({ permissions: ['orders.read'] }))).toEqual([])
    expect(places(actor, reach({ permissions: ['orders.write', 'users.read'] }))).toEqual([
      '/permissions/0',
      '/permissions/1',
    ])
  })

  test('is what a full-access one is under a custom ceiling', () => {
    const actor = keeper({ ceiling: { type: 'custom', permissions: ['orders.*'] } })
    expect(places(actor, reach())).toEqual([])
    expect(places(actor, reach({ permissions: ['users.read'] }))).toEqual(['/permissions/0'])
    expect(places(actor, reach({ type: 'full-access', permissions: [] }))).toEqual(['/type'])
  })

  test('hands out no key that ends after it', () => {
    const actor = { ...ORDERS, expiresAt: NOW + DAY }
    expect(places(actor, reach({ expiresAt: NOW + DAY }))).toEqual([])
    expect(places(actor, reach({ expiresAt: NOW + DAY + 0.001 }))).toEqual(['/expiresAt'])
    expect(places(actor, reach())).toEqual(['/expiresAt'])
  })

  test('hands out its own addresses, and blocks within them', () => {
    const actor = { ...ORDERS, constraints: { addresses: rangesOf(['10.0.0.0/8', '2001:db8::/32']) } }
    const of = (...addresses: string[]) => places(actor, reach({ addresses }))
    expect(of('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '::ffff:10.1.2.3', '2001:db8:1::/48')).toEqual([])
    expect(of('0.0.0.0/0', '10.0.0.0/7', '11.0.0.1', '::/0')).toEqual([
      '/addresses/0',
      '/addresses/1',
      '/addresses/2',
      '/addresses/3',
    ])
    expect(places(actor, reach())).toEqual(['/addresses'])
    expect(of('no address')).toEqual(['/addresses/0'])
  })

  test('hands out its own limits, or tighter ones', () => {
    const limits = [
      { requests: 100, windowSeconds: 60 },
      { requests: 1000, per: 'day' },
    ] as const
    const actor = { ...ORDERS, constraints: { limits } }
    expect(places(actor, reach({ limits }))).toEqual([])
    expect(places(actor, reach({ limits: [...limits, { requests: 5, windowSeconds: 1 }] }))).toEqual([])
    expect(
      places(
        actor,
        reach({
          limits: [
            { requests: 1, windowSeconds: 60 },
            { requests: 1, per: 'day' },
          ],
        }),
      ),
    ).toEqual([])
    for (const looser of [
      undefined,
      [],
      [limits[0]],
      [{ requests: 101, windowSeconds: 60 }, limits[1]],
      [{ requests: 100, windowSeconds: 30 }, limits[1]],
      [limits[0], { requests: 1000, per: 'hour' as const }],
      [limits[0], { requests: 1000, windowSeconds: DAY }],
    ]) {
      expect(places(actor, reach(looser && { limits: looser }))).toEqual(['/limits'])
    }
  })
})

test('an actor is told by kind and subject', () => {
  expect(actorName('operator')).toBe('operator')
  expect(actorName(keeper())).toBe('static-token:keeper')
  expect(actorName({ ...keeper(), kind: 'api-key', subject: 'a1' })).toBe('api-key:a1')
})
