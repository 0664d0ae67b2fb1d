import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { Faulty } from './contract.ts'
import { clockFromNow, never, storeContract } from './contract.ts'
import type { Platform } from './platform.ts'
import { platform } from './platform.ts'

/** A database that cannot be had here: one whose every query ends alike. */
function answering(answer: () => Promise<never>): D1Database {
  const statement = { bind: () => statement, all: answer }
  return { prepare: () => statement, batch: answer }
}

describe('cloudflareD1', () => {
  let local: Platform

  beforeAll(async () => {
    local = await platform()
  })
  afterAll(() => local?.stop())

  storeContract(async () => {
    const clock = clockFromNow()
    const options = { now: () => clock.at }
    const { MIGRATED } = local.bindings
    const failing = async (message: string): Promise<Faulty> => {
      const database = answering(() => Promise.reject(new Error(`D1_ERROR: ${message}`)))
      const reads: D1Database = {
        ...database,
        prepare: (sql) => (sql.startsWith('SELECT') ? MIGRATED : database).prepare(sql),
      }
      return { store: cloudflareD1(message.includes('size') ? reads : database, options), mend: async () => undefined }
    }
    return {
      store: cloudflareD1(MIGRATED, options),
      other: cloudflareD1(MIGRATED, options),
      clock,
      faults: {
        down: () => failing('Network connection lost.'),
        slow: async () => ({
          store: cloudflareD1(answering(never), { ...options, patienceMilliseconds: 5 }),
          mend: async () => undefined,
        }),
        busy: () => failing('D1 DB is overloaded. Too many requests queued.'),
        full: () => failing('Exceeded maximum DB size.'),
      },
      stop: async () => undefined,
    }
  })

  it('says that the migrations are missing', async () => {
    const store = cloudflareD1(local.bindings.EMPTY)
    const refused = { trouble: 'refused', message: expect.stringContaining('migrations') }
    await expect(async () => store.get('key:a')).rejects.toMatchObject(refused)
    await expect(store.put('key:a', 'value', { expiresAt: 9e9 })).rejects.toMatchObject(refused)
  })

  it('takes back the room of entries whose time is over', async () => {
    const clock = clockFromNow()
    const store = cloudflareD1(local.bindings.MIGRATED, { now: () => clock.at })
    await Promise.all([1, 2, 3].map((n) => store.put(`sweep:${n}`, 'value', { expiresAt: clock.at + 10 })))
    clock.at += 10
    await store.put('sweep:new', 'value', { expiresAt: clock.at + 10 })
    const { results } = await local.bindings.MIGRATED.prepare("SELECT id FROM entries WHERE family = 'sweep:'")
      .bind()
      .all()
    expect(results).toEqual([{ id: 'sweep:new' }])
  })
})
