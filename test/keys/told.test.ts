import { describe, expect, test } from 'vitest'
import type { KeyEvent } from '../../src/model/event.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { Given } from './given.ts'
import { created, DAY, done, given, keeper, NOW, principalOf } from './given.ts'

const TIME = '2026-05-28T20:26:40.000Z'
const END = '2026-08-26T20:26:40.000Z'
const HASH = 'a'.repeat(64)
const ENCRYPTION = { encryptionKey: 'an encryption key of this test' }

/** Everything that can happen to a key by the registry, in one life; gives back all secret texts of it. */
async function lived({ keys, store }: Given): Promise<string[]> {
  const by = keeper()
  const first = done(await keys.create({ name: 'ci', owner: 'acme', viewable: true }, by, NOW))
  const { id } = first.record
  done(await keys.update(id, { name: 'deploy', type: 'custom', permissions: ['a.b'], expiresAt: NOW + DAY }, by, NOW))
  const second = done(await keys.rotate(id, { overlapSeconds: 60, expiresAt: 'never' }, by, NOW))
  const own = done(await keys.rotateOwn(principalOf(second.record), { overlapSeconds: 60 }, NOW + 60))
  done(await keys.suspend(id, by, NOW))
  done(await keys.resume(id, by, NOW))
  done(await keys.reveal(id, by, NOW))
  done(await keys.revoke(id, by, NOW, { reason: 'a laptop was lost' }))
  expect(await keys.remove(id, by, NOW)).toBe('removed')
  const key = { name: 'old', type: 'read-only', scheme: 'sha256', hash: HASH, token: 'the old token' } as const
  const imported = done(await keys.import({ ...key, expiresAt: 'never' }, 'operator', NOW))
  done(await keys.revoke(imported.record.id, 'operator', NOW))
  const { items } = await store.list({ prefix: 'key:', limit: 10 })
  const secrets = [first, second, own].flatMap(({ token, record }) => [
    token,
    record.secret.digest,
    record.copy as string,
  ])
  return [...secrets, HASH, 'the old token', imported.record.secret.digest, ...items.map(({ value }) => value)]
}

describe('a change of a key', () => {
  test('is told, and kept in its log', async () => {
    const all = given(ENCRYPTION)
    await lived(all)
    const events = all.events as KeyEvent[]
    expect(
      events.map(({ type, name, actor, until, detail }) => [type, name, actor?.split(':')[0], until, detail]),
    ).toEqual([
      ['key-created', 'ci', 'static-token', END, null],
      ['key-updated', 'deploy', 'static-token', '2026-05-29T20:26:40.000Z', 'name, type, permissions, expiresAt'],
      ['key-rotated', 'deploy', 'static-token', null, 'secret, expiresAt, copy, previous'],
      ['key-rotated', 'deploy', 'api-key', null, 'secret, copy, previous'],
      ['key-suspended', 'deploy', 'static-token', null, 'state'],
      ['key-resumed', 'deploy', 'static-token', null, 'state'],
      ['key-revealed', 'deploy', 'static-token', null, null],
      ['key-revoked', 'deploy', 'static-token', null, 'a laptop was lost'],
      ['key-deleted', 'deploy', 'static-token', null, null],
      ['key-imported', 'old', 'operator', null, null],
      ['key-revoked', 'old', 'operator', null, null],
    ])
    expect(all.logged).toEqual(events)
    expect(events[0]).toEqual({
      type: 'key-created',
      time: TIME,
      keyId: expect.stringMatching(/^[0-9A-Za-z]{17}$/),
      name: 'ci',
      owner: 'acme',
      actor: 'static-token:keeper',
      until: END,
      detail: null,
    })
  })

  test('is told without any secret, digest, pepper or copy, and so is the log of entries', async () => {
    const all = given(ENCRYPTION)
    const secrets = await lived(all)
    expect(secrets.every((secret) => secret.length > 10)).toBe(true)
    const texts = [JSON.stringify(all.events), JSON.stringify(all.logged)]
    const hidden = [...secrets, 'the pepper of this test', ENCRYPTION.encryptionKey]
    for (const secret of hidden) for (const text of texts) expect(text).not.toContain(secret)
  })

  test('names no field that holds more than names', async () => {
    const all = given()
    const { record } = await created(all, 'ci')
    done(
      await all.keys.update(record.id, { metadata: { password: 'hunter2' }, description: 'hunter2' }, 'operator', NOW),
    )
    expect(all.logged.at(-1)?.detail).toBe('description, metadata')
    expect(JSON.stringify(all.events)).not.toContain('hunter2')
  })

  test('that came to nothing is not told', async () => {
    const all = given()
    const { record, version } = await created(all)
    done(await all.keys.resume(record.id, 'operator', NOW))
    done(await all.keys.update(record.id, {}, 'operator', NOW))
    await all.keys.update(record.id, { owner: 'acme' }, 'operator', NOW, `${version}x`)
    await all.keys.rotate(record.id, { overlapSeconds: -1 }, 'operator', NOW)
    await all.keys.create({ name: 'ci' }, 'operator', NOW)
    expect(all.events.map(({ type }) => type)).toEqual(['key-created'])
  })

  test('is done although its log cannot be written, which is told by name alone', async () => {
    const full = async () => {
      throw new StoreError('sqlite', 'full', 'there is no room left')
    }
    const all = given({ log: { append: full } })
    const { token } = await created(all)
    expect(token).toMatch(/^lk_/)
    expect(all.events).toMatchObject([
      { type: 'key-created' },
      { type: 'notice', level: 'error', message: 'a change of a key is not in its log: sqlite: there is no room left' },
    ])
    const odd = given({ log: { append: () => Promise.reject(new TypeError('with a secret in it')) } })
    await created(odd)
    expect(odd.events.at(-1)).toMatchObject({ message: 'a change of a key is not in its log: TypeError' })
  })

  test('needs nobody to be told', async () => {
    const all = given({ sink: undefined, log: undefined })
    expect((await created(all)).record.name).toBe('ci')
  })
})
