import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord, RecordUnreadable } from '../../src/keys/record.ts'
import type { Entry } from '../../src/model/ports.ts'
import { created, given, NOW } from './given.ts'

const FULL = {
  type: 'custom',
  permissions: ['a.b'],
  owner: 'acme',
  addresses: ['10.0.0.0/8'],
  limits: [{ requests: 1, per: 'day' }],
  metadata: { team: 'a' },
}

async function stored(more: object = {}): Promise<{ text: string; record: ReturnType<typeof decodeRecord> }> {
  const { record } = await created(given(), 'ci', { ...FULL, ...more })
  return { text: encodeRecord(record), record }
}

describe('a stored record', () => {
  test('is read as it was written', async () => {
    const { text, record } = await stored()
    expect(decodeRecord(text)).toEqual(record)
  })

  test.each([
    ['no JSON', '{'],
    ['another kind of JSON', '[]'],
    ['nothing', 'null'],
    ['a later version', '{"v":2}'],
    ['no version', '{"id":"a"}'],
    ['one without a state', '{"v":1,"id":"a","name":"b"}'],
  ])('is refused where it is %s', (_, text) => {
    expect(() => decodeRecord(text)).toThrow(RecordUnreadable)
  })

  test.each<[string, object]>([
    ['addresses that are no list', { addresses: '10.0.0.0/8' }],
    ['limits that are no list', { limits: {} }],
    ['a limit that is none', { limits: [{ requests: 5 }] }],
    ['an end that is no time', { expiresAt: '2030' }],
    ['an end that is null', { expiresAt: null }],
    ['another state', { state: 'paused' }],
    ['another type', { type: 'admin' }],
    ['another surface', { surface: 'all' }],
    ['permissions that are no texts', { permissions: [1] }],
    ['a secret without a digest', { secret: { pepperVersion: '1' } }],
    ['a secret of another scheme', { secret: { digest: 'x', pepperVersion: '1', scheme: 'md5' } }],
    ['an old secret without a deadline', { previous: { digest: 'x', pepperVersion: '1' } }],
    ['an owner that is no text', { owner: 5 }],
    ['an owner that is a list', { owner: ['acme'] }],
    ['an owner that is null', { owner: null }],
    ['a description that is no text', { description: 7 }],
    ['metadata that are no texts', { metadata: { team: 1 } }],
    ['a revocation without a time', { revoked: 'yes' }],
    ['an imported secret without a digest', { imported: { scheme: 'sha256' } }],
    ['a copy that is no text', { copy: true }],
  ])('is refused where it has %s: nothing is guessed', async (_, more) => {
    const { text } = await stored()
    expect(() => decodeRecord(JSON.stringify({ ...JSON.parse(text), ...more }))).toThrow(RecordUnreadable)
  })

  test('is refused without a word of what stands in it', async () => {
    const { text } = await stored()
    const thrown = [text.slice(1), JSON.stringify({ ...JSON.parse(text), state: 'x' })].map((each) => {
      try {
        return decodeRecord(each)
      } catch (error) {
        return String(error)
      }
    })
    expect(thrown).toEqual([
      'RecordUnreadable: a stored key is no JSON',
      'RecordUnreadable: a stored key lacks what every key has',
    ])
  })
})

describe('a record that a later version has written', () => {
  const verbs = ['show', 'update', 'rename', 'rotate', 'suspend', 'resume', 'revoke', 'remove', 'reveal'] as const

  test.each(verbs)('is refused by %s, and left as it is', async (verb) => {
    const { keys, store, events } = given({ encryptionKey: 'an encryption key' })
    const { record } = await created({ keys }, 'ci', { viewable: true })
    const { id } = record
    await store.put(`key:${id}`, JSON.stringify({ ...record, v: 2, newField: true }), { index: { name: 'ci' } })
    const before = (await store.get(`key:${id}`)) as Entry
    const asked = {
      show: () => keys.show(id, 'operator'),
      update: () => keys.update(id, { owner: 'acme' }, 'operator', NOW),
      rename: () => keys.update(id, { name: 'deploy' }, 'operator', NOW),
      rotate: () => keys.rotate(id, { overlapSeconds: 0 }, 'operator', NOW),
      suspend: () => keys.suspend(id, 'operator', NOW),
      resume: () => keys.resume(id, 'operator', NOW),
      revoke: () => keys.revoke(id, 'operator', NOW),
      remove: () => keys.remove(id, 'operator', NOW),
      reveal: () => keys.reveal(id, 'operator', NOW),
    }
    await expect(asked[verb]()).rejects.toMatchObject({
      name: 'RecordUnreadable',
      message: 'a stored key has version 2; this Latchkey reads 1 at most',
    })
    expect(await store.get(`key:${id}`)).toEqual(before)
    expect(events).toHaveLength(1)
  })

  test('is refused where an import finds it', async () => {
    const { keys, store } = given()
    const key = { name: 'old', type: 'read-only', scheme: 'sha256', hash: 'a'.repeat(64) } as const
    const result = await keys.import(key, 'operator', NOW)
    if ('problem' in result) throw new Error(result.problem)
    await store.put(`key:${result.record.id}`, '{"v":2}')
    const before = await store.get(`key:${result.record.id}`)
    await expect(keys.import(key, 'operator', NOW)).rejects.toBeInstanceOf(RecordUnreadable)
    expect(await store.get(`key:${result.record.id}`)).toEqual(before)
  })
})

test('a record that cannot be read hides no other one from a listing', async () => {
  const { keys, store } = given()
  const later = await created({ keys }, 'later')
  await created({ keys }, 'ci')
  await store.put(`key:${later.record.id}`, JSON.stringify({ ...later.record, v: 2 }), { index: { name: 'later' } })
  const { items, unreadable } = await keys.list({ limit: 10 }, 'operator')
  expect({ names: items.map(({ record }) => record.name), unreadable }).toEqual({ names: ['ci'], unreadable: 1 })
})
