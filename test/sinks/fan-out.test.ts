import { describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../src/model/ports.ts'
import { fanOut } from '../../src/sinks/fan-out.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { REVOKED } from './given.ts'

const failing: Sink = {
  write() {
    throw new TypeError('with something that nobody may read')
  },
  flush: () => Promise.reject(new Error('no')),
}

describe('a fan-out', () => {
  test('writes every event to all sinks, with what keeps their work alive', () => {
    const writes = [vi.fn(), vi.fn()]
    const defer = () => undefined
    fanOut(writes.map((write) => ({ write }))).write(REVOKED, defer)
    for (const write of writes) expect(write.mock.calls).toEqual([[REVOKED, defer]])
  })

  test('in which a sink throws writes to the others, and tells them so once', () => {
    const [before, behind] = [memorySink(), memorySink()]
    const all = fanOut([before, failing, behind])
    all.write(REVOKED)
    all.write(REVOKED)
    const notice = { type: 'notice', level: 'error', message: 'a sink of events failed: TypeError' }
    expect(before.events).toEqual([REVOKED, notice, REVOKED])
    expect(behind.events).toEqual([notice, REVOKED, REVOKED])
  })

  test('in which all sinks throw does not throw', () => {
    expect(() => fanOut([failing, { ...failing }]).write(REVOKED)).not.toThrow()
  })

  test('flushes all that can be flushed, and does not reject', async () => {
    const flush = vi.fn(async () => undefined)
    await expect(fanOut([failing, memorySink(), { write: () => undefined, flush }]).flush()).resolves.toBeUndefined()
    expect(flush).toHaveBeenCalledTimes(1)
  })
})
