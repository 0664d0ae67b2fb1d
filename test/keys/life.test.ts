import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { webDigests } from '../../src/crypto/web.ts'
import type { Store } from '../../src/model/ports.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareKv } from '../../src/stores/cloudflare-kv.ts'
import { memory } from '../../src/stores/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import type { Platform } from '../stores/platform.ts'
import { platform } from '../stores/platform.ts'
import { created, done, given, idsOf, NOW } from './given.ts'

let local: Platform

beforeAll(async () => {
  local = await platform()
})
afterAll(() => local?.stop())

const STORES: Readonly<Record<string, () => Store>> = {
  memory: () => memory(),
  SQLite: () => sqlite(':memory:'),
  'Cloudflare D1': () => cloudflareD1(local.bindings.MIGRATED),
  'Workers KV': () => cloudflareKv(local.bindings.KEYS),
}

describe.each(Object.entries(STORES))('over %s', (_, storeOf) => {
  test('a key has a whole life, and leaves nothing but the check of the pepper', async () => {
    const store = storeOf()
    const all = given({ store, digests: webDigests(), encryptionKey: 'an encryption key of this test' })
    const { keys } = all
    const { record, token, version } = await created(all, 'Zürich', { owner: 'acme', viewable: true })
    const changed = done(
      await keys.update(record.id, { name: 'deploy', metadata: { a: 'ü' } }, 'operator', NOW, version),
    )
    expect(await keys.update(record.id, { owner: 'globex' }, 'operator', NOW, version)).toEqual({ problem: 'conflict' })
    expect(await keys.create({ name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'name-taken' })
    expect(await keys.reveal(record.id, 'operator', NOW)).toEqual({ token })
    const rotated = done(await keys.rotate(record.id, { overlapSeconds: 60 }, 'operator', NOW, changed.version))
    const suspended = done(await keys.suspend(record.id, 'operator', NOW, rotated.version))
    const resumed = done(await keys.resume(record.id, 'operator', NOW, suspended.version))
    const key = { name: 'old', type: 'read-only', scheme: 'sha256', hash: 'b'.repeat(64) } as const
    const imported = done(await keys.import(key, 'operator', NOW))
    expect(await keys.import(key, 'operator', NOW)).toEqual({ ...imported, already: true })
    const listed = await keys.list({ by: 'name', limit: 10 }, 'operator')
    expect(listed.items.map(({ record: { name } }) => name)).toEqual(['deploy', 'old'])
    const revoked = done(await keys.revoke(record.id, 'operator', NOW, { version: resumed.version, reason: 'over' }))
    expect(await keys.show(record.id, 'operator')).toEqual(revoked)
    expect(await keys.remove(record.id, 'operator', NOW, revoked.version)).toBe('removed')
    expect(await keys.remove(imported.record.id, 'operator', NOW)).toBe('removed')
    for (const prefix of ['key:', 'name:', 'import:']) expect(await idsOf(store, prefix)).toEqual([])
    expect(await idsOf(store, 'meta:')).toEqual(['meta:pepper:1'])
  })
})
