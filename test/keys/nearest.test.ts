import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest, unneeded } from '../../src/keys/nearest.ts'
import { covers, parsePermission, permissionTemplate } from '../../src/lib/permission.ts'
import { created, given, NOW, pointersOf } from './given.ts'

const TEMPLATES = ['api::{collection}.find', 'api::{collection}.findOne', 'orders.read', 'orders.write', 'users.read']

function isNeeded(permission: string, templates = TEMPLATES): boolean {
  return unneeded([permission], templates).length === 0
}

describe('a permission', () => {
  test.each([
    ['orders.read', true],
    ['orders.*', true],
    ['*', true],
    ['*.read', true],
    ['api::articles.find', true],
    ['api::*.find', true],
    ['api::articles.*', true],
    ['api::*', true],
    ['order.read', false],
    ['orders.read.own', false],
    ['orders', false],
    ['orders:read', false],
    ['api.articles.find', false],
    ['api::articles.create', false],
    ['api::.find', false],
    ['*.*.*.*.*', false],
    ['api::{collection}.find', false],
    ['Orders.read', false],
  ])('%j is one that a route needs: %j', (permission, expected) => {
    expect(isNeeded(permission)).toBe(expected)
  })

  test.each([
    ['shop-eu.read', true],
    ['shop-.read', true],
    ['shop.read', false],
    ['eu-shop-eu.read', false],
    ['shop-a+b.read', true],
  ])('%j fits a segment that is only partly a parameter: %j', (permission, expected) => {
    expect(isNeeded(permission, ['shop-{region}.read'])).toBe(expected)
  })

  test('is needed where it covers what a route needs for some path', () => {
    const segment = fc.constantFrom('a', 'b', '*', '')
    const patterns = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'))
    const templates = fc
      .array(fc.constantFrom('a', 'b', '{x}', '{y}'), { minLength: 1, maxLength: 4 })
      .map((segments) => segments.join('.'))
    const values = fc.constantFrom('a', 'b', 'c')
    fc.assert(
      fc.property(patterns, templates, values, values, (pattern, template, x, y) => {
        const needed = permissionTemplate(template)(new Map(Object.entries({ x, y })))
        const isCovered = covers(parsePermission(pattern).parts, needed.parts)
        expect(!isCovered || isNeeded(pattern, [template])).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the nearest', () => {
  test.each([
    ['order.read', ['orders.read', 'users.read', 'orders.write']],
    ['orders.rite', ['orders.write', 'orders.read', 'users.read']],
    ['api::articles.fnd', ['api::{collection}.find', 'api::{collection}.findOne', 'orders.read']],
    ['api::very-long-name.findone', ['api::{collection}.findOne', 'api::{collection}.find', 'orders.write']],
  ])('to %j are %j', (permission, expected) => {
    const found = nearest(permission, [...TEMPLATES, ...TEMPLATES])
    expect(found.slice(0, 2)).toEqual(expected.slice(0, 2))
    expect(found).toHaveLength(3)
  })

  test('are as many as there are', () => {
    expect(nearest('a', ['b'])).toEqual(['b'])
    expect(nearest('a', [])).toEqual([])
  })

  test('are told by the fault, with a word on what is in braces', () => {
    expect(unneeded(['orders.read', 'order.read'], ['orders.read', 'orders.write'])).toEqual([
      { pointer: '/permissions/1', message: 'one that a route needs, such as "orders.read", "orders.write"' },
    ])
    expect(unneeded(['api::a.fid'], ['api::{collection}.find'])).toEqual([
      {
        pointer: '/permissions/0',
        message: 'one that a route needs, such as "api::{collection}.find", with a value or "*" for what is in braces',
      },
    ])
    expect(unneeded(['a'], [])).toEqual([{ pointer: '/permissions/0', message: 'one that a route needs' }])
  })
})

describe('a registry that knows the routes', () => {
  const custom = (...permissions: string[]) => ({ type: 'custom', permissions }) as const

  test('refuses a key with a permission that none needs, unless it is forced', async () => {
    const { keys, store } = given({ routePermissions: TEMPLATES })
    const refused = await keys.create({ name: 'ci', ...custom('orders.read', 'order.read') }, 'operator', NOW)
    expect(refused).toMatchObject({ problem: 'invalid' })
    expect(pointersOf(refused)).toEqual(['/permissions/1'])
    expect((await store.list({ prefix: 'name:', limit: 1 })).items).toEqual([])
    const forced = await keys.create({ name: 'ci', ...custom('order.read'), force: true }, 'operator', NOW)
    expect(forced).toMatchObject({ record: { permissions: ['order.read'] } })
    expect(JSON.stringify(forced)).not.toContain('force')
  })

  test('refuses it in a change, but not what was forced before', async () => {
    const all = given({ routePermissions: TEMPLATES })
    const { record } = await created(all, 'ci', { ...custom('order.read'), force: true })
    const { keys } = all
    expect(pointersOf(await keys.update(record.id, custom('orders.read', 'user.read'), 'operator', NOW))).toEqual([
      '/permissions/1',
    ])
    const kept = await keys.update(record.id, custom('orders.read', 'order.read'), 'operator', NOW)
    expect(kept).toMatchObject({ record: { permissions: ['orders.read', 'order.read'] } })
    expect(await keys.update(record.id, { description: 'x' }, 'operator', NOW)).toMatchObject({ version: /./ })
    const forced = await keys.update(record.id, { ...custom('any.thing'), force: true }, 'operator', NOW)
    expect(forced).toMatchObject({ record: { permissions: ['any.thing'] } })
  })

  test('knows its own permissions for keys of surface keys alone', async () => {
    const { keys } = given({ routePermissions: TEMPLATES })
    const own = custom('latchkey.keys.read', 'latchkey.usage.*', 'orders.read')
    expect(await keys.create({ name: 'a', ...own, surface: 'keys' }, 'operator', NOW)).toMatchObject({ token: /./ })
    expect(pointersOf(await keys.create({ name: 'b', ...own }, 'operator', NOW))).toEqual([
      '/permissions/0',
      '/permissions/1',
    ])
  })

  test('compares nothing where it knows of no routes', async () => {
    expect((await created(given(), 'ci', custom('any.thing'))).record.permissions).toEqual(['any.thing'])
  })

  test('takes what was imported: its system has other routes', async () => {
    const { keys } = given({ routePermissions: TEMPLATES })
    const key = { name: 'old', ...custom('api::x.do'), scheme: 'sha256', hash: 'a'.repeat(64) } as const
    expect(await keys.import(key, 'operator', NOW)).toMatchObject({ already: false })
  })
})
