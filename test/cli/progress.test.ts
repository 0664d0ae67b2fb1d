import { describe, expect, it } from 'vitest'
import { barOf, progress } from '../../src/cli/progress.ts'

function screen(isTTY: boolean) {
  const written: string[] = []
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream
  return { written, stream }
}

describe('a bar', () => {
  it.each([
    [0, 10, `[${'-'.repeat(30)}]   0 %`],
    [5, 10, `[${'#'.repeat(15)}${'-'.repeat(15)}]  50 %`],
    [10, 10, `[${'#'.repeat(30)}] 100 %`],
    [11, 10, `[${'#'.repeat(30)}] 100 %`],
    [0, 0, `[${'#'.repeat(30)}] 100 %`],
  ])('of %i in %i', (done, total, bar) => {
    expect(barOf(done, total)).toBe(bar)
  })
})

describe('progress', () => {
  it('is drawn over itself, no more often than it changes, and wiped away', () => {
    const { written, stream } = screen(true)
    const bar = progress('importing', 1000, stream)
    for (let done = 0; done <= 1000; done++) bar.at(done)
    bar.end()
    expect(written.length).toBeLessThanOrEqual(103)
    expect(written.slice(0, -1).every((text) => text.startsWith('\r'))).toBe(true)
    expect(written.at(-1)).toBe('\r\u001b[K')
  })

  it('is nothing in a file or a pipe', () => {
    const { written, stream } = screen(false)
    const bar = progress('importing', 2, stream)
    bar.at(1)
    bar.end()
    expect(written).toEqual([])
  })
})
