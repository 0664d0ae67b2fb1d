import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { checkPepper, keepPepper, PEPPER_PREFIX } from '../../src/keys/pepper-check.ts'
import type { Entry } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import vectors from './format-vectors.json' with { type: 'json' }
import { created, given, idsOf, NOW, PEPPER } from './given.ts'

const OTHER = { ...PEPPER, secret: 'another pepper of the same version, as long' }

describe.each([
  ['node', nodeDigests()],
  ['web', webDigests()],
])('a pepper, by %s digests,', (_, digests) => {
  test('is new where none was used', async () => {
    const store = memory()
    expect(await checkPepper(store, PEPPER, digests)).toBe('new')
    expect(await idsOf(store, 'meta:')).toEqual([])
  })

  test('is told from another one of its version, and does not replace it', async () => {
    const store = memory()
    expect(await keepPepper(store, PEPPER, digests)).toBe('same')
    expect(await keepPepper(store, PEPPER, digests)).toBe('same')
    expect(await keepPepper(store, OTHER, digests)).toBe('other')
    expect(await checkPepper(store, PEPPER, digests)).toBe('same')
    expect(await checkPepper(store, OTHER, digests)).toBe('other')
    expect(await checkPepper(store, { ...OTHER, version: '2' }, digests)).toBe('new')
  })
})

test('both digests make one check of a pepper', async () => {
  const store = memory()
  await keepPepper(store, PEPPER, nodeDigests())
  expect(await checkPepper(store, PEPPER, webDigests())).toBe('same')
})

test('the check of a pepper is what the vector says', async () => {
  const store = memory()
  await keepPepper(store, vectors.pepper, nodeDigests())
  expect(await store.get(vectors.pepperCheck.id)).toMatchObject({ value: vectors.pepperCheck.value })
})

test('the check of a pepper tells nothing of it', async () => {
  const store = memory()
  await keepPepper(store, PEPPER, nodeDigests())
  const { value } = (await store.get(`${PEPPER_PREFIX}1`)) as Entry
  expect(value).toMatch(/^[0-9A-Za-z]{43}$/)
})

describe('a registry under another pepper than the store was made with', () => {
  async function strange() {
    const first = given({ encryptionKey: 'an encryption key' })
    const { record } = await created(first)
    const second = given({ store: first.store, peppers: [OTHER] })
    return { first, second, record }
  }

  test('makes, rotates and imports no key', async () => {
    const { second, record } = await strange()
    const { keys, store, events } = second
    const before = await store.get(`key:${record.id}`)
    expect(await keys.create({ name: 'deploy' }, 'operator', NOW)).toEqual({ problem: 'wrong-pepper' })
    expect(await keys.rotate(record.id, { overlapSeconds: 60 }, 'operator', NOW)).toEqual({ problem: 'wrong-pepper' })
    const imported = { name: 'old', type: 'read-only', scheme: 'sha256', hash: '0'.repeat(64) } as const
    expect(await keys.import(imported, 'operator', NOW)).toEqual({ problem: 'wrong-pepper' })
    expect(await store.get(`key:${record.id}`)).toEqual(before)
    expect(await idsOf(store, 'key:')).toHaveLength(1)
    expect(await idsOf(store, 'name:')).toEqual(['name:ci'])
    expect(events).toEqual([])
  })

  test('still revokes and removes keys: that needs no pepper', async () => {
    const { second, record } = await strange()
    expect(await second.keys.revoke(record.id, 'operator', NOW)).toMatchObject({ record: { state: 'revoked' } })
    expect(await second.keys.remove(record.id, 'operator', NOW)).toBe('removed')
  })

  test('makes keys again under a version of its own', async () => {
    const { first } = await strange()
    const next = given({ store: first.store, peppers: [{ ...OTHER, version: '2' }, PEPPER] })
    expect((await created(next, 'deploy')).record.secret.pepperVersion).toBe('2')
    expect(await idsOf(first.store, 'meta:')).toEqual(['meta:pepper:1', 'meta:pepper:2'])
  })
})
