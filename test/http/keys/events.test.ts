import { describe, expect, test } from 'vitest'
import { keyLog } from '../../../src/keys/log.ts'
import { custom, given, NOW, STORES } from './given.ts'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const typesOf = (json: { items: readonly { type: string }[] }) => json.items.map(({ type }) => type)

describe.each(STORES)('the events of a key over %s', (_, open) => {
  test('are its changes, the newest first', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci', { owner: 'acme' })
    await create('other')
    await ask('POST', `/keys/${id}/suspend`, { at: NOW + 1 })
    await ask('POST', `/keys/${id}/resume`, { at: NOW + 2 })
    await ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 60 }, at: NOW + 3 })
    const { status, json } = await ask('GET', `/keys/${id}/events`)
    expect(status).toBe(200)
    expect(typesOf(json)).toEqual(['key-rotated', 'key-resumed', 'key-suspended', 'key-created'])
    expect(json.items[0]).toMatchObject({ keyId: id, name: 'ci', owner: 'acme', actor: 'static-token:administrator' })
    expect(json.items.at(-1).actor).toBe('operator')
    expect(json.cursor).toBeNull()
  })

  test('come in pages', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    for (let time = 1; time < 5; time++)
      await ask('PATCH', `/keys/${id}`, { json: { description: `${time}` }, at: NOW + time })
    const first = await ask('GET', `/keys/${id}/events?limit=3`)
    const second = await ask('GET', `/keys/${id}/events?limit=3&cursor=${first.json.cursor}`)
    expect([first.json.items.length, second.json.items.length, second.json.cursor]).toEqual([3, 2, null])
    expect(typesOf(second.json).at(-1)).toBe('key-created')
  })

  test('tell what was refused to it', async () => {
    const store = open()
    const { ask, create } = given(store)
    const { id } = await create('ci')
    const time = new Date((NOW + 1) * 1000).toISOString()
    const refusal = {
      time,
      requestId: 'request-0',
      reason: 'permission-missing',
      method: 'GET',
      route: '/orders',
      path: '/orders',
      address: null,
    } as const
    const entry = { type: 'key-refused', time, keyId: id, owner: null, refusals: [refusal], more: 4 } as const
    await keyLog({ store, random }).refused(entry)
    expect((await ask('GET', `/keys/${id}/events`)).json.items[0]).toEqual(entry)
  })

  test('are there after it was deleted, for those who might see it', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci', { owner: 'acme' })
    await ask('DELETE', `/keys/${id}`, { at: NOW + 1 })
    expect(typesOf((await ask('GET', `/keys/${id}/events`)).json)).toEqual(['key-deleted', 'key-created'])
    const read = ['latchkey.events.read']
    const [own, other] = [custom(read, { owner: 'acme' }), custom(read, { owner: 'other' })]
    expect((await ask('GET', `/keys/${id}/events`, { by: own })).status).toBe(200)
    expect((await ask('GET', `/keys/${id}/events`, { by: other })).status).toBe(404)
  })

  test('of a key that never was are not found', async () => {
    const { ask } = given(open())
    const { status, json } = await ask('GET', `/keys/${'0'.repeat(17)}/events`)
    expect({ status, reason: json.reason }).toEqual({ status: 404, reason: 'not-found' })
  })
})
