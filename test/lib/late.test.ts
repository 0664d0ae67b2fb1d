import { describe, expect, test } from 'vitest'
import { lateOpened, openedAtNeed } from '../../src/lib/late.ts'

function opening(...outcomes: readonly (string | Error)[]) {
  const opener = { opened: 0, clock: 1000 }
  const open = async () => {
    const outcome = outcomes[opener.opened++]
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return { opener, open, now: () => opener.clock }
}

function withOutcomes(...outcomes: readonly (string | Error)[]) {
  const { opener, open, now } = opening(...outcomes)
  return { opener, get: lateOpened(open, now) }
}

describe('what is opened late', () => {
  test('is opened once, before anybody asks, and given at once from then on', async () => {
    const { opener, get } = withOutcomes('store')
    expect(opener.opened).toBe(1)
    expect(await get()).toBe('store')
    opener.clock += 60
    expect(get()).toBe('store')
    expect(opener.opened).toBe(1)
  })

  test('fails as its opening did, and is not opened again for 5 s', async () => {
    const { opener, get } = withOutcomes(new Error('down'), 'store')
    await expect(get()).rejects.toThrow('down')
    opener.clock += 4.9
    await expect(get()).rejects.toThrow('down')
    expect(opener.opened).toBe(1)
  })

  test('is opened again by the first who asks after 5 s, once for all who ask meanwhile', async () => {
    const { opener, get } = withOutcomes(new Error('down'), 'store')
    await expect(get()).rejects.toThrow('down')
    opener.clock += 5
    expect(await Promise.all([get(), get(), get()])).toEqual(['store', 'store', 'store'])
    expect(opener.opened).toBe(2)
  })

  test('is spared for 5 s after each failure, also where the clock was set back', async () => {
    const { opener, get } = withOutcomes(new Error('first'), new Error('second'), 'store')
    await expect(get()).rejects.toThrow('first')
    opener.clock += 5
    await expect(get()).rejects.toThrow('second')
    await expect(get()).rejects.toThrow('second')
    opener.clock -= 3600
    expect(await get()).toBe('store')
    expect(opener.opened).toBe(3)
  })

  test('or at need, is opened by the first call, once for all, and again after a failure', async () => {
    const { opener, open, now } = opening(new Error('down'), 'store')
    const get = openedAtNeed(open, now)
    expect(opener.opened).toBe(0)
    await expect(Promise.all([get(), get()])).rejects.toThrow('down')
    expect(opener.opened).toBe(1)
    opener.clock += 5
    expect(await get()).toBe('store')
    expect(get()).toBe('store')
    expect(opener.opened).toBe(2)
  })
})
