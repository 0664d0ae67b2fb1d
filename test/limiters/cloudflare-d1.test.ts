import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { D1Database } from '../../src/lib/d1.ts'
import { cloudflareD1 } from '../../src/limiters/cloudflare-d1.ts'
import type { Platform } from '../stores/platform.ts'
import { platform } from '../stores/platform.ts'
import { limiterContract, never } from './contract.ts'

/** A database that cannot be had here: one whose every query ends alike. */
function answering(answer: () => Promise<never>): D1Database {
  const statement = { bind: () => statement, all: answer }
  return { prepare: () => statement, batch: answer }
}

const quota = (id: string, startsAt: number) => ({ id, requests: 9, startsAt, endsAt: startsAt + 60 })

describe('cloudflareD1', () => {
  let local: Platform

  beforeAll(async () => {
    local = await platform()
  })
  afterAll(() => local?.stop())

  limiterContract(async () => {
    const { MIGRATED } = local.bindings
    const failing = (answer: () => Promise<never>, patienceMilliseconds = 5000) => ({
      limiter: cloudflareD1(answering(answer), { patienceMilliseconds }),
      mend: async () => undefined,
    })
    const rejecting = (message: string) => failing(() => Promise.reject(new Error(`D1_ERROR: ${message}`)))
    return {
      limiter: cloudflareD1(MIGRATED),
      other: cloudflareD1(MIGRATED),
      faults: {
        down: async () => rejecting('Network connection lost.'),
        slow: async () => failing(never, 5),
        busy: async () => rejecting('D1 DB is overloaded. Too many requests queued.'),
      },
      stop: async () => undefined,
    }
  })

  it('says that the migrations are missing', async () => {
    const refused = { trouble: 'refused', message: expect.stringContaining('migrations') }
    const limiter = cloudflareD1(local.bindings.EMPTY)
    await expect(async () => limiter.take([quota('key:a/60s', 0)], 0)).rejects.toMatchObject(refused)
  })

  it('takes back the room of counters whose window is over', async () => {
    const limiter = cloudflareD1(local.bindings.MIGRATED)
    await Promise.all([1, 2, 3].map((n) => limiter.take([quota(`sweep:${n}/60s`, 0)], 0)))
    await limiter.take([quota('sweep:new/60s', 120)], 120)
    const { results } = await local.bindings.MIGRATED.prepare("SELECT id FROM counters WHERE id LIKE 'sweep:%'")
      .bind()
      .all()
    expect(results).toEqual([{ id: 'sweep:new/60s@120' }])
  })
})
