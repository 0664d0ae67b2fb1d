import { describe, expect, test } from 'vitest'
import type { Entry, Store } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import { created, done, given, idsOf, NOW } from './given.ts'

/**
 * A store whose reads lag as those of Workers KV do: what was read once is read the same for as long, that it was missing
 * too. Writes are compared with what is really there, as they are on KV with a listing.
 */
function lagging(store: Store): { store: Store; reads: string[]; catchUp(): void } {
  const seen = new Map<string, Entry | undefined>()
  const reads: string[] = []
  return {
    reads,
    catchUp: () => seen.clear(),
    store: {
      ...store,
      async get(id) {
        reads.push(id)
        if (!seen.has(id)) seen.set(id, await store.get(id))
        return seen.get(id)
      },
    },
  }
}

describe('over a store whose reads lag', () => {
  test('a change tells what was written, and not what is read', async () => {
    const { store } = lagging(memory())
    const all = given({ store })
    const { record } = await created(all)
    await all.keys.show(record.id, 'operator')
    const changed = done(await all.keys.update(record.id, { owner: 'acme' }, 'operator', NOW))
    expect(changed.record.owner).toBe('acme')
    expect((await all.keys.show(record.id, 'operator'))?.record.owner).toBeUndefined()
  })

  test('a change of what is old by now is a conflict, and nothing is lost', async () => {
    const real = memory()
    const { store, catchUp } = lagging(real)
    const { keys } = given({ store })
    const { record } = await created({ keys })
    await keys.show(record.id, 'operator')
    const revoked = done(await keys.revoke(record.id, 'operator', NOW))
    for (const late of [
      keys.update(record.id, { owner: 'acme' }, 'operator', NOW),
      keys
        .resume(record.id, 'operator', NOW)
        .then((result) => ('problem' in result ? result : { problem: 'conflict' })),
      keys.rotate(record.id, { overlapSeconds: 0 }, 'operator', NOW),
      keys.suspend(record.id, 'operator', NOW),
      keys.remove(record.id, 'operator', NOW),
    ]) {
      expect(await late).toEqual({ problem: 'conflict' })
    }
    catchUp()
    expect((await keys.show(record.id, 'operator'))?.record).toEqual(revoked.record)
  })

  test('nothing is read that is not there yet: that it is missing would be remembered', async () => {
    const { store, reads } = lagging(memory())
    const all = given({ store, encryptionKey: 'an encryption key' })
    await created(all, 'ci', { viewable: true })
    const key = { name: 'old', type: 'read-only', scheme: 'sha256', hash: 'a'.repeat(64) } as const
    done(await all.keys.import(key, 'operator', NOW))
    expect(reads).toEqual([])
  })

  test('a name that was given back is free for the next', async () => {
    const real = memory()
    const { store } = lagging(real)
    const all = given({ store })
    const { record } = await created(all, 'ci')
    done(await all.keys.update(record.id, { name: 'deploy' }, 'operator', NOW))
    expect(await idsOf(real, 'name:')).toEqual(['name:deploy'])
    expect((await created(all, 'ci')).record.name).toBe('ci')
  })
})
