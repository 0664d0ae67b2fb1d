import { describe, expect, test } from 'vitest'
import { parseKey } from '../../../src/keys/format.ts'
import { BASE, DAY, given, NOW, STORES } from './given.ts'

const timeOf = (at: number) => new Date(at * 1000).toISOString()

describe.each(STORES)('the keys API over %s', (_, open) => {
  test('creates a key, and tells its token once', async () => {
    const { ask } = given(open())
    const { status, json, field } = await ask('POST', '/keys', { json: { name: 'ci', owner: 'acme' } })
    expect(status).toBe(201)
    expect(json).toMatchObject({
      name: 'ci',
      owner: 'acme',
      type: 'read-only',
      permissions: [],
      surface: 'api',
      state: 'active',
      description: null,
      addresses: null,
      limits: [],
      metadata: {},
      createdAt: timeOf(NOW),
      expiresAt: timeOf(NOW + 90 * DAY),
      revoked: null,
      rotation: null,
      lastUsedAt: null,
      viewable: false,
      imported: null,
    })
    expect(parseKey(json.token)?.id).toBe(json.id)
    expect(field('Location')).toBe(`${BASE}/keys/${json.id}`)
    expect(field('ETag')).toMatch(/^"[0-9A-Za-z]{17}"$/)
    expect(field('Cache-Control')).toBe('no-store')
    const shown = await ask('GET', `/keys/${json.id}`)
    const { token: _token, ...rest } = json
    expect(shown.json).toEqual(rest)
    expect(shown.field('ETag')).toBe(field('ETag'))
  })

  test('takes everything that a key may have', async () => {
    const { ask } = given(open())
    const key = {
      name: 'Zürich, nightly',
      description: 'two\nlines',
      type: 'custom',
      permissions: ['orders.read', 'orders.*'],
      surface: 'api',
      owner: 'acme',
      addresses: ['203.0.113.0/24', '2001:db8::1'],
      limits: [
        { requests: 100, windowSeconds: 60 },
        { requests: 10_000, per: 'month' },
      ],
      metadata: { team: 'billing' },
    }
    const { json } = await ask('POST', '/keys', { json: { ...key, expiresAt: '2027-01-31T01:00:00+01:00' } })
    expect(json).toMatchObject({ ...key, expiresAt: '2027-01-31T00:00:00.000Z' })
  })

  test.each([
    ['never', { expiresAt: null }, null],
    ['so many days from now', { lifetimeDays: 7 }, timeOf(NOW + 7 * DAY)],
    ['a fraction of a second later, rounded up', { expiresAt: '2027-01-31T00:00:00.001Z' }, '2027-01-31T00:00:01.000Z'],
  ])('makes a key that ends %s', async (_when, end, expected) => {
    const { ask } = given(open())
    expect((await ask('POST', '/keys', { json: { name: 'ci', ...end } })).json.expiresAt).toBe(expected)
  })

  test('tells that a name is taken, which is also how a repeated request ends', async () => {
    const { ask } = given(open())
    await ask('POST', '/keys', { json: { name: 'ci' } })
    const { status, json, field } = await ask('POST', '/keys', { json: { name: 'ci' } })
    expect({ status, reason: json.reason }).toEqual({ status: 409, reason: 'name-taken' })
    expect(field('Content-Type')).toBe('application/problem+json')
  })

  test('lists pages without a secret or a digest', async () => {
    const { ask, create, store } = given(open())
    for (const name of ['c', 'a', 'b']) await create(name)
    const first = await ask('GET', '/keys?sort=name&limit=2')
    const second = await ask('GET', `/keys?sort=name&limit=2&cursor=${encodeURIComponent(first.json.cursor)}`)
    const items = [...first.json.items, ...second.json.items]
    expect(items.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(second.json.cursor).toBeNull()
    const { items: entries } = await store.list({ prefix: 'key:', limit: 10 })
    const digests = entries.map(({ value }) => JSON.parse(value).secret.digest as string)
    expect(digests).toHaveLength(3)
    for (const digest of digests) expect(first.reply.body + second.reply.body).not.toContain(digest)
  })

  test.each([
    ['owner=acme', ['a']],
    ['state=suspended', ['b']],
    ['state=active', ['a', 'c']],
    ['surface=admin', ['b']],
    ['type=full-access', ['c']],
    ['search=NIGHT', ['c']],
    ['owner=acme&type=full-access', []],
  ])('lists by %s', async (query, expected) => {
    const { ask, create, registry } = given(open())
    await create('a', { owner: 'acme' })
    const { id } = await create('b', { surface: 'admin' })
    await create('c', { type: 'full-access', description: 'every night' })
    await registry.suspend(id, 'operator', NOW)
    const { json } = await ask('GET', `/keys?sort=name&${query}`)
    expect(json.items.map(({ name }: { name: string }) => name)).toEqual(expected)
  })

  test('changes what is sent, takes away what is null, and keeps the rest', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci', {
      owner: 'acme',
      description: 'old',
      metadata: { a: '1' },
      addresses: ['10.0.0.1'],
    })
    const json = { description: 'new', owner: null, addresses: null, metadata: null, type: 'full-access' }
    const changed = await ask('PATCH', `/keys/${id}`, { json })
    expect(changed.status).toBe(200)
    expect(changed.json).toMatchObject({
      id,
      name: 'ci',
      description: 'new',
      owner: null,
      addresses: null,
      metadata: {},
      type: 'full-access',
    })
    expect(changed.field('ETag')).toBe((await ask('GET', `/keys/${id}`)).field('ETag'))
  })

  test('rotates with an overlap, and both secrets are told apart', async () => {
    const { ask, create, principal } = given(open())
    const { id, token } = await create('ci')
    const rotated = await ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 3600 } })
    expect(rotated.status).toBe(200)
    expect(rotated.json).toMatchObject({ id, rotation: { until: timeOf(NOW + 3600) } })
    expect(rotated.json.token).not.toBe(token)
    expect((await principal(rotated.json.token)).slot).toBe(0)
    expect((await principal(token)).slot).toBe(1)
    expect((await ask('GET', `/keys/${id}`, { at: NOW + 3600 })).json.rotation).toBeNull()
  })

  test('rotates at once, and renews the end where one is sent', async () => {
    const { ask, create, principal } = given(open())
    const { id, token } = await create('ci')
    const json = { overlapSeconds: 0, lifetimeDays: 365 }
    const rotated = await ask('POST', `/keys/${id}/rotate`, { json })
    expect(rotated.json).toMatchObject({ rotation: null, expiresAt: timeOf(NOW + 365 * DAY) })
    await expect(principal(token)).rejects.toThrow('not proved')
  })

  test('suspends, resumes, and revokes for good', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    expect((await ask('POST', `/keys/${id}/suspend`)).json.state).toBe('suspended')
    expect((await ask('POST', `/keys/${id}/resume`, { json: {} })).json.state).toBe('active')
    const { json } = await ask('POST', `/keys/${id}/revoke`, { json: { reason: 'leaked' } })
    expect(json).toMatchObject({ state: 'revoked', revoked: { at: timeOf(NOW), reason: 'leaked' } })
    expect((await ask('POST', `/keys/${id}/revoke`)).json.revoked.reason).toBe('leaked')
    for (const action of ['resume', 'suspend']) {
      const { status, json } = await ask('POST', `/keys/${id}/${action}`)
      expect({ status, reason: json.reason }).toEqual({ status: 409, reason: 'revoked' })
    }
    expect((await ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 0 } })).json.reason).toBe('revoked')
  })

  test('deletes, and frees the name', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    const { status, reply } = await ask('DELETE', `/keys/${id}`)
    expect({ status, body: reply.body }).toEqual({ status: 204, body: '' })
    expect((await ask('GET', `/keys/${id}`)).status).toBe(404)
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(404)
    expect((await ask('POST', '/keys', { json: { name: 'ci' } })).status).toBe(201)
  })

  test('reveals a viewable key, and tells so', async () => {
    const { ask, events } = given(open(), { encryptionKey: 'an encryption key of this test' })
    const { json } = await ask('POST', '/keys', { json: { name: 'ci', viewable: true } })
    expect(json.viewable).toBe(true)
    const revealed = await ask('POST', `/keys/${json.id}/reveal`)
    expect(revealed.json).toEqual({ token: json.token })
    expect(revealed.field('Cache-Control')).toBe('no-store')
    expect(events.map(({ type }) => type)).toEqual(['key-created', 'key-revealed'])
  })

  test('reveals no other key, and makes no viewable one without an encryption key', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    const { status, json } = await ask('POST', `/keys/${id}/reveal`)
    expect({ status, reason: json.reason }).toEqual({ status: 409, reason: 'not-viewable' })
    const refused = await ask('POST', '/keys', { json: { name: 'b', viewable: true } })
    expect(refused.json.errors).toMatchObject([{ pointer: '/viewable' }])
  })

  test('tells when a key was used last', async () => {
    const store = open()
    const { ask, create } = given(store)
    const { id } = await create('ci')
    const use = { v: 1, usedAt: NOW - 7200, previousSecretUsedAt: NOW - 10_800 }
    await store.put(`used:${id}`, JSON.stringify(use))
    const expected = { lastUsedAt: timeOf(NOW - 7200), previousSecretUsedAt: timeOf(NOW - 10_800) }
    expect((await ask('GET', `/keys/${id}`)).json).toMatchObject(expected)
    expect((await ask('GET', '/keys')).json.items).toMatchObject([expected])
    expect((await ask('POST', `/keys/${id}/suspend`)).json).toMatchObject(expected)
  })
})

test('HEAD is answered as GET; a host leaves the body out', async () => {
  const { ask, create } = given()
  const { id } = await create('ci')
  expect((await ask('HEAD', `/keys/${id}`)).reply).toEqual((await ask('GET', `/keys/${id}`)).reply)
})
