import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/limiters/memory.ts'
import type { Notice, Refusal } from '../../src/model/decision.ts'
import type { Limiter, Policy, Quota, Taken } from '../../src/model/ports.ts'
import type { Limit } from '../../src/model/principal.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { CountedLimit } from '../../src/policies/limits.ts'
import { countedAs, limits } from '../../src/policies/limits.ts'
import { NOW } from '../given/access.ts'
import type { AttemptFacts } from './attempt.ts'
import { attemptOf } from './attempt.ts'

const KEY = 'key:1a'
const OWNER = 'owner:acme'

/** A limiter that answers as it is told, and remembers what it was asked. */
function answering(answer: () => Taken | Promise<Taken>): Limiter & { readonly asked: (readonly Quota[])[] } {
  const asked: (readonly Quota[])[] = []
  return {
    asked,
    take(quotas) {
      asked.push(quotas)
      return answer()
    },
  }
}

const allowing = () => answering(() => ({ allowed: true }))

/** The outcome of a request, and what its caller is told. */
async function judged(
  policy: Policy,
  facts: AttemptFacts = {},
): Promise<{ refusal: Refusal | undefined; told: Notice[] }> {
  const { attempt, told } = attemptOf(facts)
  const refusal = (await policy(attempt)) ?? undefined
  return { refusal, told: [...told, ...(refusal?.notices ?? [])] }
}

/** The same list for every request, as a principal's limits are put together once. */
function of(...counted: readonly (readonly [id: string, limit: Limit])[]): () => readonly CountedLimit[] {
  const all = counted.map(([id, limit]) => ({ id, limit }))
  return () => all
}

const MINUTE: Limit = { requests: 2, windowSeconds: 60 }
const MONTH: Limit = { requests: 10_000, per: 'month' }

describe('limits', () => {
  it('asks nobody about a principal without limits', async () => {
    const limiter = allowing()
    expect(await judged(limits(of(), limiter))).toEqual({ refusal: undefined, told: [] })
    expect(limiter.asked).toEqual([])
  })

  it.each(['whoami', 'keys'] as const)('counts nothing for an endpoint of our own: %s', async (endpoint) => {
    const limiter = allowing()
    expect(await judged(limits(of([KEY, MINUTE]), limiter), { match: { endpoint } })).toEqual({
      refusal: undefined,
      told: [],
    })
    expect(limiter.asked).toEqual([])
  })

  it('asks for the limits of the principal that asks', async () => {
    const limiter = allowing()
    const policy = limits(({ subject }) => [{ id: countedAs('key', subject), limit: MINUTE }], limiter)
    await judged(policy, { principal: { subject: 'one' } })
    await judged(policy, { principal: { subject: 'two' } })
    expect(limiter.asked.map(([quota]) => quota?.id)).toEqual(['key:one/60s', 'key:two/60s'])
  })

  it('counts against all limits at once, in their order, each over its own window', async () => {
    const limiter = allowing()
    await judged(limits(of([OWNER, MONTH], [KEY, MINUTE]), limiter), { access: { at: NOW + 90.5 } })
    expect(limiter.asked).toEqual([
      [
        expect.objectContaining({ id: 'owner:acme/month', requests: 10_000, startsAt: NOW, endsAt: NOW + 30 * 86_400 }),
        expect.objectContaining({ id: 'key:1a/60s', requests: 2, startsAt: NOW + 60, endsAt: NOW + 120 }),
      ],
    ])
  })

  it('asks about the window that a request lies in, also where the clock was set back', async () => {
    const limiter = allowing()
    const policy = limits(of([KEY, MINUTE], [KEY, MONTH]), limiter)
    const minute = NOW - (NOW % 60)
    for (const at of [minute, minute + 59.9, minute + 60, minute - 0.1]) await judged(policy, { access: { at } })
    const windows = limiter.asked.map(([quota]) => [quota?.startsAt, quota?.endsAt])
    expect(windows).toEqual([0, 0, 60, -60].map((later) => [minute + later, minute + later + 60]))
  })

  it('counts once where several limits are on the same requests and span: against the lowest', async () => {
    for (const requests of [
      [9, 5, 7],
      [5, 9, 7],
      [9, 7, 5],
    ]) {
      const limiter = allowing()
      const same = requests.map((each) => [KEY, { requests: each, windowSeconds: 60 }] as const)
      const { told } = await judged(limits(of(...same, [KEY, { requests: 1, windowSeconds: 61 }]), limiter))
      expect(limiter.asked[0]?.map((quota) => [quota.id, quota.requests])).toEqual([
        ['key:1a/60s', 5],
        ['key:1a/61s', 1],
      ])
      expect(told).toEqual([['RateLimit-Policy', '"key-60s";q=5;w=60, "key-61s";q=1;w=61']])
    }
  })

  it('tells on allowed requests all policies, and what is left of the tightest', async () => {
    const policy = limits(of([OWNER, MONTH], [KEY, MINUTE]), memory())
    const POLICY: Notice = ['RateLimit-Policy', `"owner-month";q=10000;w=${30 * 86_400}, "key-60s";q=2;w=60`]
    expect(await judged(policy, { access: { at: NOW + 0.5 } })).toEqual({
      refusal: undefined,
      told: [POLICY, ['RateLimit', '"key-60s";r=1;t=60']],
    })
    expect(await judged(policy, { access: { at: NOW + 59.5 } })).toEqual({
      refusal: undefined,
      told: [POLICY, ['RateLimit', '"key-60s";r=0;t=1']],
    })
  })

  it('refuses what comes on top, and tells when to come again', async () => {
    const policy = limits(of([KEY, MINUTE]), memory())
    for (const at of [NOW, NOW + 1]) await judged(policy, { access: { at } })
    const { refusal, told } = await judged(policy, { access: { at: NOW + 17.25 } })
    expect(refusal).toMatchObject({ reason: 'limit-exceeded', retryAfterSeconds: 43, detail: 'key-60s' })
    expect(told).toEqual([
      ['RateLimit-Policy', '"key-60s";q=2;w=60'],
      ['RateLimit', '"key-60s";r=0;t=43'],
    ])
    expect((await judged(policy, { access: { at: NOW + 60 } })).refusal).toBeUndefined()
  })

  it('sends the caller to the end of the last window, where several are used up', async () => {
    const limiter = answering(() => ({ allowed: false, remaining: [0, 7, 0] }))
    const day: Limit = { requests: 9, per: 'day' }
    const hour: Limit = { requests: 9, per: 'hour' }
    const { refusal, told } = await judged(limits(of([KEY, hour], [KEY, MONTH], [KEY, day]), limiter))
    expect(refusal?.retryAfterSeconds).toBe(86_400)
    expect(told[1]).toEqual(['RateLimit', '"key-day";r=0;t=86400'])
  })

  it('tells the policies alone where the limiter cannot tell what is left', async () => {
    expect((await judged(limits(of([KEY, MINUTE]), allowing()))).told).toEqual([
      ['RateLimit-Policy', '"key-60s";q=2;w=60'],
    ])
    const { refusal, told } = await judged(
      limits(
        of([KEY, MINUTE]),
        answering(() => ({ allowed: false })),
      ),
    )
    expect(refusal?.retryAfterSeconds).toBe(60)
    expect(told[1]).toEqual(['RateLimit', '"key-60s";r=0;t=60'])
  })

  it.each<[string, () => Taken | Promise<Taken>]>([
    [
      'throws',
      () => {
        throw new StoreError('sqlite', 'busy', 'another process is writing')
      },
    ],
    ['rejects', () => Promise.reject(new StoreError('sqlite', 'busy', 'another process is writing'))],
    [
      'fails in another bundle',
      () => {
        throw Object.assign(new Error('sqlite: another process is writing'), { name: 'StoreError' })
      },
    ],
  ])('lets nobody pass where the limiter %s, and says why in the audit log', async (_, answer) => {
    expect(await judged(limits(of([KEY, MINUTE]), answering(answer)))).toEqual({
      refusal: { reason: 'dependency-unavailable', detail: 'limiter sqlite: another process is writing' },
      told: [],
    })
  })

  it.each<[string, () => Taken | Promise<Taken>]>([
    [
      'throws',
      () => {
        throw new TypeError('a bug')
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('a bug'))],
  ])('throws on what is a bug, where the limiter %s', async (_, answer) => {
    await expect(judged(limits(of([KEY, MINUTE]), answering(answer)))).rejects.toThrow('a bug')
  })

  it('decides at once where the limiter does', () => {
    const policy = limits(of([KEY, MINUTE]), memory())
    expect(policy(attemptOf({}).attempt)).toBeUndefined()
    expect(policy(attemptOf({}).attempt)).toBeUndefined()
    expect(policy(attemptOf({}).attempt)).toMatchObject({ reason: 'limit-exceeded' })
  })

  it('allows in every window at most what each limit says, whenever requests come', () => {
    const LIMIT = fc.record({ requests: fc.integer({ min: 1, max: 5 }), windowSeconds: fc.constantFrom(2, 3, 10) })
    fc.assert(
      fc.property(
        fc.array(LIMIT, { minLength: 1, maxLength: 3 }),
        fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 60 }),
        (asked, times) => {
          const policy = limits(of(...asked.map((limit) => [KEY, limit] as const)), memory())
          const allowed = times
            .toSorted((a, b) => a - b)
            .filter((at) => policy(attemptOf({ access: { at } }).attempt) === undefined)
          for (const { requests, windowSeconds } of asked) {
            for (const start of new Set(allowed.map((at) => at - (at % windowSeconds)))) {
              const within = allowed.filter((at) => at - (at % windowSeconds) === start)
              expect(within.length).toBeLessThanOrEqual(requests)
            }
          }
        },
      ),
    )
  })
})

describe('countedAs', () => {
  it('gives visible ASCII that begins with its scope', () => {
    expect(countedAs('key', '1a')).toBe('key:1a')
    expect(countedAs('owner', 'Müller & Söhne: 100 %')).toBe('owner:M%C3%BCller%20&%20S%C3%B6hne%3A%20100%20%25')
  })

  it('never gives the same for other names', () => {
    const NAMES = fc.array(fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', ' ', '/', 'ü') }), {
      maxLength: 3,
    })
    fc.assert(
      fc.property(NAMES, NAMES, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(countedAs('owner', ...one) === countedAs('owner', ...other)).toBe(isSame)
      }),
    )
  })
})
