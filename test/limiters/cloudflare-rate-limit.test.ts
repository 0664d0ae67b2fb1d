import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import { cloudflareRateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import type { Quota } from '../../src/model/ports.ts'
import { limiterContract, never } from './contract.ts'
import type { LimitedWorker } from './worker.ts'
import { limitedWorker } from './worker.ts'

const NO_REMAINDER = 'the binding tells no remainder'
const ONE_LIMIT = 'the binding keeps one limit, and only its own'
const OWN_CLOCK = 'the binding has a clock of its own'

const KEPT = { requests: 5, periodSeconds: 60 } as const
const QUOTA: Quota = { id: 'key:a/60s', requests: 5, startsAt: 0, endsAt: 60 }

describe('cloudflareRateLimit', () => {
  let worker: LimitedWorker

  beforeAll(async () => {
    worker = await limitedWorker()
  })
  afterAll(() => worker?.stop())

  limiterContract(
    async () => {
      const failing = (limit: RateLimit['limit'], patienceMilliseconds = 5000) => ({
        limiter: cloudflareRateLimit({ ...KEPT, binding: { limit }, patienceMilliseconds }),
        mend: async () => undefined,
      })
      const binding = worker.bindings.LIMIT
      return {
        limiter: cloudflareRateLimit({ ...KEPT, binding }),
        other: cloudflareRateLimit({ ...KEPT, binding }),
        faults: {
          down: async () => failing(() => Promise.reject(new Error('internal error'))),
          slow: async () => failing(never, 5),
        },
        stop: async () => undefined,
      }
    },
    {
      'tells how many are left': NO_REMAINDER,
      'begins anew with each window': OWN_CLOCK,
      'counts against all quotas': ONE_LIMIT,
      'counts against no quota where one is used up, wherever that stands': ONE_LIMIT,
      'tells of each quota that is used up': NO_REMAINDER,
      'loses and adds nothing where a crowd meets several quotas': ONE_LIMIT,
      'goes on with what was counted when a limit is raised or lowered': ONE_LIMIT,
      'counts to a thousand million, and over a year': ONE_LIMIT,
      'counts against a dozen quotas at once': ONE_LIMIT,
      'does what the memory limiter does, whatever comes in whatever order': NO_REMAINDER,
      'tells that it is busy': 'the binding tells no such thing',
    },
  )

  it('counts inside of a Worker as well', async () => {
    expect(await worker.take('limit', [{ ...QUOTA, id: 'key:inside/60s' }], 0)).toEqual({ allowed: true })
  })

  it.each<[string, readonly Quota[]]>([
    ['none', []],
    ['several at once', [QUOTA, { ...QUOTA, id: 'key:b/60s' }]],
    ['one of another number of requests', [{ ...QUOTA, requests: 6 }]],
    ['one over another span', [{ ...QUOTA, endsAt: 10 }]],
  ])('refuses to count against quotas that the binding does not keep: %s', async (_, quotas) => {
    const asked: string[] = []
    const binding: RateLimit = {
      async limit({ key }) {
        asked.push(key)
        return { success: true }
      },
    }
    const limiter = cloudflareRateLimit({ ...KEPT, binding })
    const refused = { trouble: 'refused', message: expect.stringContaining('one limit, of 5 requests in 60 seconds') }
    await expect(async () => limiter.take(quotas, 0)).rejects.toMatchObject(refused)
    expect(asked).toEqual([])
  })
})
