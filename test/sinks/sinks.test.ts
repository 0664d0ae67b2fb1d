import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NoticeEvent } from '../../src/model/event.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { memorySink } from '../../src/sinks/memory.ts'

const notice: NoticeEvent = { type: 'notice', level: 'warn', message: 'two\nlines "quoted"' }

describe('consoleSink', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('writes one line of JSON an event', () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()
    consoleSink().write(notice)
    expect(log).toHaveBeenCalledTimes(1)
    const line = log.mock.calls[0]?.[0] as string
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toEqual(notice)
  })
})

describe('memorySink', () => {
  it('keeps events in order', () => {
    const sink = memorySink()
    sink.write(notice)
    sink.write({ ...notice, level: 'error' })
    expect(sink.events).toEqual([notice, { ...notice, level: 'error' }])
  })

  it('keeps the newest of so many', () => {
    const sink = memorySink(2)
    for (const message of ['a', 'b', 'c']) sink.write({ ...notice, message })
    expect(sink.events).toMatchObject([{ message: 'b' }, { message: 'c' }])
  })
})
