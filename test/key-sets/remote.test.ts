import { describe, expect, test } from 'vitest'
import type { KeySet, VerifyingKey } from '../../src/key-sets/keys.ts'
import type { PublishedKeys } from '../../src/key-sets/remote.ts'
import { remote } from '../../src/key-sets/remote.ts'
import { NOW } from '../given/access.ts'

/** An issuer whose answers a test holds back, and gives. */
function issuer({ staleSeconds = 300, runsLater = true } = {}) {
  const waiting: { give(answer: PublishedKeys): void; fail(error: unknown): void }[] = []
  const failures: unknown[] = []
  const deferred: Promise<unknown>[] = []
  const source = remote({
    ask: () => new Promise((give, fail) => waiting.push({ give, fail })),
    staleSeconds,
    runsLater,
    failed: (error) => failures.push(error),
  })
  let asked = 0
  const next = () => {
    asked++
    return waiting.shift() as (typeof waiting)[number]
  }
  return {
    failures,
    deferred,
    /** How often it was asked in all. */
    asked: () => asked + waiting.length,
    current: (at: number) => source.current(at, (work) => deferred.push(work)),
    newer: (last: KeySet, at: number) => source.newer(last, at, (work) => deferred.push(work)),
    async give(keys: KeySet, maxAgeSeconds?: number) {
      next().give({ keys, maxAgeSeconds })
      await settled()
    },
    async fail() {
      next().fail(new Error('down'))
      await settled()
    },
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

const setOf = (...ids: string[]): KeySet => new Set(ids.map((id) => ({ id }) as VerifyingKey))
const [FIRST, SECOND] = [setOf('one'), setOf('two')]
const DOWN = { reason: 'dependency-unavailable', detail: 'the keys of its issuer cannot be had' }

/** An issuer whose first set has arrived. */
async function published(maxAgeSeconds?: number, staleSeconds?: number) {
  const given = issuer(staleSeconds === undefined ? {} : { staleSeconds })
  const first = given.current(NOW)
  await given.give(FIRST, maxAgeSeconds)
  expect(await first).toBe(FIRST)
  return given
}

describe('the first set', () => {
  test('is waited for, by all with one fetch that outlives them', async () => {
    const { current, give, asked, deferred } = issuer()
    const all = [current(NOW), current(NOW), current(NOW + 1)]
    expect(asked()).toBe(1)
    expect(deferred).toHaveLength(1)
    await give(FIRST)
    expect(await Promise.all(all)).toEqual([FIRST, FIRST, FIRST])
  })

  test('is told to be missing where the issuer is down, and asked for again five seconds later', async () => {
    const { current, fail, give, asked, failures } = issuer()
    const first = current(NOW)
    await fail()
    expect(await first).toEqual(DOWN)
    expect(current(NOW + 4)).toEqual(DOWN)
    expect(asked()).toBe(1)
    const second = current(NOW + 5)
    await fail()
    expect(await second).toEqual(DOWN)
    expect(failures).toHaveLength(1)
    const third = current(NOW + 10)
    await give(FIRST)
    expect(await third).toBe(FIRST)
  })
})

describe('the age of a set', () => {
  test.each<[name: string, maxAge: number | undefined, seconds: number]>([
    ['ten minutes where nothing is said', undefined, 600],
    ['what is said', 900, 900],
    ['a minute at least', 0, 60],
    ['an hour at most', 86_400, 3600],
  ])('is %s', async (_, maxAge, seconds) => {
    const { current, asked } = await published(maxAge)
    expect(current(NOW + seconds / 2 - 1)).toBe(FIRST)
    expect(asked()).toBe(1)
    expect(current(NOW + seconds / 2)).toBe(FIRST)
    expect(asked()).toBe(2)
    expect(current(NOW + seconds - 1)).toBe(FIRST)
    expect(current(NOW + seconds)).toBeInstanceOf(Promise)
  })

  test('begins anew with what was fetched meanwhile', async () => {
    const { current, give } = await published()
    expect(current(NOW + 300)).toBe(FIRST)
    await give(SECOND)
    expect(current(NOW + 301)).toBe(SECOND)
    expect(current(NOW + 599)).toBe(SECOND)
  })

  test('is bounded where requests are rare: a withdrawn key does not get the first one after a night', async () => {
    const { current, give } = await published()
    const found = current(NOW + 36_000)
    await give(SECOND)
    expect(await found).toBe(SECOND)
  })

  test('is over where a clock was set back', async () => {
    const { current, give } = await published()
    expect(current(NOW - 1)).toBe(FIRST)
    const found = current(NOW - 60)
    await give(SECOND)
    expect(await found).toBe(SECOND)
  })
})

describe('while the issuer is down', () => {
  test('a set counts for as long as it may, and is asked for twice a minute, in the background', async () => {
    const { current, fail, asked, failures } = await published()
    void current(NOW + 300)
    await fail()
    expect(current(NOW + 329)).toBe(FIRST)
    expect(asked()).toBe(2)
    expect(current(NOW + 330)).toBe(FIRST)
    await fail()
    expect(current(NOW + 899)).toBe(FIRST)
    await fail()
    expect(asked()).toBe(4)
    expect(current(NOW + 900)).toEqual(DOWN)
    expect(failures).toHaveLength(1)
  })

  test('a set that is too old is not served while the next one is waited for', async () => {
    const { current, fail } = await published()
    const late = current(NOW + 36_000)
    await fail()
    expect(await late).toEqual(DOWN)
  })

  test('a request that has to wait still gets a set that may count', async () => {
    const { current, fail } = await published()
    const waiting = current(NOW + 600)
    await fail()
    expect(await waiting).toBe(FIRST)
  })

  test('nothing counts longer where nothing may', async () => {
    const { current, fail } = await published(undefined, 0)
    const waiting = current(NOW + 600)
    await fail()
    expect(await waiting).toEqual(DOWN)
  })

  test('it is told again after it was up', async () => {
    const { current, fail, give, failures } = await published()
    void current(NOW + 300)
    await fail()
    void current(NOW + 330)
    await give(SECOND)
    void current(NOW + 630)
    await fail()
    expect(failures).toHaveLength(2)
  })
})

describe('a key that is not in the set', () => {
  test('is looked for once in thirty seconds, whoever asks how often', async () => {
    const { newer, give, asked } = await published()
    for (let place = 0; place < 1000; place++) expect(newer(FIRST, NOW + (place * 30) / 1001)).toBeUndefined()
    expect(asked()).toBe(1)
    const looked = Array.from({ length: 1000 }, () => newer(FIRST, NOW + 30))
    expect(asked()).toBe(2)
    await give(SECOND)
    expect(new Set(await Promise.all(looked))).toEqual(new Set([SECOND]))
    expect(newer(SECOND, NOW + 59)).toBeUndefined()
    expect(asked()).toBe(2)
  })

  test('is counted from the last fetch for whatever reason', async () => {
    const { current, newer, give, asked } = await published()
    void current(NOW + 300)
    await give(FIRST)
    expect(newer(FIRST, NOW + 329)).toBeUndefined()
    expect(asked()).toBe(2)
    expect(newer(FIRST, NOW + 330)).toBeInstanceOf(Promise)
  })

  test('may be in a set that has come meanwhile', async () => {
    const { current, newer, give } = await published()
    void current(NOW + 300)
    await give(SECOND)
    expect(newer(FIRST, NOW + 301)).toBe(SECOND)
  })

  test('is unknown where the newer set has it no more than the last', async () => {
    const { newer, give } = await published()
    const looked = newer(FIRST, NOW + 30)
    await give(FIRST)
    expect(await looked).toBeUndefined()
  })

  test('cannot be told while the issuer is down', async () => {
    const { newer, fail, asked } = await published()
    const looked = newer(FIRST, NOW + 30)
    await fail()
    expect(await looked).toEqual(DOWN)
    expect(newer(FIRST, NOW + 31)).toEqual(DOWN)
    expect(asked()).toBe(2)
  })
})

describe('a fetch that never ends', () => {
  test('is given up after half a minute: a runtime may have lost it with the request that began it', async () => {
    const { current, give, asked } = await published()
    expect(current(NOW + 300)).toBe(FIRST)
    expect(current(NOW + 329)).toBe(FIRST)
    expect(asked()).toBe(2)
    expect(current(NOW + 330)).toBe(FIRST)
    expect(asked()).toBe(3)
    await give(setOf('too late'))
    expect(current(NOW + 331)).toBe(FIRST)
    await give(SECOND)
    expect(current(NOW + 332)).toBe(SECOND)
  })
})

test('a fetch that was given up says nothing any more, whatever becomes of it', async () => {
  const { current, give, fail, failures } = await published()
  void current(NOW + 300)
  void current(NOW + 330)
  await fail()
  expect(failures).toEqual([])
  await give(SECOND)
  expect(current(NOW + 331)).toBe(SECOND)
})

describe('where nothing runs after the reply', () => {
  /** An issuer whose first set has arrived, in a process that is frozen between requests. */
  async function frozen() {
    const given = issuer({ runsLater: false })
    const first = given.current(NOW)
    await given.give(FIRST)
    await first
    return given
  }

  test('a fetch that would be in the background is waited for', async () => {
    const { current, give } = await frozen()
    expect(current(NOW + 299)).toBe(FIRST)
    const found = current(NOW + 300)
    expect(found).toBeInstanceOf(Promise)
    await give(SECOND)
    expect(await found).toBe(SECOND)
  })

  test('a set that is good counts on where the fetch fails, and the next one is not begun at once', async () => {
    const { current, fail } = await frozen()
    const found = current(NOW + 300)
    await fail()
    expect(await found).toBe(FIRST)
    expect(current(NOW + 329)).toBe(FIRST)
    expect(current(NOW + 330)).toBeInstanceOf(Promise)
  })
})
