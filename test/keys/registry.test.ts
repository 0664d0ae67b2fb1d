import { beforeEach, describe, expect, it } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { digestOf, parseKey } from '../../src/keys/format.ts'
import { decodeRecord, encodeRecord, RecordUnreadable } from '../../src/keys/record.ts'
import type { Issued, Kept, Registry, Unchanged } from '../../src/keys/registry.ts'
import { KEY_PREFIX, NAME_PREFIX, registry } from '../../src/keys/registry.ts'
import type { Store } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'

const NOW = 1_780_000_000
const DAY = 86_400
const pepper = { version: '1', secret: 'the pepper of this test, long enough to be one' }
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))

let store: Store
let keys: Registry
beforeEach(() => {
  store = memory()
  keys = registry({ store, digests: nodeDigests(), random, peppers: [pepper], prefix: 'lk' })
})

function done<T extends Kept>(result: T | Unchanged): T {
  if ('problem' in result) throw new Error(JSON.stringify(result))
  return result
}

async function created(name = 'ci', more: object = {}): Promise<Issued> {
  return done(await keys.create({ name, ...more }, 'operator', NOW))
}

describe('a new key', () => {
  it('is read-only, of surface api, and ends after ninety days', async () => {
    const { record } = await created()
    expect(record).toMatchObject({ name: 'ci', type: 'read-only', permissions: [], surface: 'api', state: 'active' })
    expect(record.createdAt).toBe(NOW)
    expect(record.expiresAt).toBe(NOW + 90 * DAY)
  })

  it('has a token that names it, and keeps only the digest of its secret', async () => {
    const { record, token } = await created()
    const key = parseKey(token)
    expect(key?.id).toBe(record.id)
    expect(record.secret.digest).toBe(await digestOf(record.id, key?.secret as string, pepper, nodeDigests()))
    for (const prefix of [KEY_PREFIX, NAME_PREFIX]) {
      const { items } = await store.list({ prefix, limit: 10 })
      expect(items).toHaveLength(1)
      for (const { value } of items) expect(value).not.toContain(key?.secret)
    }
  })

  it.each([
    ['a type that is custom without permissions', { type: 'custom' }, '/permissions'],
    ['permissions without custom', { permissions: ['a.b'] }, '/permissions'],
    ['a permission with bad grammar', { type: 'custom', permissions: ['a b'] }, '/permissions/0'],
    ['an end in the past', { expiresAt: NOW }, '/expiresAt'],
    ['a block with bits after its prefix', { addresses: ['10.0.0.1/8'] }, '/addresses/0'],
    ['a limit of nothing', { limits: [{ requests: 0, windowSeconds: 60 }] }, '/limits/0'],
  ])('is refused for %s', async (_, more, pointer) => {
    const result = await keys.create({ name: 'ci', ...more } as Parameters<Registry['create']>[0], 'operator', NOW)
    expect(result).toMatchObject({ problem: 'invalid', faults: [{ pointer }] })
    expect((await store.list({ prefix: KEY_PREFIX, limit: 10 })).items).toEqual([])
  })

  it('keeps to the longest lifetime that is allowed', async () => {
    const lifetimes = { defaultLifetimeDays: 90, maxLifetimeDays: 30, allowNever: false }
    const strict = registry({ store, digests: nodeDigests(), random, peppers: [pepper], prefix: 'lk', lifetimes })
    expect(done(await strict.create({ name: 'a' }, 'operator', NOW)).record.expiresAt).toBe(NOW + 30 * DAY)
    expect(await strict.create({ name: 'b', expiresAt: NOW + 31 * DAY }, 'operator', NOW)).toMatchObject({
      problem: 'invalid',
    })
    expect(await strict.create({ name: 'b', expiresAt: 'never' }, 'operator', NOW)).toMatchObject({
      problem: 'invalid',
    })
  })
})

describe('names', () => {
  it('are unique', async () => {
    await created('ci')
    expect(await keys.create({ name: 'ci' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
  })

  it('are free again after a delete, and after another name was given', async () => {
    const { record } = await created('ci')
    done(await keys.update(record.id, { name: 'deploy' }, 'operator', NOW))
    const second = await created('ci')
    expect(await keys.update(second.record.id, { name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    await keys.remove(record.id, 'operator', NOW)
    done(await keys.update(second.record.id, { name: 'deploy' }, 'operator', NOW))
  })

  it('are what people write', async () => {
    expect((await created('Zürich, nightly build')).record.name).toBe('Zürich, nightly build')
    expect(await keys.create({ name: 'Zürich, nightly build' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await keys.create({ name: '字'.repeat(50) }, 'operator', NOW)).toMatchObject({ problem: 'invalid' })
  })

  it('are not held by a reservation whose key was never written', async () => {
    await store.put(`${NAME_PREFIX}ci`, `00000000000000000 ${NOW - 60}`, { ifVersion: null })
    expect((await created('ci')).record.name).toBe('ci')
    await store.put(`${NAME_PREFIX}deploy`, `00000000000000000 ${NOW - 59}`, { ifVersion: null })
    expect(await keys.create({ name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
  })
})

describe('two at once', () => {
  it('cannot both change a key: the second is told, and nothing is lost', async () => {
    const { record, version } = await created()
    done(await keys.update(record.id, { description: 'the first' }, 'operator', NOW, version))
    expect(await keys.update(record.id, { owner: 'the second' }, 'operator', NOW, version)).toEqual({
      problem: 'conflict',
    })
    expect((await keys.show(record.id, 'operator'))?.record).toMatchObject({ description: 'the first' })
    expect((await keys.show(record.id, 'operator'))?.record.owner).toBeUndefined()
  })

  it('cannot both have a name', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => keys.create({ name: 'ci' }, 'operator', NOW)))
    expect(results.filter((result) => !('problem' in result))).toHaveLength(1)
  })
})

describe('rotation', () => {
  it('keeps the id, and the old secret until its deadline', async () => {
    const { record, token } = await created()
    const rotated = done(await keys.rotate(record.id, { overlapSeconds: 3600 }, 'operator', NOW + 10))
    expect(rotated.record.id).toBe(record.id)
    expect(rotated.token).not.toBe(token)
    expect(rotated.record.previous).toEqual({ ...record.secret, until: NOW + 10 + 3600 })
    expect(rotated.record.expiresAt).toBe(record.expiresAt)
  })

  it('ends the old secret at once where no overlap is wanted, and can renew the end', async () => {
    const { record } = await created()
    const rotated = done(await keys.rotate(record.id, { overlapSeconds: 0, expiresAt: 'never' }, 'operator', NOW))
    expect(rotated.record.previous).toBeUndefined()
    expect(rotated.record.expiresAt).toBeUndefined()
  })
})

describe('states', () => {
  it('go from active to suspended and back', async () => {
    const { record } = await created()
    expect(done(await keys.suspend(record.id, 'operator', NOW)).record.state).toBe('suspended')
    expect(done(await keys.resume(record.id, 'operator', NOW)).record.state).toBe('active')
  })

  it('end at revoked', async () => {
    const { record } = await created()
    expect(done(await keys.revoke(record.id, 'operator', NOW, { reason: 'leaked' })).record).toMatchObject({
      state: 'revoked',
      revoked: { at: NOW, reason: 'leaked' },
    })
    expect(done(await keys.revoke(record.id, 'operator', NOW + 5)).record.revoked?.at).toBe(NOW)
    expect(await keys.resume(record.id, 'operator', NOW)).toEqual({ problem: 'revoked' })
    expect(await keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW)).toEqual({ problem: 'revoked' })
  })

  it.each(['update', 'rotate', 'suspend', 'revoke'] as const)('%s of an unknown id changes nothing', async (verb) => {
    const result = {
      update: () => keys.update('x', {}, 'operator', NOW),
      rotate: () => keys.rotate('x', { overlapSeconds: 0 }, 'operator', NOW),
      suspend: () => keys.suspend('x', 'operator', NOW),
      revoke: () => keys.revoke('x', 'operator', NOW),
    }[verb]()
    expect(await result).toEqual({ problem: 'not-found' })
  })
})

it('lists pages by name', async () => {
  for (const name of ['c', 'a', 'b']) await created(name)
  const first = await keys.list({ by: 'name', limit: 2 }, 'operator')
  const second = await keys.list({ by: 'name', limit: 2, ...(first.cursor && { from: first.cursor }) }, 'operator')
  expect([...first.items, ...second.items].map(({ record }) => record.name)).toEqual(['a', 'b', 'c'])
})

describe('a stored record', () => {
  it('is read as it was written', async () => {
    const { record } = await created('ci', { metadata: { team: 'a' }, addresses: ['10.0.0.0/8'] })
    expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  it.each([
    ['no JSON', '{'],
    ['another kind of JSON', '[]'],
    ['nothing', 'null'],
    ['a later version', '{"v":2}'],
    ['one without a state', '{"v":1,"id":"a","name":"b"}'],
  ])('is refused where it is %s', (_, text) => {
    expect(() => decodeRecord(text)).toThrow(RecordUnreadable)
  })

  it('is refused where its addresses are no list, which would otherwise be no limit', async () => {
    const { record } = await created()
    const text = JSON.stringify({ ...JSON.parse(encodeRecord(record)), addresses: '10.0.0.0/8' })
    await store.put(KEY_PREFIX + record.id, text)
    await expect(keys.show(record.id, 'operator')).rejects.toThrow(RecordUnreadable)
  })
})
