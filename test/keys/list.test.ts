import { describe, expect, test } from 'vitest'
import type { Actor, KeyQuery } from '../../src/keys/registry.ts'
import { cursorAt } from '../../src/lib/listing.ts'
import type { Store } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Given } from './given.ts'
import { created, DAY, done, given, keeper, NOW, PEPPER } from './given.ts'

const KEYS = [
  { name: 'c', owner: 'acme', type: 'full-access', description: 'Nightly run in Zürich' },
  { name: 'a', owner: 'acme', surface: 'admin', expiresAt: 'never' },
  { name: 'b', owner: 'globex', type: 'custom', permissions: ['a'], expiresAt: NOW + DAY },
  { name: 'D', surface: 'keys', type: 'full-access', expiresAt: NOW + 2 * DAY },
]

async function filled(more: Parameters<typeof given>[0] = {}): Promise<Given> {
  const all = given(more)
  const ids = new Map<string, string>()
  for (const { name, ...rest } of KEYS) ids.set(name, (await created(all, name, rest)).record.id)
  done(await all.keys.suspend(ids.get('b') as string, 'operator', NOW))
  done(await all.keys.revoke(ids.get('D') as string, 'operator', NOW))
  return all
}

/** The names on every page, and how many pages there were. */
async function namesOf({ keys }: Given, query: Partial<KeyQuery>, by: Actor = 'operator') {
  const names: string[] = []
  let from: string | undefined
  for (let pages = 1; pages <= 50; pages++) {
    const page = await keys.list({ by: 'name', limit: 10, ...query, ...(from !== undefined && { from }) }, by)
    names.push(...page.items.map(({ record }) => record.name))
    if (page.cursor === undefined) return { names: names.join(''), pages }
    from = page.cursor
  }
  throw new Error('the listing has no end')
}

/** A store that counts its listings. */
function counting(store: Store): { store: Store; lists: () => number } {
  let lists = 0
  return {
    lists: () => lists,
    store: {
      ...store,
      list: (query) => {
        lists++
        return store.list(query)
      },
    },
  }
}

describe('a listing', () => {
  test.each<[string, Partial<KeyQuery>, string]>([
    ['by name', {}, 'Dabc'],
    ['by end, of those that end', { by: 'expires' }, 'bDc'],
    ['of an owner', { owner: 'acme' }, 'ac'],
    ['of nobody', { owner: '' }, ''],
    ['of a state', { state: 'suspended' }, 'b'],
    ['of active keys', { state: 'active' }, 'ac'],
    ['of a surface', { surface: 'keys' }, 'D'],
    ['of a type', { type: 'full-access' }, 'Dc'],
    ['of a part of a name, in any case', { search: 'd' }, 'D'],
    ['of a part of a description', { search: 'zÜRICH' }, 'c'],
    ['of a part of a description in other bytes', { search: 'Zu\u0308rich' }, 'c'],
    ['of all that is asked together', { owner: 'acme', state: 'active', surface: 'admin', search: 'a' }, 'a'],
    ['of what there is none of', { owner: 'acme', state: 'revoked' }, ''],
  ])('%s', async (_, query, expected) => {
    const all = await filled()
    expect((await namesOf(all, query)).names).toBe(expected)
    expect((await namesOf(all, { ...query, limit: 1 })).names).toBe(expected)
  })

  test.each(['id', 'name', 'expires'] as const)('by %s tells an actor of no other owner by its cursors', async (by) => {
    const all = await filled()
    for (let n = 0; n < 6; n++) await created(all, `other ${n}`, { owner: 'globex' })
    const acme = keeper({ owner: 'acme' })
    const { cursor } = await all.keys.list({ by, limit: 1 }, acme)
    const open = await all.keys.list({ by, limit: 1 }, 'operator')
    for (const { record } of open.items) expect(atob(`${open.cursor}`)).toContain(record.id)
    expect(cursor).toMatch(/^v1:[0-9a-f:]+$/)
    const [last = ''] = `${cursor}`.slice(-1)
    const changed = `${cursor}`.slice(0, -1) + (last === '0' ? '1' : '0')
    for (const from of [
      open.cursor as string,
      cursorAt(by, { key: by === 'expires' ? 0 : 'a', id: '' }),
      changed,
      '',
    ]) {
      await expect(all.keys.list({ by, limit: 1, from }, acme)).rejects.toMatchObject({ name: 'Unstorable' })
    }
    expect((await namesOf(all, { by, limit: 1 }, acme)).names).toHaveLength(by === 'expires' ? 1 : 2)
  })

  test('goes on under the next pepper', async () => {
    const all = await filled()
    const acme = keeper({ owner: 'acme' })
    const { cursor: from } = await all.keys.list({ by: 'name', limit: 1 }, acme)
    const next = { version: '2', secret: 'the next pepper of this test, long enough too' }
    const { keys } = given({ store: all.store, peppers: [next, PEPPER] })
    const page = await keys.list({ by: 'name', limit: 10, from: from as string }, acme)
    expect(page.items.map(({ record }) => record.name)).toEqual(['c'])
  })

  test('shows an actor the keys of his owner alone, whatever he asks', async () => {
    const all = await filled()
    const acme = keeper({ owner: 'acme' })
    expect((await namesOf(all, {}, acme)).names).toBe('ac')
    expect((await namesOf(all, { owner: 'globex' }, acme)).names).toBe('')
    expect((await namesOf(all, {}, keeper({ surface: 'api' }))).names).toBe('')
  })

  test('gives whole records, each with the version to change it by', async () => {
    const all = await filled()
    for (const kept of (await all.keys.list({ limit: 10 }, 'operator')).items) {
      expect(await all.keys.show(kept.record.id, 'operator')).toEqual(kept)
    }
  })

  test('asks the store five times at most, and goes on where it stopped', async () => {
    const { store, lists } = counting(memory({ now: () => NOW }))
    const all = given({ store })
    for (let n = 0; n < 40; n++) await created(all, `key ${n}`, n === 39 ? { owner: 'acme' } : {})
    const before = lists()
    const first = await all.keys.list({ by: 'name', limit: 3, owner: 'acme' }, 'operator')
    expect([first.items.length, typeof first.cursor, lists() - before]).toEqual([0, 'string', 5])
    expect(await namesOf(all, { limit: 3, owner: 'acme' })).toEqual({ names: 'key 39', pages: 3 })
    expect(lists() - before).toBeLessThanOrEqual(5 + 14)
  })

  test('never gives more than were asked for, nor loses or repeats any', async () => {
    const all = given()
    for (let n = 0; n < 60; n++) await created(all, `key ${n}`, n % 3 === 0 ? { owner: 'acme' } : {})
    for (const limit of [1, 2, 7, 100, 1000, 0]) {
      const seen: string[] = []
      let from: string | undefined
      do {
        const page = await all.keys.list({ limit, owner: 'acme', ...(from !== undefined && { from }) }, 'operator')
        expect(page.items.length).toBeLessThanOrEqual(Math.max(1, limit))
        seen.push(...page.items.map(({ record }) => record.id))
        from = page.cursor
      } while (from !== undefined)
      expect([seen.length, new Set(seen).size]).toEqual([20, 20])
    }
  })

  test('refuses a cursor of another order', async () => {
    const all = await filled()
    const { cursor } = await all.keys.list({ by: 'name', limit: 1 }, 'operator')
    await expect(all.keys.list({ by: 'id', limit: 1, from: cursor as string }, 'operator')).rejects.toMatchObject({
      name: 'Unstorable',
      what: 'cursor',
    })
  })
})
