import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { parseKey } from '../../src/keys/format.ts'
import { importIdOf, isHashOf } from '../../src/keys/import.ts'
import type { ImportedKey } from '../../src/keys/registry.ts'
import type { Entry } from '../../src/model/ports.ts'
import vectors from './format-vectors.json' with { type: 'json' }
import {
  created,
  customKeeper,
  DAY,
  done,
  failing,
  given,
  idsOf,
  keeper,
  NOW,
  PEPPER,
  pointersOf,
  shown,
} from './given.ts'
import strapi from './strapi-vectors.json' with { type: 'json' }

const HASH = createHash('sha256').update('unkey_2ZbQ9vJH7m').digest('hex')
const OLD: ImportedKey = { name: 'old', type: 'read-only', scheme: 'sha256', hash: HASH }
const STRAPI: ImportedKey = {
  name: 'strapi',
  type: 'full-access',
  scheme: 'strapi',
  hash: strapi.hash,
  expiresAt: 'never',
}
const NEXT = { version: '2', secret: 'the next pepper of this test, as long as the first' }

function aliasOf(key: ImportedKey, pepper = PEPPER): string {
  return importIdOf(key.scheme, key.hash, pepper, nodeDigests()) as string
}

describe('the place of an imported hash', () => {
  test.each(vectors.imports)('of $scheme is what the vector says', async ({ scheme, hash, id }) => {
    for (const digests of [nodeDigests(), webDigests()]) {
      expect(await importIdOf(scheme as ImportedKey['scheme'], hash, vectors.pepper, digests)).toBe(id)
    }
  })

  test('is the same by all digests, and names its pepper', async () => {
    const id = aliasOf(STRAPI)
    expect(id).toMatch(/^import:1:[0-9A-Za-z]{43}$/)
    expect(await importIdOf(STRAPI.scheme, STRAPI.hash, PEPPER, webDigests())).toBe(id)
  })

  test('is another for another scheme, hash or pepper, and tells nothing of the hash', () => {
    const places = [
      aliasOf(OLD),
      aliasOf({ ...OLD, scheme: 'strapi' }),
      aliasOf({ ...OLD, hash: HASH.replace(/^./, 'x') }),
      aliasOf(OLD, { ...PEPPER, secret: NEXT.secret }),
      aliasOf(OLD, { ...PEPPER, version: '2' }),
    ]
    expect(new Set(places).size).toBe(5)
    for (const place of places) expect(place).not.toContain(HASH)
  })

  test.each<[string, string, boolean]>([
    ['sha256', HASH, true],
    ['sha256', HASH.toUpperCase(), false],
    ['sha256', strapi.hash, false],
    ['strapi', strapi.hash, true],
    ['strapi', HASH, false],
    ['toString', HASH, false],
  ])('of %s takes %j: %j', (scheme, hash, expected) => {
    expect(isHashOf(scheme as ImportedKey['scheme'], hash)).toBe(expected)
  })
})

describe('an imported key', () => {
  test('has a record, a name, and a place where its hash leads to it', async () => {
    const { keys, store } = given()
    const { record, already } = done(await keys.import(STRAPI, 'operator', NOW))
    const secret = { digest: aliasOf(STRAPI).slice('import:1:'.length), pepperVersion: '1', scheme: 'strapi' }
    expect([already, record.secret, record.state, record.createdAt]).toEqual([false, secret, 'active', NOW])
    expect(await store.get(aliasOf(STRAPI))).toMatchObject({ value: record.id })
    expect(await idsOf(store, 'name:')).toEqual(['name:strapi'])
    for (const prefix of ['key:', 'import:', 'name:']) {
      const text = JSON.stringify((await store.list({ prefix, limit: 5 })).items)
      for (const hidden of [strapi.hash, strapi.token]) expect(text).not.toContain(hidden)
    }
  })

  test('keeps what it had', async () => {
    const { keys } = given()
    const had = {
      description: 'from there',
      type: 'custom',
      permissions: ['api::article.article.find'],
      owner: 'acme',
      surface: 'admin',
      createdAt: NOW - 1000 * DAY,
      expiresAt: NOW - 1,
      metadata: { source: 'strapi' },
    } as const
    const { record } = done(await keys.import({ ...OLD, ...had, suspended: true }, 'operator', NOW))
    expect(record).toMatchObject({ ...had, state: 'suspended' })
  })

  test.each<[string, object, string]>([
    ['surface keys', { surface: 'keys' }, '/surface'],
    ['another surface', { surface: 'public' }, '/surface'],
    ['another type', { type: 'admin' }, '/type'],
    ['no type', { type: undefined }, '/type'],
    ['custom without permissions', { type: 'custom' }, '/permissions'],
    ['a hash in upper case', { hash: HASH.toUpperCase() }, '/hash'],
    ['a hash of another scheme', { scheme: 'strapi' }, '/hash'],
    ['a scheme that is none', { scheme: 'md5' }, '/hash'],
    ['a bad name', { name: '' }, '/name'],
    ['a bad end', { expiresAt: Number.NaN }, '/expiresAt'],
    ['a bad beginning', { createdAt: -1 }, '/createdAt'],
  ])('is not taken with %s', async (_, more, pointer) => {
    const { keys, store } = given()
    const result = await keys.import({ ...OLD, ...more } as ImportedKey, 'operator', NOW)
    expect(result).toMatchObject({ problem: 'invalid' })
    expect(pointersOf(result)).toContain(pointer)
    for (const prefix of ['key:', 'name:', 'import:']) expect(await idsOf(store, prefix)).toEqual([])
  })

  test('keeps to the lifetimes that are allowed', async () => {
    const { keys } = given({ lifetimes: { defaultLifetimeDays: 90, maxLifetimeDays: 30, allowNever: true } })
    expect(pointersOf(await keys.import({ ...OLD, expiresAt: 'never' }, 'operator', NOW))).toEqual(['/expiresAt'])
    expect(done(await keys.import(OLD, 'operator', NOW)).record.expiresAt).toBe(NOW + 30 * DAY)
  })

  test('can be revealed where its token came with it, and an encryption key is there', async () => {
    const all = given({ encryptionKey: strapi.encryptionKey })
    const { record } = done(await all.keys.import({ ...STRAPI, token: strapi.token }, 'operator', NOW))
    expect(await all.keys.reveal(record.id, 'operator', NOW)).toEqual({ token: strapi.token })
    const bare = given()
    const dropped = done(await bare.keys.import({ ...STRAPI, token: strapi.token }, 'operator', NOW))
    expect(JSON.stringify(await bare.store.get(`key:${dropped.record.id}`))).not.toContain(strapi.token)
    expect(dropped.record.copy).toBeUndefined()
  })
})

describe('an import that is run again', () => {
  test('changes nothing, whatever became of the key', async () => {
    const all = given()
    const { keys, store } = all
    const first = done(await keys.import(OLD, 'operator', NOW))
    const entries = async () => Promise.all(['key:', 'name:', 'import:'].map((prefix) => idsOf(store, prefix)))
    const before = await entries()
    const again = async () => done(await keys.import({ ...OLD, owner: 'new owner' }, 'operator', NOW + DAY))
    expect(await again()).toEqual({ ...first, already: true })
    done(await keys.update(first.record.id, { name: 'renamed' }, 'operator', NOW))
    expect((await again()).record.name).toBe('renamed')
    done(await keys.rotate(first.record.id, { overlapSeconds: 0 }, 'operator', NOW))
    expect((await again()).record.secret.scheme).toBeUndefined()
    done(await keys.revoke(first.record.id, 'operator', NOW))
    expect((await again()).record.state).toBe('revoked')
    expect((await entries()).map((ids) => ids.length)).toEqual(before.map((ids) => ids.length))
    expect(all.logged.filter(({ type }) => type === 'key-imported')).toHaveLength(1)
  })

  test('finds what was imported under an earlier pepper', async () => {
    const first = given()
    const { record } = done(await first.keys.import(OLD, 'operator', NOW))
    const next = given({ store: first.store, peppers: [NEXT, PEPPER] })
    expect(await next.keys.import(OLD, 'operator', NOW)).toMatchObject({ already: true, record: { id: record.id } })
    expect(await idsOf(first.store, 'import:')).toHaveLength(1)
  })

  test('makes a key again that was removed, as nothing of it was left', async () => {
    const { keys, store } = given()
    const first = done(await keys.import(OLD, 'operator', NOW))
    expect(await keys.remove(first.record.id, 'operator', NOW)).toBe('removed')
    for (const prefix of ['key:', 'name:', 'import:']) expect(await idsOf(store, prefix)).toEqual([])
    const second = done(await keys.import(OLD, 'operator', NOW))
    expect([second.already, second.record.id === first.record.id]).toEqual([false, false])
  })

  test('goes on where the first was stopped between record and place', async () => {
    const { keys, store } = given()
    const first = done(await keys.import(OLD, 'operator', NOW))
    await store.delete(aliasOf(OLD))
    expect(await keys.import(OLD, 'operator', NOW)).toMatchObject({ already: true, record: { id: first.record.id } })
    expect(await store.get(aliasOf(OLD))).toMatchObject({ value: first.record.id })
    expect(await idsOf(store, 'key:')).toHaveLength(1)
  })

  test('takes a place over that leads to no key', async () => {
    const { keys, store } = given()
    await store.put(aliasOf(OLD), '0'.repeat(17))
    const { record, already } = done(await keys.import(OLD, 'operator', NOW))
    expect(already).toBe(false)
    expect(await store.get(aliasOf(OLD))).toMatchObject({ value: record.id })
  })

  test('by many at once makes one key', async () => {
    const { keys, store } = given()
    const names = ['old', 'old', 'other', 'third', 'other', 'old']
    const results = await Promise.all(names.map((name) => keys.import({ ...OLD, name }, 'operator', NOW)))
    const made = results.flatMap((result) => ('problem' in result || result.already ? [] : [result.record.id]))
    expect(made).toHaveLength(1)
    expect(await idsOf(store, 'key:')).toEqual(made.map((id) => `key:${id}`))
    expect(await idsOf(store, 'name:')).toHaveLength(1)
    expect(((await store.get(aliasOf(OLD))) as Entry).value).toBe(made[0])
  })

  test('tells that the name is taken by another key, and does not touch it', async () => {
    const all = given()
    const { record } = await created(all, 'old')
    expect(await all.keys.import(OLD, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await all.keys.import({ ...OLD, ...STRAPI, name: 'other' }, 'operator', NOW)).toMatchObject({
      already: false,
    })
    expect(await all.keys.import({ ...OLD, name: 'other' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await shown(all, record.id)).toEqual(record)
    expect(await idsOf(all.store, 'import:')).toHaveLength(1)
  })

  test('leaves nothing where its place could not be written, but the name for a minute at most', async () => {
    const first = given()
    const broken = given({ store: failing(first.store, (call, id) => call === 'put' && id.startsWith('import:')) })
    await expect(broken.keys.import(OLD, 'operator', NOW)).rejects.toMatchObject({ name: 'StoreError' })
    expect(await first.keys.import(OLD, 'operator', NOW)).toMatchObject({ record: { name: 'old' } })
    expect(await idsOf(first.store, 'key:')).toHaveLength(1)
    expect(await idsOf(first.store, 'import:')).toHaveLength(1)
  })
})

describe('removal of an imported key', () => {
  test('leaves a place that leads to another key by now', async () => {
    const { keys, store } = given()
    const { record } = done(await keys.import(OLD, 'operator', NOW))
    await store.put(aliasOf(OLD), '0'.repeat(17))
    expect(await keys.remove(record.id, 'operator', NOW)).toBe('removed')
    expect(await store.get(aliasOf(OLD))).toMatchObject({ value: '0'.repeat(17) })
  })
})

describe('rotation of an imported key', () => {
  test('gives a token of our own, and lets the old one count in its overlap', async () => {
    const all = given()
    const { record } = done(await all.keys.import(STRAPI, 'operator', NOW))
    const rotated = done(await all.keys.rotate(record.id, { overlapSeconds: 60 }, 'operator', NOW))
    expect(parseKey(rotated.token)?.id).toBe(record.id)
    expect(rotated.record.secret.scheme).toBeUndefined()
    expect(rotated.record.previous).toEqual({ ...record.secret, until: NOW + 60 })
    expect(await all.store.get(aliasOf(STRAPI))).toMatchObject({ value: record.id })
    expect(await all.keys.remove(record.id, 'operator', NOW)).toBe('removed')
    expect(await idsOf(all.store, 'import:')).toEqual([])
  })
})

describe('a change of an imported key', () => {
  test('never lets its token manage keys, as it may be weak', async () => {
    const { keys } = given()
    const { id } = done(await keys.import(STRAPI, 'operator', NOW)).record
    const raised = (at: number) => keys.update(id, { surface: 'keys' }, 'operator', at)
    expect(pointersOf(await raised(NOW))).toEqual(['/surface'])
    expect(done(await keys.update(id, { surface: 'admin' }, 'operator', NOW)).record.surface).toBe('admin')
    done(await keys.rotate(id, { overlapSeconds: 60 }, 'operator', NOW))
    expect(pointersOf(await raised(NOW + 59))).toEqual(['/surface'])
    expect(done(await raised(NOW + 60)).record.surface).toBe('keys')
    done(await keys.update(id, { description: 'one of ours by now' }, 'operator', NOW + 61))
  })
})

describe('an actor', () => {
  const actor = customKeeper(['api::*'], { owner: 'acme' })
  const custom = { ...OLD, type: 'custom', permissions: ['api::a.find'] } as const

  test('imports what is within him, for his owner', async () => {
    const { keys } = given()
    expect(done(await keys.import(custom, actor, NOW)).record.owner).toBe('acme')
  })

  test.each<[string, object, string]>([
    ['another type', { type: 'full-access', permissions: undefined }, '/type'],
    ['surface admin', { surface: 'admin' }, '/surface'],
    ['other permissions', { permissions: ['plugin::a.find'] }, '/permissions/0'],
    ['another owner', { owner: 'globex' }, '/owner'],
  ])('imports no key with %s', async (_, more, pointer) => {
    const { keys, store } = given()
    const { permissions, ...rest } = { ...custom, ...more }
    const key = { ...rest, ...(permissions && { permissions }) } as ImportedKey
    const result = await keys.import(key, actor, NOW)
    expect([result, pointersOf(result)]).toMatchObject([{ problem: 'beyond-actor' }, [pointer]])
    expect(await idsOf(store, 'key:')).toEqual([])
  })

  test('learns nothing of a key of another owner but that it is there', async () => {
    const { keys } = given()
    done(await keys.import({ ...custom, owner: 'globex' }, 'operator', NOW))
    expect(await keys.import({ ...custom, name: 'mine' }, actor, NOW)).toEqual({
      problem: 'beyond-actor',
      faults: [{ pointer: '/hash', message: expect.any(String) }],
    })
    expect(await keys.import(custom, keeper(), NOW)).toMatchObject({ already: true })
  })
})
