import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/model/ports.ts'
import type { StoreTrouble } from '../../../src/model/store-error.ts'
import { StoreError } from '../../../src/model/store-error.ts'
import type { Given } from './given.ts'
import { given } from './given.ts'

const ID = '0000000000000000a'

/** A store that fails from when it is told to. */
function failing(
  trouble: StoreTrouble,
  when: { isDown: boolean },
  only: readonly (keyof Store)[] = ['get', 'put', 'delete', 'list'],
) {
  return (store: Store): Store => {
    const fails = (method: keyof Store) => when.isDown && only.includes(method)
    const error = () => new StoreError('memory', trouble, 'a detail for the operator')
    return {
      async get(id) {
        if (fails('get')) throw error()
        return store.get(id)
      },
      async put(...asked) {
        if (fails('put')) throw error()
        return store.put(...asked)
      },
      async delete(...asked) {
        if (fails('delete')) throw error()
        return store.delete(...asked)
      },
      async list(query) {
        if (fails('list')) throw error()
        return store.list(query)
      },
    }
  }
}

const EVERYTHING: readonly (readonly [method: string, path: string, json: object | undefined])[] = [
  ['GET', '/keys', undefined],
  ['POST', '/keys', { name: 'b' }],
  ['POST', '/keys/import', [{ name: 'b', type: 'full-access', scheme: 'sha256', hash: 'a'.repeat(64) }]],
  ['GET', '/keys/ID', undefined],
  ['PATCH', '/keys/ID', { description: 'x' }],
  ['DELETE', '/keys/ID', undefined],
  ['POST', '/keys/ID/rotate', { overlapSeconds: 0 }],
  ['POST', '/keys/ID/suspend', undefined],
  ['POST', '/keys/ID/resume', undefined],
  ['POST', '/keys/ID/revoke', undefined],
  ['POST', '/keys/ID/reveal', undefined],
  ['GET', '/keys/ID/events', undefined],
  ['GET', '/usage', undefined],
]

describe('a store that fails', () => {
  test.each(EVERYTHING)('%s %s is told so, and to try again', async (method, path, json) => {
    const when = { isDown: false }
    const { ask, create, events } = given(undefined, { through: failing('down', when) })
    const { id } = await create('ci')
    when.isDown = true
    const answer = await ask(method, path.replace('ID', id), json && { json })
    expect({ status: answer.status, reason: answer.json.reason }).toEqual({
      status: 503,
      reason: 'dependency-unavailable',
    })
    expect(answer.field('Retry-After')).toBe('5')
    expect(answer.reply.body).not.toContain('detail for the operator')
    const message = 'request request-1 to the keys API failed: memory: a detail for the operator'
    expect(events).toContainEqual({ type: 'notice', level: 'error', message })
  })

  test.each<[StoreTrouble, string]>([
    ['down', '5'],
    ['slow', '5'],
    ['busy', '1'],
    ['full', '60'],
    ['refused', '60'],
    ['read-only', '60'],
    ['unreadable', '60'],
  ])('as %s asks to come again in %s s', async (trouble, seconds) => {
    const { ask } = given(undefined, { through: failing(trouble, { isDown: true }) })
    expect((await ask('GET', '/keys')).field('Retry-After')).toBe(seconds)
  })

  test('to write still shows what it holds', async () => {
    const when = { isDown: false }
    const { ask, create } = given(undefined, { through: failing('full', when, ['put', 'delete']) })
    const { id } = await create('ci')
    when.isDown = true
    expect((await ask('POST', '/keys', { json: { name: 'b' } })).status).toBe(503)
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(503)
    when.isDown = false
    expect((await ask('GET', '/keys')).json.items).toMatchObject([{ id, state: 'active' }])
  })

  const form = async ({ create }: Given) => ({ form: { token: (await create('token')).token } })

  test.each(['/introspect', '/revoke'])('%s is 503 as RFC 7009 has it, and never a false answer', async (path) => {
    const when = { isDown: false }
    const api = given(undefined, { through: failing('slow', when) })
    const asked = await form(api)
    when.isDown = true
    // Whether a token is ours cannot be told: it must not be called inactive, nor revoked.
    const { status, field } = await api.ask('POST', path, asked)
    expect({ status, retry: field('Retry-After') }).toEqual({ status: 503, retry: '5' })
  })

  test('after a change was made does not swallow its token', async () => {
    const when = { isDown: false }
    const { ask, create } = given(undefined, { through: failing('down', when, ['get']), registered: closing })
    const { id } = await create('ci')
    const { status, json } = await ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 0 } })
    expect({ status, isTold: typeof json.token }).toEqual({ status: 200, isTold: 'string' })

    function closing(registry: Given['registry']): Given['registry'] {
      return { ...registry, rotate: (...asked) => registry.rotate(...asked).finally(() => void (when.isDown = true)) }
    }
  })
})

describe('a record that cannot be read', () => {
  test.each([
    ['of a later version', '{"v":99,"id":"x","secret":"s3cr3t"}'],
    ['that is damaged', '{"v":1,"s3cr3t'],
  ])('%s is told without what it holds', async (_, value) => {
    const { ask, store, events } = given()
    await store.put(`key:${ID}`, value, { index: { name: 's3cr3t' } })
    const page = await ask('GET', '/keys')
    expect(page.json).toEqual({ items: [], cursor: null, unreadable: 1 })
    expect(page.reply.body).not.toMatch(/s3cr3t|99/)
    for (const [method, path, json] of EVERYTHING.filter(([, path]) => path.includes('ID'))) {
      const answer = await ask(method, path.replace('ID', ID), json && { json })
      const told = { path, status: answer.status, reason: answer.json.reason }
      expect(told).toEqual({ path, status: 503, reason: 'record-unreadable' })
      expect(answer.reply.body).not.toMatch(/s3cr3t|99/)
    }
    expect(JSON.stringify(events)).not.toContain('s3cr3t')
  })
})

test('a store that was made under another pepper takes no new secret', async () => {
  const store = given().store
  await store.put('meta:pepper:1', 'what another pepper left')
  const { ask } = given(store)
  const { status, json } = await ask('POST', '/keys', { json: { name: 'ci' } })
  expect({ status, reason: json.reason }).toEqual({ status: 503, reason: 'wrong-pepper' })
})

test('a bug is told as one, and its message to nobody', async () => {
  const broken = (registry: Given['registry']): Given['registry'] => ({
    ...registry,
    list() {
      throw new TypeError('something with s3cr3t')
    },
  })
  const { ask, events } = given(undefined, { registered: broken })
  const { status, json, reply } = await ask('GET', '/keys')
  expect({ status, reason: json.reason }).toEqual({ status: 500, reason: 'internal' })
  const message = 'request request-1 to the keys API failed: TypeError'
  expect(events).toEqual([{ type: 'notice', level: 'error', message }])
  expect(reply.body).not.toContain('s3cr3t')
})

test('what a caller does wrong is no notice', async () => {
  const { ask, events } = given()
  await ask('GET', '/keys?cursor=abc')
  await ask('POST', '/keys', { body: '{' })
  await ask('GET', `/keys/${ID}`)
  expect(events).toEqual([])
})
