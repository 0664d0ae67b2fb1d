import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/limiters/memory.ts'
import type { Limiter, Quota, Taken } from '../../src/model/ports.ts'
import type { StoreTrouble } from '../../src/model/store-error.ts'
import { StoreError } from '../../src/model/store-error.ts'

/** A limiter under test, with all that a test may do to it from outside. */
export interface Subject {
  readonly limiter: Limiter
  /** The same counters through an instance of its own, as another process has it. */
  readonly other: Limiter
  /** A limiter of the same counters that is in trouble. */
  readonly faults?: Readonly<Partial<Record<Fault, () => Promise<Faulty>>>>
  stop(): Promise<void>
}

type Fault = 'down' | 'slow' | 'busy'

export interface Faulty {
  readonly limiter: Limiter
  mend(): Promise<void>
}

interface Given extends Subject {
  /** A quota of a window of 60 seconds that nobody else has: 5 requests, unless said otherwise. */
  quota(facts?: Partial<Quota>): Quota
  /** The beginning of the window, which is the present one. */
  readonly at: number
}

const WINDOW_SECONDS = 60
const REQUESTS = 5
const VISIBLE = Array.from({ length: 94 }, (_, place) => String.fromCharCode(0x21 + place)).join('')

/** What was allowed, of so many requests one after the other. */
async function allowedOf(times: number, take: () => Promise<Taken> | Taken): Promise<boolean[]> {
  const results: boolean[] = []
  for (let time = 0; time < times; time++) results.push((await take()).allowed)
  return results
}

function repeated(allowed: number, refused: number): boolean[] {
  return [...Array<boolean>(allowed).fill(true), ...Array<boolean>(refused).fill(false)]
}

/** How many were allowed, of so many requests at once that come by two instances. */
async function allowedAtOnce(
  times: number,
  { limiter, other }: Given,
  at: number,
  ...quotas: Quota[]
): Promise<number> {
  const takes = Array.from({ length: times }, async (_, n) => (n % 2 ? limiter : other).take(quotas, at))
  return (await Promise.all(takes)).filter(({ allowed }) => allowed).length
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    return error
  }
}

async function expectTrouble(trouble: StoreTrouble, begin: (() => Promise<Faulty>) | undefined, given: Given) {
  if (!begin) throw new Error(`the subject cannot be ${trouble}: skip the test and say why`)
  const quota = given.quota({ id: `${given.quota().id}-the-id` })
  await given.limiter.take([quota], given.at)
  const { limiter, mend } = await begin()
  try {
    const thrown = await outcome(() => limiter.take([quota], given.at))
    expect(thrown).toBeInstanceOf(StoreError)
    expect((thrown as StoreError).trouble).toBe(trouble)
    expect(String(thrown)).not.toMatch(/the-id|the-token/)
  } finally {
    await mend()
  }
  // What was counted before is still counted, and the failed request perhaps.
  const allowed = await allowedOf(REQUESTS, () => given.limiter.take([quota], given.at))
  expect(allowed.slice(0, REQUESTS - 2)).toEqual(repeated(REQUESTS - 2, 0))
  expect(allowed.at(-1)).toBe(false)
}

const CONTRACT = {
  'allows as many requests as a quota has, and no more': async ({ limiter, quota, at }: Given) => {
    const quotas = [quota()]
    expect(await allowedOf(REQUESTS + 3, () => limiter.take(quotas, at))).toEqual(repeated(REQUESTS, 3))
  },

  'counts what all instances take': async ({ limiter, other, quota, at }: Given) => {
    const quotas = [quota()]
    let turn = 0
    const take = () => (turn++ % 2 ? limiter : other).take(quotas, at)
    expect(await allowedOf(REQUESTS + 3, take)).toEqual(repeated(REQUESTS, 3))
  },

  'allows exactly as many of a crowd that comes at once': async (given: Given) => {
    for (let round = 0; round < 3; round++) {
      expect(await allowedAtOnce(30, given, given.at, given.quota())).toBe(REQUESTS)
    }
  },

  'counts each quota by itself, however alike their ids are': async ({ limiter, quota, at }: Given) => {
    const { id } = quota()
    const ids = [id, `${id}/`, `${id}0`, `${id}@0`, `${id}%`, id.toUpperCase(), `${id}'; DROP TABLE counters; --"]`]
    for (const each of ids) {
      const quotas = [quota({ id: each })]
      expect(await allowedOf(REQUESTS + 1, () => limiter.take(quotas, at))).toEqual(repeated(REQUESTS, 1))
    }
  },

  'keeps every character that an id may have, and long ids': async ({ limiter, quota, at }: Given) => {
    for (const id of [`${quota().id}${VISIBLE}`, quota().id.padEnd(1500, 'x')]) {
      const quotas = [quota({ id })]
      expect(await allowedOf(REQUESTS + 1, () => limiter.take(quotas, at))).toEqual(repeated(REQUESTS, 1))
    }
  },

  'tells how many are left': async ({ limiter, quota, at }: Given) => {
    const quotas = [quota({ requests: 2 })]
    const taken: Taken[] = []
    for (let time = 0; time < 4; time++) taken.push(await limiter.take(quotas, at))
    expect(taken).toEqual([
      { allowed: true, remaining: [1] },
      { allowed: true, remaining: [0] },
      { allowed: false, remaining: [0] },
      { allowed: false, remaining: [0] },
    ])
  },

  'begins anew with each window': async ({ limiter, quota, at }: Given) => {
    const first = quota({ requests: 1 })
    const next = { ...first, startsAt: first.endsAt, endsAt: first.endsAt + WINDOW_SECONDS }
    expect(await allowedOf(2, () => limiter.take([first], at))).toEqual([true, false])
    expect(await allowedOf(2, () => limiter.take([next], first.endsAt))).toEqual([true, false])
    // A process whose clock is behind counts in the window that it knows.
    expect(await allowedOf(1, () => limiter.take([first], first.endsAt - 1))).toEqual([false])
  },

  'counts against all quotas': async ({ limiter, quota, at }: Given) => {
    const [one, two, three] = [quota({ requests: 9 }), quota({ requests: 7 }), quota({ requests: 8 })]
    await limiter.take([one, three], at)
    expect(await limiter.take([one, two, three], at)).toEqual({ allowed: true, remaining: [7, 6, 6] })
  },

  'counts against no quota where one is used up, wherever that stands': async ({ limiter, quota, at }: Given) => {
    for (const usedUp of [0, 1, 2]) {
      const quotas = [0, 1, 2].map((place) => quota(place === usedUp ? { requests: 1 } : {}))
      await limiter.take(quotas, at)
      const remaining = quotas.map(({ requests }) => requests - 1)
      for (let time = 0; time < 2; time++) {
        expect(await limiter.take(quotas, at)).toEqual({ allowed: false, remaining })
      }
    }
  },

  'tells of each quota that is used up': async ({ limiter, quota, at }: Given) => {
    const quotas = [quota({ requests: 1 }), quota(), quota({ requests: 1 })]
    await limiter.take(quotas, at)
    expect(await limiter.take(quotas, at)).toEqual({ allowed: false, remaining: [0, REQUESTS - 1, 0] })
  },

  'loses and adds nothing where a crowd meets several quotas': async (given: Given) => {
    const { quota, at, limiter } = given
    for (const [wide, narrow] of [
      [20, 6],
      [6, 20],
    ] as const) {
      const quotas = [quota({ requests: wide }), quota({ requests: narrow })]
      expect(await allowedAtOnce(30, given, at, ...quotas)).toBe(6)
      const { allowed, remaining } = await limiter.take(quotas, at)
      expect([allowed, remaining]).toEqual([false, [wide - 6, narrow - 6]])
    }
  },

  'goes on with what was counted when a limit is raised or lowered': async ({ limiter, quota, at }: Given) => {
    const five = quota()
    await allowedOf(3, () => limiter.take([five], at))
    expect(await limiter.take([{ ...five, requests: 2 }], at)).toEqual({ allowed: false, remaining: [0] })
    expect(await limiter.take([{ ...five, requests: 9 }], at)).toEqual({ allowed: true, remaining: [5] })
    expect(await limiter.take([five], at)).toEqual({ allowed: true, remaining: [0] })
  },

  'counts to a thousand million, and over a year': async ({ limiter, quota, at }: Given) => {
    const wide = quota({ requests: 1_000_000_000, endsAt: at + 31_536_000 })
    expect(await limiter.take([wide], at + 0.25)).toEqual({ allowed: true, remaining: [999_999_999] })
    expect(await limiter.take([wide], at + 31_535_999.75)).toEqual({ allowed: true, remaining: [999_999_998] })
  },

  'counts against a dozen quotas at once': async ({ limiter, quota, at }: Given) => {
    const quotas = Array.from({ length: 12 }, (_, n) => quota({ requests: n + 2 }))
    await limiter.take(quotas, at)
    expect(await limiter.take(quotas, at)).toEqual({ allowed: true, remaining: quotas.map((_, n) => n) })
    const remaining = quotas.map((_, n) => n)
    expect(await limiter.take(quotas, at)).toEqual({ allowed: false, remaining })
  },

  'does what the memory limiter does, whatever comes in whatever order': async ({ limiter, quota, at }: Given) => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 20 }), async (steps) => {
        const model = memory()
        const counted = quota().id.slice(0, -'/60s'.length)
        let now = at
        for (const { asked, wait } of steps) {
          now += wait
          const quotas = [...new Map(asked.map(([place, requests, seconds]) => [`${place} ${seconds}`, requests]))]
          const given = quotas.map(([key, requests]) => {
            const [place, seconds] = key.split(' ').map(Number) as [number, number]
            const startsAt = now - (now % seconds)
            return { id: `${counted}/${place}-${seconds}s`, requests, startsAt, endsAt: startsAt + seconds }
          })
          expect(await limiter.take(given, now)).toEqual(model.take(given, now))
        }
      }),
      { numRuns: 12 },
    )
  },

  'tells that it is down': (given: Given) => expectTrouble('down', given.faults?.down, given),
  'tells that it is slow': (given: Given) => expectTrouble('slow', given.faults?.slow, given),
  'tells that it is busy': (given: Given) => expectTrouble('busy', given.faults?.busy, given),
}

const STEP = fc.record({
  asked: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.constantFrom(10, 60)), {
    minLength: 1,
    maxLength: 4,
  }),
  wait: fc.constantFrom(0, 0, 0, 4),
})

export type Title = keyof typeof CONTRACT

let quotas = 0

/** The contract of every limiter; what one cannot keep is skipped, and the reason is told. */
export function limiterContract(
  start: () => Promise<Subject>,
  skips: Readonly<Partial<Record<Title, string>>> = {},
): void {
  describe('keeps the contract of a limiter:', () => {
    let subject: Subject

    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject?.stop())

    for (const [title, test] of Object.entries(CONTRACT) as [Title, (given: Given) => Promise<void>][]) {
      const reason = skips[title]
      if (reason !== undefined) {
        it.skip(`${title} (not here: ${reason})`)
        continue
      }
      it(title, () => inOneWindow((at) => test(givenAt(at, subject))))
    }
  })
}

function givenAt(at: number, subject: Subject): Given {
  const window = { startsAt: at, endsAt: at + WINDOW_SECONDS }
  const quota: Given['quota'] = (facts) => {
    return { id: `key:${Date.now().toString(36)}-${quotas++}/60s`, requests: REQUESTS, ...window, ...facts }
  }
  return { ...subject, at, quota }
}

/** A limiter with a clock of its own begins a window of its own: then the test is made again. */
async function inOneWindow(test: (at: number) => Promise<void>): Promise<void> {
  const startsAt = windowNow()
  try {
    await test(startsAt)
  } catch (error) {
    if (windowNow() === startsAt) throw error
    await test(windowNow())
  }
}

function windowNow(): number {
  const now = Math.floor(Date.now() / 1000)
  return now - (now % WINDOW_SECONDS)
}

/** What a call gives that nobody answers. */
export function never(): Promise<never> {
  return new Promise(() => {})
}
