import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { digestOf, parseKey } from '../../src/keys/format.ts'
import type { Registry } from '../../src/keys/registry.ts'
import type { Principal } from '../../src/model/principal.ts'
import {
  created,
  customKeeper,
  DAY,
  done,
  given,
  idsOf,
  keeper,
  NOW,
  PEPPER,
  pointersOf,
  principalOf,
  shown,
} from './given.ts'

const ENCRYPTION = { encryptionKey: 'an encryption key of this test' }

describe('a new key', () => {
  test('is read-only, of surface api, and ends after ninety days', async () => {
    const { record } = await created(given())
    expect(record).toMatchObject({ name: 'ci', type: 'read-only', permissions: [], surface: 'api', state: 'active' })
    expect(record.createdAt).toBe(NOW)
    expect(record.expiresAt).toBe(NOW + 90 * DAY)
  })

  test('has a token that names it, and keeps only the digest of its secret', async () => {
    const all = given()
    const { record, token } = await created(all)
    const key = parseKey(token)
    expect(key?.id).toBe(record.id)
    expect(record.secret).toEqual({
      digest: await digestOf(record.id, key?.secret as string, PEPPER, nodeDigests()),
      pepperVersion: PEPPER.version,
    })
    for (const prefix of ['key:', 'name:']) {
      const { items } = await all.store.list({ prefix, limit: 10 })
      expect(items).toHaveLength(1)
      for (const { value } of items) expect(value).not.toContain(key?.secret)
    }
  })

  test('has what was asked for', async () => {
    const asked = {
      description: 'nightly',
      type: 'custom',
      permissions: ['orders.read'],
      surface: 'admin',
      owner: 'acme',
      addresses: ['10.0.0.0/8'],
      limits: [{ requests: 100, per: 'day' }],
      metadata: { team: 'a' },
      expiresAt: NOW + 5,
    } as const
    expect((await created(given(), 'ci', asked)).record).toMatchObject(asked)
  })

  test('is not made where anything is wrong, and leaves nothing', async () => {
    const { keys, store, events } = given()
    const result = await keys.create({ name: 'ci', type: 'custom', addresses: ['10.0.0.1/8'] }, 'operator', NOW)
    expect(result).toMatchObject({ problem: 'invalid' })
    expect(pointersOf(result)).toEqual(['/permissions', '/addresses/0'])
    expect(pointersOf(await keys.create({} as { name: string }, 'operator', NOW))).toEqual(['/name'])
    expect([await idsOf(store, 'key:'), await idsOf(store, 'name:'), events]).toEqual([[], [], []])
  })

  test('takes from a narrow actor what it does not name: owner, limits, and no later end', async () => {
    const { keys } = given()
    const constraints = { limits: [{ requests: 5, per: 'hour' }] } as const
    const actor = customKeeper(['orders.*'], { owner: 'acme', expiresAt: NOW + DAY, constraints })
    const asked = { name: 'a', type: 'custom', permissions: ['orders.read'] } as const
    expect(done(await keys.create(asked, actor, NOW)).record).toMatchObject({
      owner: 'acme',
      expiresAt: NOW + DAY,
      limits: constraints.limits,
    })
    const late = { ...asked, name: 'b', expiresAt: NOW + 2 * DAY }
    expect(await keys.create(late, actor, NOW)).toMatchObject({ problem: 'beyond-actor' })
    const soon = done(await keys.create({ ...asked, name: 'c', expiresAt: NOW + 5 }, actor, NOW))
    expect(soon.record.expiresAt).toBe(NOW + 5)
  })

  test('takes from a full-access actor the owner alone', async () => {
    const { keys } = given()
    const actor = keeper({ owner: 'acme', expiresAt: NOW + 1, constraints: { limits: [{ requests: 5, per: 'hour' }] } })
    const { record } = done(await keys.create({ name: 'a' }, actor, NOW))
    expect([record.owner, record.expiresAt, record.limits]).toEqual(['acme', NOW + 90 * DAY, undefined])
  })

  test('is not made beyond the actor, and leaves nothing', async () => {
    const { keys, store } = given()
    const result = await keys.create({ name: 'ci' }, customKeeper(['*']), NOW)
    expect(result).toMatchObject({ problem: 'beyond-actor', faults: [{ pointer: '/type' }] })
    expect(await idsOf(store, 'name:')).toEqual([])
  })
})

describe('names', () => {
  test('are unique', async () => {
    const all = given()
    await created(all, 'ci')
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
  })

  test('are free again after a delete, and after another name was given', async () => {
    const all = given()
    const { keys } = all
    const { record } = await created(all, 'ci')
    done(await keys.update(record.id, { name: 'deploy' }, 'operator', NOW))
    const second = await created(all, 'ci')
    expect(await keys.update(second.record.id, { name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    await keys.remove(record.id, 'operator', NOW)
    done(await keys.update(second.record.id, { name: 'deploy' }, 'operator', NOW))
    expect(await idsOf(all.store, 'name:')).toEqual(['name:deploy'])
  })

  test.each(['suspended', 'revoked', 'ended'])('stay with a key that is %s', async (state) => {
    const all = given()
    const { record } = await created(all, 'ci', { expiresAt: NOW + 5 })
    if (state === 'suspended') done(await all.keys.suspend(record.id, 'operator', NOW))
    if (state === 'revoked') done(await all.keys.revoke(record.id, 'operator', NOW))
    expect(await all.keys.create({ name: 'ci' }, 'operator', NOW + 1000)).toEqual({ problem: 'name-taken' })
  })

  test('are what people write', async () => {
    const all = given()
    const name = 'Zürich, nightly build: 50%'
    expect((await created(all, name)).record.name).toBe(name)
    expect(await all.keys.create({ name }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await all.keys.create({ name: name.toLowerCase() }, 'operator', NOW)).toMatchObject({ token: /./ })
  })

  test('are given back where a rename comes to nothing', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    const later = given({
      store: {
        ...all.store,
        put: (id, value, options) =>
          id.startsWith('key:') ? Promise.resolve('conflict') : all.store.put(id, value, options),
      },
    })
    expect(await later.keys.update(record.id, { name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'conflict' })
    expect(await idsOf(all.store, 'name:')).toEqual(['name:ci'])
  })
})

describe('a change', () => {
  test('is made of what it names, and tells the version to make the next by', async () => {
    const all = given()
    const { record, version } = await created(all, 'ci', { owner: 'acme' })
    const first = done(await all.keys.update(record.id, { description: 'one' }, 'operator', NOW, version))
    const second = done(await all.keys.update(record.id, { owner: '' }, 'operator', NOW, first.version))
    const { owner: _, ...rest } = record
    expect(second.record).toEqual({ ...rest, description: 'one' })
    expect(await all.keys.show(record.id, 'operator')).toEqual(second)
  })

  test('of nothing writes nothing', async () => {
    const all = given()
    const { token: _, ...kept } = await created(all, 'ci', { owner: 'acme' })
    expect(await all.keys.update(kept.record.id, { owner: 'acme', name: 'ci' }, 'operator', NOW)).toEqual(kept)
    expect(all.events).toHaveLength(1)
  })

  test('of a type takes its permissions away, and needs them for custom', async () => {
    const all = given()
    const { record } = await created(all, 'ci', { type: 'custom', permissions: ['a.b'] })
    const full = done(await all.keys.update(record.id, { type: 'full-access' }, 'operator', NOW))
    expect(full.record.permissions).toEqual([])
    expect(pointersOf(await all.keys.update(record.id, { type: 'custom' }, 'operator', NOW))).toEqual(['/permissions'])
  })

  test('of a key that is beyond the actor is refused, even one that cuts it down to what he has', async () => {
    const all = given()
    const { record } = await created(all, 'ci', { type: 'full-access', surface: 'admin' })
    const change = { type: 'custom', permissions: ['orders.read'], surface: 'api' } as const
    const result = await all.keys.update(record.id, change, customKeeper(['orders.*']), NOW)
    expect(result).toMatchObject({ problem: 'beyond-actor' })
    expect(await shown(all, record.id)).toEqual(record)
  })

  test('may end a key sooner, and never in the past', async () => {
    const all = given()
    const { record } = await created(all)
    expect(pointersOf(await all.keys.update(record.id, { expiresAt: NOW }, 'operator', NOW))).toEqual(['/expiresAt'])
    expect(done(await all.keys.update(record.id, { expiresAt: NOW + 1 }, 'operator', NOW)).record.expiresAt).toBe(
      NOW + 1,
    )
  })
})

describe('rotation', () => {
  test('keeps the id, and the old secret until its deadline', async () => {
    const all = given()
    const { record, token } = await created(all)
    const rotated = done(await all.keys.rotate(record.id, { overlapSeconds: 3600 }, 'operator', NOW + 10))
    expect(rotated.record.id).toBe(record.id)
    expect(parseKey(rotated.token)?.id).toBe(record.id)
    expect(rotated.token).not.toBe(token)
    expect(rotated.record.previous).toEqual({ ...record.secret, until: NOW + 10 + 3600 })
    expect(rotated.record.expiresAt).toBe(record.expiresAt)
  })

  test('keeps all else', async () => {
    const all = given()
    const { record } = await created(all, 'ci', { owner: 'acme', metadata: { a: 'b' }, addresses: ['10.0.0.1'] })
    const { secret, previous, ...rest } = done(
      await all.keys.rotate(record.id, { overlapSeconds: 1 }, 'operator', NOW),
    ).record
    expect({ ...rest, secret: record.secret }).toEqual(record)
  })

  test('ends the old secret at once where no overlap is wanted, and can renew the end', async () => {
    const all = given()
    const { record } = await created(all)
    done(await all.keys.rotate(record.id, { overlapSeconds: 60 }, 'operator', NOW))
    const rotation = { overlapSeconds: 0, expiresAt: 'never' } as const
    const rotated = done(await all.keys.rotate(record.id, rotation, 'operator', NOW))
    expect([rotated.record.previous, rotated.record.expiresAt]).toEqual([undefined, undefined])
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e12, '60'])('has no overlap of %j', async (overlapSeconds) => {
    const all = given()
    const { record } = await created(all)
    const rotation = { overlapSeconds: overlapSeconds as number }
    expect(pointersOf(await all.keys.rotate(record.id, rotation, 'operator', NOW))).toEqual(['/overlapSeconds'])
    expect(await shown(all, record.id)).toEqual(record)
  })

  test('by a narrow actor is of what is within him, before and after', async () => {
    const all = given()
    const actor = customKeeper(['orders.*'], { expiresAt: NOW + DAY })
    const mine = { type: 'custom', permissions: ['orders.read'], expiresAt: NOW + DAY }
    const [{ record: inside }, { record: outside }] = [await created(all, 'a', mine), await created(all, 'b')]
    const rotate = (id: string, expiresAt?: number | 'never') =>
      all.keys.rotate(id, { overlapSeconds: 0, ...(expiresAt !== undefined && { expiresAt }) }, actor, NOW)
    expect(await rotate(outside.id)).toMatchObject({ problem: 'beyond-actor' })
    expect(await rotate(inside.id, 'never')).toMatchObject({
      problem: 'beyond-actor',
      faults: [{ pointer: '/expiresAt' }],
    })
    expect(await rotate(inside.id, NOW + 5)).toMatchObject({ record: { expiresAt: NOW + 5 } })
  })
})

describe('rotation by the key itself', () => {
  const own = (principal: Partial<Principal> = {}, at = NOW) => {
    const all = given()
    const made = created(all, 'ci', { type: 'custom', permissions: ['a'], expiresAt: NOW + DAY })
    return made.then(async ({ record }) => ({
      all,
      record,
      result: await all.keys.rotateOwn(principalOf(record, principal), { overlapSeconds: 60 }, at),
    }))
  }

  test('gives a new secret, an overlap, and no longer life', async () => {
    const { record, result, all } = await own()
    const { record: rotated, token } = done(result)
    expect(parseKey(token)?.id).toBe(record.id)
    expect(rotated).toMatchObject({ expiresAt: NOW + DAY, previous: { ...record.secret, until: NOW + 60 } })
    expect(all.logged.at(-1)).toMatchObject({ type: 'key-rotated', actor: `api-key:${record.id}` })
  })

  test.each<[string, Partial<Principal>, string]>([
    ['by the secret before', { slot: 1 }, 'overlap-running'],
    ['by a principal that tells no secret', { slot: undefined }, 'overlap-running'],
    ['by another kind of credential', { kind: 'static-token' }, 'not-found'],
    ['by a key that is gone', { subject: '0'.repeat(17) }, 'not-found'],
  ])('is refused %s', async (_, principal, problem) => {
    const { record, result, all } = await own(principal)
    expect(result).toEqual({ problem })
    expect(await shown(all, record.id)).toEqual(record)
  })

  test('is refused while an overlap runs, and not from its end on', async () => {
    const { all, record } = await own()
    const again = (at: number) => all.keys.rotateOwn(principalOf(record), { overlapSeconds: 0 }, at)
    expect(await again(NOW + 59.9)).toEqual({ problem: 'overlap-running' })
    expect(await again(NOW + 60)).toMatchObject({ token: /./ })
  })

  test.each<[string, (keys: Registry, id: string) => Promise<unknown>, string]>([
    ['suspended', (keys, id) => keys.suspend(id, 'operator', NOW), 'conflict'],
    ['revoked', (keys, id) => keys.revoke(id, 'operator', NOW), 'revoked'],
    ['ended', (keys, id) => keys.update(id, { expiresAt: NOW + 1 }, 'operator', NOW), 'conflict'],
  ])('is refused where the key was %s since the principal was made', async (_, change, problem) => {
    const all = given()
    const { record } = await created(all)
    await change(all.keys, record.id)
    expect(await all.keys.rotateOwn(principalOf(record), { overlapSeconds: 0 }, NOW + 1)).toEqual({ problem })
  })

  test('is refused to a secret that ended since, although the principal says that it is the current one', async () => {
    const all = given()
    const { record } = await created(all)
    const rotated = done(await all.keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW))
    const rotation = { overlapSeconds: 0, proved: record.secret }
    expect(await all.keys.rotateOwn(principalOf(record), rotation, NOW)).toEqual({ problem: 'conflict' })
    const current = { overlapSeconds: 0, proved: rotated.record.secret }
    expect(await all.keys.rotateOwn(principalOf(record), current, NOW)).toMatchObject({ token: /./ })
  })

  test('has no overlap that is none', async () => {
    const all = given()
    const { record } = await created(all)
    const result = await all.keys.rotateOwn(principalOf(record), { overlapSeconds: -1 }, NOW)
    expect(pointersOf(result)).toEqual(['/overlapSeconds'])
  })
})

describe('states', () => {
  test('go from active to suspended and back', async () => {
    const all = given()
    const { record } = await created(all)
    expect(done(await all.keys.suspend(record.id, 'operator', NOW)).record).toEqual({ ...record, state: 'suspended' })
    expect(done(await all.keys.resume(record.id, 'operator', NOW)).record).toEqual(record)
  })

  test('end at revoked', async () => {
    const all = given()
    const { keys } = all
    const { record } = await created(all)
    const revoked = done(await keys.revoke(record.id, 'operator', NOW, { reason: 'leaked' }))
    expect(revoked.record).toMatchObject({ state: 'revoked', revoked: { at: NOW, reason: 'leaked' } })
    expect(await keys.revoke(record.id, 'operator', NOW + 5, { reason: 'again' })).toEqual(revoked)
    expect(await keys.resume(record.id, 'operator', NOW)).toEqual({ problem: 'revoked' })
    expect(await keys.suspend(record.id, 'operator', NOW)).toEqual({ problem: 'revoked' })
    expect(await keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW)).toEqual({ problem: 'revoked' })
  })

  test.each(['', ' ', 'x'.repeat(201), 'a\nb', '\u001b[2J'])('are not left for the reason %j', async (reason) => {
    const all = given()
    const { record } = await created(all)
    expect(pointersOf(await all.keys.revoke(record.id, 'operator', NOW, { reason }))).toEqual(['/reason'])
    expect((await shown(all, record.id)).state).toBe('active')
  })

  test('change by whose owner fits, but only who could make the key resumes it', async () => {
    const all = given()
    const actor = customKeeper(['orders.*'])
    const { record } = await created(all, 'ci', { type: 'full-access', surface: 'admin' })
    done(await all.keys.suspend(record.id, actor, NOW))
    expect(await all.keys.resume(record.id, actor, NOW)).toMatchObject({ problem: 'beyond-actor' })
    done(await all.keys.revoke(record.id, actor, NOW))
    expect(await all.keys.remove(record.id, actor, NOW)).toBe('removed')
  })

  test.each(['update', 'rotate', 'suspend', 'resume', 'revoke', 'remove', 'reveal'] as const)(
    '%s of an unknown id changes nothing',
    async (verb) => {
      const { keys, store, events } = given()
      expect(await asking(keys, 'x')[verb]()).toEqual({ problem: 'not-found' })
      expect([events, await idsOf(store, 'key:')]).toEqual([[], []])
    },
  )

  test.each(['update', 'rotate', 'suspend', 'resume', 'revoke', 'remove'] as const)(
    '%s by an old version changes nothing',
    async (verb) => {
      const all = given()
      const { record, version } = await created(all)
      const newer = done(await all.keys.update(record.id, { description: 'newer' }, 'operator', NOW))
      expect(await asking(all.keys, record.id, version)[verb]()).toEqual({ problem: 'conflict' })
      expect(await all.keys.show(record.id, 'operator')).toEqual(newer)
    },
  )
})

function asking(keys: Registry, id: string, version?: string) {
  return {
    update: () => keys.update(id, { owner: 'acme' }, 'operator', NOW, version),
    rotate: () => keys.rotate(id, { overlapSeconds: 0 }, 'operator', NOW, version),
    suspend: () => keys.suspend(id, 'operator', NOW, version),
    resume: () => keys.resume(id, 'operator', NOW, version),
    revoke: () => keys.revoke(id, 'operator', NOW, { ...(version !== undefined && { version }) }),
    remove: () => keys.remove(id, 'operator', NOW, version),
    reveal: () => keys.reveal(id, 'operator', NOW),
  }
}

describe('a viewable copy', () => {
  test('is not made unless it is asked for, and never without an encryption key', async () => {
    expect((await created(given(ENCRYPTION))).record.copy).toBeUndefined()
    const { keys, store } = given()
    const result = await keys.create({ name: 'ci', viewable: true }, 'operator', NOW)
    expect(pointersOf(result)).toEqual(['/viewable'])
    expect(await idsOf(store, 'name:')).toEqual([])
  })

  test('is what reveals the token, and turns with it', async () => {
    const all = given(ENCRYPTION)
    const { record, token } = await created(all, 'ci', { viewable: true })
    expect(await all.keys.reveal(record.id, 'operator', NOW)).toEqual({ token })
    const rotated = done(await all.keys.rotate(record.id, { overlapSeconds: 60 }, 'operator', NOW))
    expect(rotated.record.copy).not.toBe(record.copy)
    expect(await all.keys.reveal(record.id, 'operator', NOW)).toEqual({ token: rotated.token })
  })

  test('is not made by a rotation of a key that has none', async () => {
    const all = given(ENCRYPTION)
    const { record } = await created(all)
    expect(done(await all.keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW)).record.copy).toBeUndefined()
  })

  test('goes with the secret where the encryption key is gone', async () => {
    const all = given(ENCRYPTION)
    const { record } = await created(all, 'ci', { viewable: true })
    const bare = given({ store: all.store })
    expect(await bare.keys.reveal(record.id, 'operator', NOW)).toEqual({ problem: 'not-viewable' })
    expect(done(await bare.keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW)).record.copy).toBeUndefined()
  })

  test('reveals nothing where there is none, where the key is revoked, or under another encryption key', async () => {
    const all = given(ENCRYPTION)
    const [bare, copied] = [await created(all, 'a'), await created(all, 'b', { viewable: true })]
    const other = given({ store: all.store, encryptionKey: 'another' })
    expect(await all.keys.reveal(bare.record.id, 'operator', NOW)).toEqual({ problem: 'not-viewable' })
    expect(await other.keys.reveal(copied.record.id, 'operator', NOW)).toEqual({ problem: 'not-viewable' })
    await all.keys.revoke(copied.record.id, 'operator', NOW)
    expect(await all.keys.reveal(copied.record.id, 'operator', NOW)).toEqual({ problem: 'revoked' })
  })

  test('of another key reveals nothing', async () => {
    const all = given(ENCRYPTION)
    const [first, second] = [await created(all, 'a', { viewable: true }), await created(all, 'b', { viewable: true })]
    const { value } = (await all.store.get(`key:${first.record.id}`)) as { value: string }
    const swapped = { ...JSON.parse(value), copy: second.record.copy }
    await all.store.put(`key:${first.record.id}`, JSON.stringify(swapped))
    expect(await all.keys.reveal(first.record.id, 'operator', NOW)).toEqual({ problem: 'not-viewable' })
  })

  test('is revealed only to who could make the key', async () => {
    const all = given(ENCRYPTION)
    const { record } = await created(all, 'ci', { viewable: true })
    expect(await all.keys.reveal(record.id, customKeeper(['*']), NOW)).toMatchObject({ problem: 'beyond-actor' })
    expect(all.logged.filter(({ type }) => type === 'key-revealed')).toEqual([])
  })
})
