import { describe, expect, it } from 'vitest'
import * as maybe from '../../src/lib/maybe.ts'

describe('after', () => {
  it('goes on at once where the value is there', () => {
    expect(maybe.after(1, (value) => value + 1)).toBe(2)
  })

  it('goes on later where the value is still to come', async () => {
    const result = maybe.after(Promise.resolve(1), (value) => value + 1)
    expect(maybe.isLater(result)).toBe(true)
    expect(await result).toBe(2)
  })

  it('passes a failure on', async () => {
    await expect(maybe.after(Promise.reject(new Error('down')), () => 1)).rejects.toThrow('down')
  })
})

describe('mapMaybe', () => {
  it('gives a list at once where every result is there', () => {
    expect(maybe.mapMaybe([1, 2, 3], (item) => item * 2)).toEqual([2, 4, 6])
  })

  it('gives one promise, in order, where any result is still to come', async () => {
    const results = maybe.mapMaybe([1, 2, 3], (item) => (item === 2 ? Promise.resolve(4) : item * 2))
    expect(maybe.isLater(results)).toBe(true)
    expect(await results).toEqual([2, 4, 6])
  })

  it('asks for all before it waits for any', async () => {
    const asked: number[] = []
    const results = maybe.mapMaybe([1, 2, 3], async (item) => asked.push(item))
    expect(asked).toEqual([1, 2, 3])
    await results
  })

  it('gives an empty list at once', () => {
    expect(maybe.mapMaybe([], () => Promise.resolve(1))).toEqual([])
  })
})

describe('isLater', () => {
  it.each([
    [undefined, false],
    [null, false],
    ['then', false],
    [{}, false],
    [Promise.resolve(), true],
  ])('%o: %j', (value, expected) => {
    expect(maybe.isLater<unknown>(value)).toBe(expected)
  })
})
