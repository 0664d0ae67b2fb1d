import { describe, expect, test } from 'vitest'
import type { Place } from '../../../src/model/credential.ts'
import type { Principal } from '../../../src/model/principal.ts'
import type { Asked, Given } from './given.ts'
import { ADMINISTRATOR, DAY, given, HEADER, NOW, STORES, sha256 } from './given.ts'

const IMPORTED = `old_${'b2'.repeat(16)}`

/** Asks as a holder does: with the token in a header, by the principal that a verifier has proved. */
async function rotate(api: Given, token: string, more: Asked & { by?: Principal } = {}) {
  const { headers, at = NOW, ...rest } = more
  return api.ask('POST', '/whoami/rotate', {
    by: more.by ?? (await api.principal(token, at)),
    json: { overlapSeconds: 3600 },
    headers: { authorization: `Bearer ${token}`, ...headers },
    at,
    ...rest,
  })
}

describe.each(STORES)('a holder over %s', (_, open) => {
  test('replaces the own secret, and the old one counts for a while', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci', { surface: 'api' })
    const { status, json, field } = await rotate(api, token)
    expect(status).toBe(200)
    expect(json).toEqual({
      id,
      token: expect.stringMatching(/^lk_11/),
      expiresAt: new Date((NOW + 90 * DAY) * 1000).toISOString(),
      rotation: { until: new Date((NOW + 3600) * 1000).toISOString() },
    })
    expect(field('Cache-Control')).toBe('no-store')
    expect([(await api.principal(json.token)).slot, (await api.principal(token)).slot]).toEqual([0, 1])
    expect(api.events.at(-1)).toMatchObject({ type: 'key-rotated', actor: `api-key:${id}` })
  })

  test('of any surface, and of an imported key, may', async () => {
    const api = given(open())
    for (const surface of ['api', 'admin', 'keys']) {
      const { token } = await api.create(surface, { surface })
      expect((await rotate(api, token)).status).toBe(200)
    }
    const key = { name: 'old', type: 'full-access', scheme: 'sha256', hash: await sha256(IMPORTED) }
    await api.ask('POST', '/keys/import', { json: [key] })
    const { status, json } = await rotate(api, IMPORTED)
    expect(status).toBe(200)
    expect((await api.principal(json.token)).slot).toBe(0)
  })

  test('with the old secret may not, so that a thief does not evict the owner', async () => {
    const api = given(open())
    const { token } = await api.create('ci')
    const { json } = await rotate(api, token)
    const refused = await rotate(api, token)
    expect({ status: refused.status, reason: refused.json.reason }).toEqual({
      status: 403,
      reason: 'secret-not-current',
    })
    expect((await api.principal(json.token)).slot).toBe(0)
  })

  test('may not while an overlap runs, and may after it', async () => {
    const api = given(open())
    const { token } = await api.create('ci')
    const { json } = await rotate(api, token)
    const refused = await rotate(api, json.token)
    expect({ status: refused.status, reason: refused.json.reason }).toEqual({ status: 409, reason: 'overlap-running' })
    expect((await rotate(api, json.token, { at: NOW + 3600 })).status).toBe(200)
  })

  test('may not by a secret that has ended since the gate knew it', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    const stale = await api.principal(token)
    await api.registry.rotate(id, { overlapSeconds: 0 }, 'operator', NOW)
    const version = (await api.registry.show(id, 'operator'))?.version
    const refused = await rotate(api, token, { by: stale })
    expect({ status: refused.status, reason: refused.json.reason }).toEqual({
      status: 403,
      reason: 'secret-not-current',
    })
    expect((await api.registry.show(id, 'operator'))?.version).toBe(version)
  })

  test('may not by a secret that became the old one since the gate knew it', async () => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    const stale = await api.principal(token)
    await api.registry.rotate(id, { overlapSeconds: 60 }, 'operator', NOW)
    expect((await rotate(api, token, { by: stale })).json.reason).toBe('secret-not-current')
    expect((await rotate(api, token, { by: stale, at: NOW + 61 })).json.reason).toBe('secret-not-current')
    expect((await api.registry.show(id, 'operator'))?.record.previous?.until).toBe(NOW + 60)
  })

  test('cannot renew the end', async () => {
    const api = given(open())
    const { token } = await api.create('ci')
    const refused = await rotate(api, token, { json: { overlapSeconds: 0, expiresAt: null, lifetimeDays: 9 } })
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/expiresAt',
      '/lifetimeDays',
    ])
  })

  test.each([
    ['a suspended key', (api: Given, id: string) => api.registry.suspend(id, 'operator', NOW), 409, 'conflict'],
    ['a revoked key', (api: Given, id: string) => api.registry.revoke(id, 'operator', NOW), 409, 'revoked'],
    ['a deleted key', (api: Given, id: string) => api.registry.remove(id, 'operator', NOW), 403, 'secret-not-current'],
  ])('of %s that the gate still takes for active may not', async (_name, change, status, reason) => {
    const api = given(open())
    const { id, token } = await api.create('ci')
    const stale = await api.principal(token)
    await change(api, id)
    const refused = await rotate(api, token, { by: stale })
    expect({ status: refused.status, reason: refused.json.reason }).toEqual({ status, reason })
  })
})

describe('a holder', () => {
  test('may not where the document does not say so', async () => {
    const api = given(undefined, { selfRotation: false })
    const { token } = await api.create('ci')
    const { status, json } = await rotate(api, token)
    expect({ status, reason: json.reason }).toEqual({ status: 403, reason: 'rotation-not-allowed' })
  })

  test('of another kind of credential may not', async () => {
    const api = given()
    const { status, json } = await rotate(api, 'a static token', { by: ADMINISTRATOR })
    expect({ status, reason: json.reason }).toEqual({ status: 403, reason: 'rotation-not-allowed' })
  })

  const places: Place[] = [
    { kind: 'cookie', name: 'session' },
    { kind: 'query', name: 'token' },
    { kind: 'subprotocol', name: 'bearer' },
  ]
  test.each(places)('may not by a $kind', async (place) => {
    const api = given()
    const { token } = await api.create('ci')
    const { status, json } = await rotate(api, token, { place })
    expect({ status, reason: json.reason }).toEqual({ status: 403, reason: 'credential-place' })
  })

  test.each<[string, Place, Record<string, string>]>([
    ['another scheme', { ...HEADER, scheme: 'key' }, { authorization: 'KEY   TOKEN' }],
    ['a field of its own', { kind: 'header', name: 'x-api-key' }, { 'x-api-key': 'TOKEN', authorization: 'Basic abc' }],
  ])('may by %s', async (_, place, fields) => {
    const api = given()
    const { token } = await api.create('ci')
    const headers = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value.replace('TOKEN', token)]),
    )
    expect((await rotate(api, token, { place, headers })).status).toBe(200)
  })

  test('who is not the one whose token is shown may not', async () => {
    const api = given()
    const [one, other] = [await api.create('one'), await api.create('other')]
    const { json } = await rotate(api, one.token, { by: await api.principal(other.token) })
    expect(json.reason).toBe('secret-not-current')
  })
})
