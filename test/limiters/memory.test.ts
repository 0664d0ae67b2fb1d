import { describe, expect, it } from 'vitest'
import { memory } from '../../src/limiters/memory.ts'
import { limiterContract } from './contract.ts'

const OF_THE_PROCESS = 'it is part of the process'

describe('memory', () => {
  limiterContract(
    async () => {
      const limiter = memory()
      return { limiter, other: limiter, stop: async () => undefined }
    },
    {
      'tells that it is down': OF_THE_PROCESS,
      'tells that it is slow': OF_THE_PROCESS,
      'tells that it is busy': OF_THE_PROCESS,
    },
  )

  const quota = (id: string, startsAt: number) => ({ id, requests: 9, startsAt, endsAt: startsAt + 60 })

  it('answers at once', () => {
    expect(memory().take([quota('key:a/60s', 0)], 0)).toEqual({ allowed: true, remaining: [8] })
  })

  it('holds so many counters and no more: it refuses to count what it could not remember', () => {
    const limiter = memory({ mostCounters: 2 })
    for (const id of ['a', 'b']) limiter.take([quota(id, 0)], 0)
    const full = expect.objectContaining({ trouble: 'full', message: expect.stringContaining('2 counters') })
    expect(() => limiter.take([quota('c', 0)], 30)).toThrow(full)
    expect(() => limiter.take([quota('a', 0), quota('c', 0)], 30)).toThrow(full)
    expect(limiter.take([quota('a', 0), quota('b', 0)], 30)).toEqual({ allowed: true, remaining: [7, 7] })
  })

  it('takes back the room of counters whose window is over', () => {
    const limiter = memory({ mostCounters: 2 })
    for (const id of ['a', 'b']) limiter.take([quota(id, 0)], 0)
    expect(limiter.take([quota('c', 120), quota('d', 120)], 120)).toMatchObject({ allowed: true })
  })
})
