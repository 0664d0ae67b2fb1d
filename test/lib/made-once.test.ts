import { expect, it } from 'vitest'
import { madeOnce } from '../../src/lib/made-once.ts'

it('makes at the first use, once for all who ask meanwhile', async () => {
  let times = 0
  const made = madeOnce(async () => ++times)
  expect(times).toBe(0)
  expect(await Promise.all([made(), made()])).toEqual([1, 1])
  expect(await made()).toBe(1)
})

it('tries again what failed', async () => {
  let times = 0
  const made = madeOnce(async () => {
    if (++times === 1) throw new RangeError('not yet')
    return times
  })
  await expect(Promise.all([made(), made()])).rejects.toThrow('not yet')
  expect(await made()).toBe(2)
})
