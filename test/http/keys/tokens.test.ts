import { describe, expect, test } from 'vitest'
import type { Given } from './given.ts'
import { ADMINISTRATOR, custom, DAY, given, NOW, STORES, sha256 } from './given.ts'

const IMPORTED = `old_${'a1'.repeat(16)}`

async function imported({ ask }: Given, more: object = {}): Promise<string> {
  const key = { name: 'old', type: 'full-access', scheme: 'sha256', hash: await sha256(IMPORTED), ...more }
  const { json } = await ask('POST', '/keys/import', { json: [key] })
  return json.results[0].id
}

describe.each(STORES)('introspection over %s', (_, open) => {
  const introspect = (api: Given, token: string, more: object = {}) =>
    api.ask('POST', '/introspect', { form: { token }, ...more })

  test('tells what an active key is', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci', {
      type: 'custom',
      permissions: ['orders.read', 'orders.write'],
      owner: 'acme',
      expiresAt: NOW + DAY,
    })
    const { status, json, field } = await introspect(api, token)
    expect({ status, cache: field('Cache-Control') }).toEqual({ status: 200, cache: 'no-store' })
    expect(json).toEqual({
      active: true,
      sub: id,
      iat: NOW,
      exp: NOW + DAY,
      scope: 'orders.read orders.write',
      name: 'ci',
      owner: 'acme',
      type: 'custom',
      surface: 'api',
    })
  })

  test('tells of an endless key no end, and of another type no scope', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci', { type: 'full-access', expiresAt: 'never' })
    const expected = { active: true, sub: id, iat: NOW, name: 'ci', type: 'full-access', surface: 'api' }
    expect((await introspect(api, token)).json).toEqual(expected)
  })

  test('tells of the secret before the last rotation that it ends with the overlap', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    const rotated = await api.ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 60 } })
    expect((await introspect(api, token)).json).toMatchObject({ active: true, exp: NOW + 60 })
    expect((await introspect(api, rotated.json.token)).json).toMatchObject({ active: true, exp: NOW + 90 * DAY })
    expect((await introspect(api, token, { at: NOW + 60 })).json).toEqual({ active: false })
  })

  test('tells what an imported key is', async () => {
    const api = given(open())
    const id = await imported(api, { expiresAt: null })
    expect((await introspect(api, IMPORTED)).json).toMatchObject({ active: true, sub: id, name: 'old' })
  })

  test.each<[string, (api: Given) => Promise<{ token: string; at?: number }>]>([
    ['a text that is no token', async () => ({ token: 'abc' })],
    ['a token whose check is wrong', async ({ create }) => ({ token: `${(await create('ci')).token.slice(0, -1)}_` })],
    ['a truncated token', async ({ create }) => ({ token: (await create('ci')).token.slice(0, -1) })],
    ['a genuine token of another deployment', async () => ({ token: (await given().create('ci')).token })],
    ['an expired key', async ({ create }) => ({ ...(await create('ci')), at: NOW + 90 * DAY })],
    [
      'a suspended key',
      async ({ create, registry }) => {
        const key = await create('ci')
        await registry.suspend(key.id, 'operator', NOW)
        return key
      },
    ],
    [
      'a revoked key',
      async ({ create, registry }) => {
        const key = await create('ci')
        await registry.revoke(key.id, 'operator', NOW)
        return key
      },
    ],
    [
      'a deleted key',
      async ({ create, registry }) => {
        const key = await create('ci')
        await registry.remove(key.id, 'operator', NOW)
        return key
      },
    ],
    [
      'a secret that was replaced at once',
      async ({ create, registry }) => {
        const key = await create('ci')
        await registry.rotate(key.id, { overlapSeconds: 0 }, 'operator', NOW)
        return key
      },
    ],
    ['a token of an imported shape that nobody has', async () => ({ token: IMPORTED })],
  ])('says of %s that it is not active, and nothing else', async (_name, make) => {
    const api = given(open())
    const { token, at = NOW } = await make(api)
    const { status, reply } = await introspect(api, token, { at })
    expect({ status, body: reply.body }).toEqual({ status: 200, body: '{"active":false}' })
  })

  test('tells a principal with an owner of that owner alone', async () => {
    const api = given(open())
    const by = custom(['latchkey.introspect'], { owner: 'acme' })
    const [own, theirs] = [await api.create('own', { owner: 'acme' }), await api.create('theirs', { owner: 'other' })]
    expect((await introspect(api, own.token, { by })).json.active).toBe(true)
    expect((await introspect(api, theirs.token, { by })).json).toEqual({ active: false })
  })
})

describe('a form', () => {
  test.each([
    ['without a token', { token_type_hint: 'access_token' }],
    ['with an empty token', { token: '' }],
    ['with two tokens', 'token=a&token=b'],
    ['that is empty', ''],
  ])('%s is refused as RFC 6749 has it', async (_, form) => {
    const { ask } = given()
    for (const path of ['/introspect', '/revoke']) {
      const { status, json } = await ask('POST', path, { form })
      expect({ path, status, error: json.error }).toEqual({ path, status: 400, error: 'invalid_request' })
    }
  })

  test('may have parameters that nobody knows', async () => {
    const { ask } = given()
    const form = { token: 'abc', token_type_hint: 'refresh_token', colour: 'red' }
    expect((await ask('POST', '/introspect', { form })).json).toEqual({ active: false })
  })

  test('is no JSON', async () => {
    const { ask } = given()
    expect((await ask('POST', '/introspect', { json: { token: 'abc' } })).status).toBe(415)
  })
})

describe.each(STORES)('revocation over %s', (_, open) => {
  const stateOf = async ({ registry }: Given, id: string) => (await registry.show(id, 'operator'))?.record.state

  test('by the token alone ends its own key, and no other', async () => {
    const api = given(open())
    const [own, other] = [await api.create('own'), await api.create('other')]
    const { status, reply } = await api.ask('POST', '/revoke', { by: 'anonymous', form: { token: own.token } })
    expect({ status, body: reply.body }).toEqual({ status: 200, body: '' })
    expect([await stateOf(api, own.id), await stateOf(api, other.id)]).toEqual(['revoked', 'active'])
    expect(api.events.at(-1)).toMatchObject({ type: 'key-revoked', keyId: own.id, actor: `api-key:${own.id}` })
  })

  test('by the old secret alone ends the overlap, so that a thief does not end the key of its owner', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    await api.registry.rotate(id, { overlapSeconds: 3600 }, 'operator', NOW)
    expect((await api.ask('POST', '/revoke', { by: 'anonymous', form: { token } })).status).toBe(200)
    const kept = await api.registry.show(id, 'operator')
    expect(kept?.record).toMatchObject({ state: 'active' })
    expect(kept?.record).not.toHaveProperty('previous')
    expect(api.events.at(-1)).toMatchObject({ type: 'key-updated', actor: `api-key:${id}`, detail: 'previous' })
  })

  test('by a principal who shows the old secret ends the key', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    await api.registry.rotate(id, { overlapSeconds: 3600 }, 'operator', NOW)
    await api.ask('POST', '/revoke', { by: custom(['latchkey.keys.revoke']), form: { token } })
    expect(await stateOf(api, id)).toBe('revoked')
  })

  test('by a principal who may is told as his', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    const by = custom(['latchkey.keys.revoke'])
    expect((await api.ask('POST', '/revoke', { by, form: { token } })).status).toBe(200)
    expect(await stateOf(api, id)).toBe('revoked')
    expect(api.events.at(-1)).toMatchObject({ type: 'key-revoked', actor: 'static-token:custom' })
  })

  test('of a key of another owner is done by the token that was shown', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci', { owner: 'other' })
    const by: typeof ADMINISTRATOR = { ...ADMINISTRATOR, owner: 'acme' }
    expect((await api.ask('POST', '/revoke', { by, form: { token } })).status).toBe(200)
    expect(await stateOf(api, id)).toBe('revoked')
    expect(api.events.at(-1)).toMatchObject({ actor: `api-key:${id}` })
  })

  test('of an imported, an expired and a suspended key is done', async () => {
    const api = given(open())
    const id = await imported(api)
    const form = { token: IMPORTED }
    await api.ask('POST', '/revoke', { by: 'anonymous', form, at: NOW + 100 * DAY })
    expect(await stateOf(api, id)).toBe('revoked')
    const held = await api.create('held')
    await api.registry.suspend(held.id, 'operator', NOW)
    await api.ask('POST', '/revoke', { by: 'anonymous', form: { token: held.token } })
    expect(await stateOf(api, held.id)).toBe('revoked')
  })

  test.each(['abc', 'lk_1', IMPORTED])('of %s, which is nobody’s, is 200 too', async (token) => {
    const { ask, events } = given(open())
    for (const by of ['anonymous', ADMINISTRATOR] as const) {
      const { status, reply } = await ask('POST', '/revoke', { by, form: { token } })
      expect({ status, body: reply.body }).toEqual({ status: 200, body: '' })
    }
    expect(events).toEqual([])
  })

  test('twice is 200, and told once', async () => {
    const api = given(open())
    const { token } = await api.create('ci')
    for (let time = 0; time < 2; time++) {
      expect((await api.ask('POST', '/revoke', { by: 'anonymous', form: { token } })).status).toBe(200)
    }
    expect(api.events.filter(({ type }) => type === 'key-revoked')).toHaveLength(1)
  })
})

describe('revocation of a key that somebody changes in that moment', () => {
  test.each([
    [2, 200, 'revoked'],
    [3, 503, 'active'],
  ])('%i times is answered %i', async (times, expected, state) => {
    let left = 0
    const api = given(undefined, {
      through: (store) => ({
        ...store,
        async put(id, value, options) {
          if (id.startsWith('key:') && left-- > 0) return 'conflict'
          return store.put(id, value, options)
        },
      }),
    })
    const { id, token } = await api.create('ci')
    left = times
    expect((await api.ask('POST', '/revoke', { by: 'anonymous', form: { token } })).status).toBe(expected)
    expect((await api.registry.show(id, 'operator'))?.record.state).toBe(state)
  })
})
