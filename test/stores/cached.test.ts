import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Maybe } from '../../src/lib/maybe.ts'
import type { Entry, Reader, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { CachedOptions } from '../../src/stores/cached.ts'
import { cached } from '../../src/stores/cached.ts'
import { memory } from '../../src/stores/memory.ts'

const DOWN = new StoreError('memory', 'down', 'the test says so')

describe('cached', () => {
  let at: number
  let store: Store
  /** The ids that the store was asked for, in order. */
  let asked: string[]
  let answer: (id: string) => Maybe<Entry | undefined>

  beforeEach(async () => {
    at = 1000
    store = memory()
    asked = []
    answer = (id) => store.get(id)
    await store.put('key:a', 'one')
  })

  const reader: Reader = {
    get(id) {
      asked.push(id)
      return answer(id)
    },
  }
  const over = (options: Partial<CachedOptions> = {}) =>
    cached(reader, { cacheSeconds: 10, staleSeconds: 60, now: () => at, ...options })
  const fail = () => {
    throw DOWN
  }

  it('asks the store once while an entry is young', async () => {
    const cache = over()
    expect(await cache.get('key:a')).toMatchObject({ value: 'one' })
    await store.put('key:a', 'two')
    at += 9.9
    expect(await cache.get('key:a')).toMatchObject({ value: 'one' })
    expect(asked).toEqual(['key:a'])
    at += 0.1
    expect(await cache.get('key:a')).toMatchObject({ value: 'two' })
  })

  it('gives what it knows at once, whatever the store takes', async () => {
    answer = async (id) => store.get(id)
    const cache = over()
    expect(cache.get('key:a')).toBeInstanceOf(Promise)
    await cache.get('key:a')
    expect(cache.get('key:a')).toMatchObject({ value: 'one' })
  })

  it('counts age from before the store was asked', async () => {
    answer = async (id) => {
      at += 4
      return store.get(id)
    }
    const cache = over()
    await cache.get('key:a')
    at += 5.9
    expect(asked).toHaveLength(1)
    await cache.get('key:a')
    expect(asked).toHaveLength(1)
    at += 0.1
    await cache.get('key:a')
    expect(asked).toHaveLength(2)
  })

  it('does not take an entry for young when the clock went back', async () => {
    const cache = over()
    await cache.get('key:a')
    at -= 5000
    await store.put('key:a', 'two')
    expect(await cache.get('key:a')).toMatchObject({ value: 'two' })
  })

  it('asks once for many requests at a time, and each id by itself', async () => {
    await store.put('key:b', 'two')
    const waiting: (() => void)[] = []
    answer = (id) => new Promise((resolve) => waiting.push(() => resolve(store.get(id))))
    const cache = over()
    const reads = ['key:a', 'key:a', 'key:b', 'key:a'].map((id) => cache.get(id))
    expect(asked).toEqual(['key:a', 'key:b'])
    for (const go of waiting) go()
    expect((await Promise.all(reads)).map((entry) => entry?.value)).toEqual(['one', 'one', 'two', 'one'])
  })

  it('asks for itself where another request’s call never ends', async () => {
    answer = () => new Promise(() => undefined)
    vi.useFakeTimers()
    try {
      const cache = over()
      void cache.get('key:a')
      const waits = cache.get('key:a')
      answer = (id) => store.get(id)
      await vi.advanceTimersByTimeAsync(1000)
      expect(await waits).toMatchObject({ value: 'one' })
      expect(asked).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('tells every request that waits that the store failed', async () => {
    answer = async () => fail()
    const cache = over()
    const reads = await Promise.allSettled([cache.get('key:a'), cache.get('key:a')])
    expect(reads.map((read) => (read as PromiseRejectedResult).reason)).toEqual([DOWN, DOWN])
    answer = (id) => store.get(id)
    expect(await cache.get('key:a')).toMatchObject({ value: 'one' })
  })

  it.each([
    ['at once', fail],
    ['later', async () => fail()],
  ])('gives what is stale while the store fails %s, within the bound and not past it', async (_, failing) => {
    const cache = over()
    await cache.get('key:a')
    answer = failing
    at += 69.9
    expect(await cache.get('key:a')).toMatchObject({ value: 'one' })
    at += 0.1
    await expect(async () => cache.get('key:a')).rejects.toBe(DOWN)
  })

  it('gives nothing stale while the store answers', async () => {
    const cache = over()
    await cache.get('key:a')
    await store.delete('key:a')
    at += 10
    expect(await cache.get('key:a')).toBeUndefined()
    answer = fail
    await expect(async () => over().get('key:a')).rejects.toBe(DOWN)
  })

  it('spares a store that fails for 5 seconds where there is something to give', async () => {
    const cache = over()
    await cache.get('key:a')
    answer = fail
    for (const seconds of [10, 1, 3, 1]) {
      at += seconds
      await cache.get('key:a')
    }
    expect(asked).toHaveLength(3)
    await expect(async () => cache.get('key:never-seen')).rejects.toBe(DOWN)
  })

  it('remembers that an entry is missing no longer than an entry', async () => {
    const cache = over()
    expect(await cache.get('import:x')).toBeUndefined()
    await store.put('import:x', 'one')
    at += 9
    expect(await cache.get('import:x')).toBeUndefined()
    at += 1
    expect(await cache.get('import:x')).toMatchObject({ value: 'one' })
  })

  it('never remembers that an entry is missing whose id proves itself', async () => {
    const cache = over({ isSelfAuthenticating: (id) => id.startsWith('key:') })
    expect(await cache.get('key:new')).toBeUndefined()
    await store.put('key:new', 'one')
    expect(await cache.get('key:new')).toMatchObject({ value: 'one' })
    await store.delete('key:new')
    at += 10
    expect(await cache.get('key:new')).toBeUndefined()
    answer = fail
    await expect(async () => cache.get('key:new')).rejects.toBe(DOWN)
  })

  it('forgets what it is told to', async () => {
    const cache = over()
    await cache.get('key:a')
    await store.put('key:a', 'two')
    cache.forget('key:a')
    expect(await cache.get('key:a')).toMatchObject({ value: 'two' })
  })

  it('does not remember what was read before it was told to forget', async () => {
    let go = (): void => undefined
    answer = (id) => {
      const entry = store.get(id)
      return new Promise((resolve) => {
        go = () => resolve(entry)
      })
    }
    const cache = over()
    const early = cache.get('key:a')
    await store.put('key:a', 'two')
    cache.forget('key:a')
    answer = (id) => store.get(id)
    go()
    await early
    expect(await cache.get('key:a')).toMatchObject({ value: 'two' })
  })

  it('holds no more entries than it may', async () => {
    const cache = over({ maxEntries: 3 })
    for (const id of ['key:1', 'key:2', 'key:3', 'key:4', 'key:2']) await cache.get(id)
    expect(asked).toEqual(['key:1', 'key:2', 'key:3', 'key:4'])
    await cache.get('key:1')
    expect(asked).toHaveLength(5)
  })

  it('remembers nothing where nothing may be remembered', async () => {
    const cache = over({ cacheSeconds: 0, staleSeconds: 0 })
    for (let n = 0; n < 3; n++) await cache.get('key:a')
    expect(asked).toHaveLength(3)
  })
})
