import { describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../../src/http/keys/operations.ts'
import { OWN_PERMISSIONS } from '../../../src/keys/actor.ts'
import type { Principal } from '../../../src/model/principal.ts'
import { ADMINISTRATOR, custom, DAY, given, NOW } from './given.ts'

const ID = '04gZ2hT8kQ1vXc5Rn'

/** Each operation once, as it is asked for. */
const ASKED = OPERATIONS.map(({ operation, method, path, permission }) => {
  return { operation, method, target: path.replace(':id', ID), permission }
})

describe('who may do what', () => {
  const allowedTo = (by: Principal) => {
    const { refusal } = given()
    return ASKED.filter(({ method, target }) => !refusal(method, target, by)).map(({ operation }) => operation)
  }

  const FREE = ['rotate-own', 'issue-token', 'read-key-set', 'read-openapi']

  test.each(OWN_PERMISSIONS)(
    'a custom principal with %s alone may do what needs it, and nothing else',
    (permission) => {
      const expected = ASKED.filter((each) => each.permission === permission).map(({ operation }) => operation)
      expect(expected.length).toBeGreaterThan(0)
      expect(allowedTo(custom([permission]))).toEqual([...expected, ...FREE].sort(inOrder))
    },
  )

  const ALL = ASKED.map(({ operation }) => operation)
  const READING = ['list-keys', 'read-key', 'list-events', 'read-usage', 'introspect', ...FREE]

  test.each<[string, Principal, readonly string[]]>([
    ['full-access of surface keys', ADMINISTRATOR, ALL],
    ['custom with a pattern', custom(['latchkey.*']), ALL],
    ['read-only of surface keys', { ...ADMINISTRATOR, grant: { type: 'read-only', permissions: [] } }, READING],
    ['custom with no permission of it', custom(['orders.read']), FREE],
    [
      'full-access under a ceiling that reads',
      { ...ADMINISTRATOR, ceiling: { type: 'read-only', permissions: [] } },
      READING,
    ],
    ['full-access of surface api', { ...ADMINISTRATOR, surface: 'api' }, FREE],
    ['full-access of surface admin', { ...ADMINISTRATOR, surface: 'admin' }, FREE],
    ['custom of surface api with every permission', custom([...OWN_PERMISSIONS], { surface: 'api' }), FREE],
  ])('%s', (_, by, expected) => {
    expect(allowedTo(by)).toEqual([...expected].sort(inOrder))
  })

  function inOrder(a: string, b: string): number {
    return ALL.indexOf(a as never) - ALL.indexOf(b as never)
  }
})

describe('nobody hands out more than he has', () => {
  const maker = custom(['latchkey.keys.create', 'latchkey.keys.update', 'latchkey.keys.import', 'orders.*'], {
    owner: 'acme',
    expiresAt: NOW + 30 * DAY,
  })

  test('within himself he may', async () => {
    const { ask } = given()
    const json = { name: 'ci', type: 'custom', permissions: ['orders.read'], lifetimeDays: 30 }
    const made = await ask('POST', '/keys', { by: maker, json })
    expect({ status: made.status, owner: made.json.owner }).toEqual({ status: 201, owner: 'acme' })
  })

  test.each([
    ['another type', { type: 'full-access' }, '/type'],
    ['another surface', { type: 'custom', permissions: ['orders.read'], surface: 'admin' }, '/surface'],
    ['another permission', { type: 'custom', permissions: ['orders.read', 'users.read'] }, '/permissions/1'],
    ['another owner', { type: 'custom', permissions: ['orders.read'], owner: 'other' }, '/owner'],
    ['a later end', { type: 'custom', permissions: ['orders.read'], lifetimeDays: 31 }, '/lifetimeDays'],
    ['no end', { type: 'custom', permissions: ['orders.read'], expiresAt: null }, '/expiresAt'],
  ])('not %s', async (_, more, pointer) => {
    const { ask } = given()
    const { status, json } = await ask('POST', '/keys', { by: maker, json: { name: 'ci', ...more } })
    expect({ status, reason: json.reason }).toEqual({ status: 403, reason: 'beyond-actor' })
    expect(json.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer])
    expect((await ask('GET', '/keys')).json.items).toEqual([])
  })

  test('not by a change', async () => {
    const { ask } = given()
    const json = { name: 'ci', type: 'custom', permissions: ['orders.read'], lifetimeDays: 30 }
    const { id } = (await ask('POST', '/keys', { by: maker, json })).json
    const widened = await ask('PATCH', `/keys/${id}`, { by: maker, json: { permissions: ['orders.*', 'users.*'] } })
    expect({ status: widened.status, errors: widened.json.errors }).toMatchObject({
      status: 403,
      errors: [{ pointer: '/permissions/1' }],
    })
    expect((await ask('GET', `/keys/${id}`)).json.permissions).toEqual(['orders.read'])
  })

  test('not by an import, which never yields the surface keys to anybody', async () => {
    const { ask } = given()
    const key = { name: 'old', type: 'full-access', scheme: 'sha256', hash: 'a'.repeat(64) }
    const { json } = await ask('POST', '/keys/import', { by: maker, json: [key] })
    expect(json.results).toMatchObject([{ name: 'old', result: 'refused', reason: 'beyond-actor' }])
    const { status } = await ask('POST', '/keys/import', { json: [{ ...key, surface: 'keys' }] })
    expect(status).toBe(422)
  })
})

describe('a principal with an owner', () => {
  const ofAcme: Principal = { ...ADMINISTRATOR, owner: 'acme' }

  test('sees keys of that owner alone', async () => {
    const { ask, create } = given()
    await create('theirs', { owner: 'other' })
    await create('nobodys')
    const own = await create('own', { owner: 'acme' })
    const { json } = await ask('GET', '/keys', { by: ofAcme })
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([own.id])
    expect((await ask('GET', '/keys?owner=other', { by: ofAcme })).json.items).toEqual([])
  })

  const actions: [method: string, path: string, json: object | undefined][] = [
    ['GET', '', undefined],
    ['PATCH', '', { description: 'x' }],
    ['DELETE', '', undefined],
    ['POST', '/rotate', { overlapSeconds: 0 }],
    ['POST', '/suspend', undefined],
    ['POST', '/resume', undefined],
    ['POST', '/revoke', undefined],
    ['POST', '/reveal', undefined],
    ['GET', '/events', undefined],
  ]

  test.each(actions)('%s %s of another key finds none', async (method, path, json) => {
    const { ask, create, registry } = given()
    const { id, version } = await create('theirs', { owner: 'other' })
    const headers = method === 'GET' ? {} : { 'If-Match': `"${version}"` }
    for (const asked of [{}, { headers }]) {
      const answer = await ask(method, `/keys/${id}${path}`, { by: ofAcme, ...(json && { json }), ...asked })
      expect({ status: answer.status, reason: answer.json.reason }).toEqual({ status: 404, reason: 'not-found' })
    }
    expect((await registry.show(id, 'operator'))?.version).toBe(version)
  })
})
