import { expect, it, onTestFinished, vi } from 'vitest'
import { inTime } from '../../src/lib/in-time.ts'

const never = new Promise<string>(() => undefined)

it('gives what is there in time', async () => {
  await expect(inTime(Promise.resolve('here'), 1000)).resolves.toBe('here')
})

it('passes on what fails in time', async () => {
  await expect(inTime(Promise.reject(new Error('down')), 1000)).rejects.toThrow('down')
})

it('is a TimeoutError where nothing is there in time', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const given = inTime(never, 1000).catch((error: Error) => error.name)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await given).toBe('TimeoutError')
})

it('waits on after a pause of the whole process', async () => {
  let arrive: ((text: string) => void) | undefined
  const given = inTime(new Promise<string>((resolve) => (arrive = resolve)), 100)
  const wakesAt = Date.now() + 300
  while (Date.now() < wakesAt);
  // Timers that are due go first, those of the pause among them.
  setTimeout(() => arrive?.('here'), 5)
  await expect(given).resolves.toBe('here')
})

it('leaves no timer behind', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  await inTime(Promise.resolve('here'), 1000)
  expect(vi.getTimerCount()).toBe(0)
})
