import { describe, expect, test } from 'vitest'
import { NAME_PREFIX, names } from '../../src/keys/names.ts'
import type { Written } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import { created, done, failing, given, idsOf, NOW } from './given.ts'

const NOBODY = '0'.repeat(17)

describe('a reservation', () => {
  test('that no key has followed holds a name for a minute', async () => {
    const { keys, store } = given()
    await store.put(`${NAME_PREFIX}ci`, `${NOBODY} ${NOW - 59}`, { ifVersion: null })
    expect(await keys.create({ name: 'ci' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await keys.create({ name: 'ci' }, 'operator', NOW + 1)).toMatchObject({ record: { name: 'ci' } })
  })

  test('that holds nothing readable is taken over', async () => {
    const { keys, store } = given()
    await store.put(`${NAME_PREFIX}ci`, 'anything')
    expect(await keys.create({ name: 'ci' }, 'operator', NOW)).toMatchObject({ record: { name: 'ci' } })
  })

  test('is taken over by one of many alone', async () => {
    const { keys, store } = given()
    await created({ keys }, 'first')
    await store.put(`${NAME_PREFIX}ci`, `${NOBODY} ${NOW - 1000}`)
    const results = await Promise.all(Array.from({ length: 8 }, () => keys.create({ name: 'ci' }, 'operator', NOW)))
    expect(results.filter((result) => !('problem' in result))).toHaveLength(1)
    expect(await idsOf(store, 'key:')).toHaveLength(2)
  })

  test('of a key that has another name by now is taken over', async () => {
    const all = given()
    const { record } = await created(all, 'deploy')
    await all.store.put(`${NAME_PREFIX}ci`, `${record.id} ${NOW - 1000}`)
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW)).toMatchObject({ record: { name: 'ci' } })
  })

  test('that a rename left behind does not stand in its own way', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    // The writer of a rename has died between the reservation and the record.
    await all.store.put(`${NAME_PREFIX}deploy`, `${record.id} ${NOW}`, { ifVersion: null })
    done(await all.keys.update(record.id, { name: 'deploy' }, 'operator', NOW + 1))
    expect(await idsOf(all.store, 'name:')).toEqual(['name:deploy'])
  })

  test('of a key whose record cannot be read holds the name', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    await all.store.put(`key:${record.id}`, '{"v":2}')
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW + 1000)).toEqual({ problem: 'name-taken' })
  })
})

describe('what is given back', () => {
  const nobodyBears = async () => false

  test('is only what the key itself holds', async () => {
    const store = memory()
    const { reserve, release } = names(store, nobodyBears)
    await reserve('ci', 'a', NOW)
    await release('ci', 'b')
    await release('ci', '')
    expect(await idsOf(store, 'name:')).toEqual(['name:ci'])
    await release('ci', 'a')
    expect(await idsOf(store, 'name:')).toEqual([])
    await release('ci', 'a')
  })

  test('is only what was reserved by that writing', async () => {
    const store = memory()
    const { reserve, release } = names(store, nobodyBears)
    const old = (await reserve('ci', 'a', NOW)) as Written
    await reserve('ci', 'b', NOW + 60)
    await release('ci', 'a', old)
    expect(await reserve('ci', 'c', NOW + 60)).toEqual({ holder: 'b' })
  })

  test('is not what somebody else has taken between the look and the deletion', async () => {
    const store = memory()
    const { reserve } = names(store, nobodyBears)
    await reserve('ci', 'a', NOW)
    const overtaken = names(
      {
        ...store,
        delete: async (id, options) => {
          await reserve('ci', 'b', NOW + 60)
          return store.delete(id, options)
        },
      },
      nobodyBears,
    )
    await overtaken.release('ci', 'a')
    expect(await reserve('ci', 'c', NOW + 60)).toEqual({ holder: 'b' })
  })

  test('is the name of a key whose id was drawn before', async () => {
    const all = given({ random: (bytes) => new Uint8Array(bytes).fill(7) })
    const { record } = await created(all, 'first')
    expect(await all.keys.create({ name: 'second' }, 'operator', NOW)).toEqual({ problem: 'conflict' })
    expect(await idsOf(all.store, 'name:')).toEqual(['name:first'])
    expect((await all.keys.show(record.id, 'operator'))?.record).toEqual(record)
  })
})

describe('two at once', () => {
  test('cannot both have a name, by creating or by renaming', async () => {
    const all = given()
    const { record } = await created(all, 'other')
    const results = await Promise.all([
      ...Array.from({ length: 4 }, () => all.keys.create({ name: 'ci' }, 'operator', NOW)),
      all.keys.update(record.id, { name: 'ci' }, 'operator', NOW),
    ])
    expect(results.filter((result) => !('problem' in result))).toHaveLength(1)
    const named = await all.keys.list({ limit: 10, search: 'ci' }, 'operator')
    expect(named.items).toHaveLength(1)
  })
})

describe('a store that fails', () => {
  test('before the record is written: the name is free again', async () => {
    const store = memory({ now: () => NOW })
    const { keys } = given({ store: failing(store, (call, id) => call === 'put' && id.startsWith('key:')) })
    await expect(keys.create({ name: 'ci' }, 'operator', NOW)).rejects.toMatchObject({
      name: 'StoreError',
      trouble: 'down',
    })
    expect(await idsOf(store, 'name:')).toEqual([])
    expect(await given({ store }).keys.create({ name: 'ci' }, 'operator', NOW)).toMatchObject({ token: /./ })
  })

  test('after the record is written, without a word: no key is left that nobody knows', async () => {
    const store = memory({ now: () => NOW })
    const { keys } = given({ store: failing(store, (call, id) => call === 'put' && id.startsWith('key:'), true) })
    await expect(keys.create({ name: 'ci' }, 'operator', NOW)).rejects.toMatchObject({ trouble: 'slow' })
    expect([await idsOf(store, 'key:'), await idsOf(store, 'name:')]).toEqual([[], []])
  })

  test('for longer: the name is free after a minute, and the failure is what is told', async () => {
    const store = memory({ now: () => NOW })
    let puts = 0
    // Two writes are done, the pepper's check and the name; then nothing is any more.
    const dying = failing(store, (call) => puts > 2 || (call === 'put' && ++puts > 2))
    await expect(given({ store: dying }).keys.create({ name: 'ci' }, 'operator', NOW)).rejects.toMatchObject({
      trouble: 'down',
    })
    expect(await idsOf(store, 'name:')).toEqual(['name:ci'])
    const { keys } = given({ store })
    expect(await keys.create({ name: 'ci' }, 'operator', NOW + 59)).toEqual({ problem: 'name-taken' })
    expect(await keys.create({ name: 'ci' }, 'operator', NOW + 60)).toMatchObject({ record: { name: 'ci' } })
  })

  test('after a rename: the key has its new name, and the old one is free in time', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    const broken = given({ store: failing(all.store, (call) => call === 'delete') })
    expect(done(await broken.keys.update(record.id, { name: 'deploy' }, 'operator', NOW + 100)).record.name).toBe(
      'deploy',
    )
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW + 100)).toMatchObject({ record: { name: 'ci' } })
  })

  test('after a removal: the key is gone, and its name is free in time', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    const broken = given({ store: failing(all.store, (call, id) => call === 'delete' && id.startsWith('name:')) })
    expect(await broken.keys.remove(record.id, 'operator', NOW + 100)).toBe('removed')
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW + 100)).toMatchObject({ record: { name: 'ci' } })
  })

  test.each(['get', 'put', 'delete'] as const)(
    'at %s: a change is told as failed, and the key stays whole',
    async (call) => {
      const all = given()
      const { record } = await created(all)
      const { keys } = given({ store: failing(all.store, (each, id) => each === call && id.startsWith('key:')) })
      const asked = {
        get: () => keys.update(record.id, { owner: 'acme' }, 'operator', NOW),
        put: () => keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW),
        delete: () => keys.remove(record.id, 'operator', NOW),
      }
      await expect(asked[call]()).rejects.toMatchObject({ name: 'StoreError', trouble: 'down' })
      expect((await all.keys.show(record.id, 'operator'))?.record).toEqual(record)
      expect(await idsOf(all.store, 'name:')).toEqual(['name:ci'])
    },
  )
})
