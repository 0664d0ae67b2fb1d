import { beforeEach, describe, expect, test } from 'vitest'
import { lateRecorder } from '../../src/keys/late-recorder.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { Recorder } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { allowed, GivenHost, keyId, matchOf, notAccepted } from './recorder-given.ts'

/** What was loaded, how often, and what it was told, in its order. */
function loadingOf(...failures: readonly Error[]) {
  const told: Decision[] = []
  const loading = { count: 0, told, flushed: 0, load }
  const recorder: Recorder = {
    record: (decision) => void told.push(decision),
    flush: async () => void loading.flushed++,
  }
  async function load(): Promise<Recorder> {
    const failure = failures[loading.count++]
    if (failure) throw failure
    return recorder
  }
  return loading
}

const KEY = (number: number) => allowed({ subject: keyId(number) })
const STATIC: Decision = allowed({ kind: 'static-token' })
const STRANGER: Decision = {
  allow: false,
  refusal: { reason: 'token-unknown' },
  principal: undefined,
  match: matchOf('/*'),
}
const MISSING = Object.assign(new Error('of a file that is secret'), { code: 'ERR_MODULE_NOT_FOUND' })

let host: GivenHost
let sink: ReturnType<typeof memorySink>

beforeEach(() => {
  host = new GivenHost()
  sink = memorySink()
})

describe('a recorder that is loaded late', () => {
  test('is loaded for the first decision about a key, accepted or not, and for no other', async () => {
    for (const first of [KEY(1), notAccepted('token-revoked')]) {
      const loading = loadingOf()
      const recorder = lateRecorder(loading.load, sink)
      for (const decision of [STATIC, STRANGER]) host.record(recorder, decision)
      expect([loading.count, host.work.length]).toEqual([0, 0])
      host.record(recorder, first)
      await host.settled()
      expect([loading.count, loading.told]).toEqual([1, [first]])
    }
  })

  test('tells what was decided meanwhile, in its order, and once', async () => {
    const loading = loadingOf()
    const recorder = lateRecorder(loading.load, sink)
    for (const number of [1, 2, 3]) host.record(recorder, KEY(number))
    expect(loading.told).toEqual([])
    await host.settled()
    expect(loading.told).toEqual([KEY(1), KEY(2), KEY(3)])
  })

  test('is told everything at once from then on: what is due is written behind any request', async () => {
    const loading = loadingOf()
    const recorder = lateRecorder(loading.load, sink)
    host.record(recorder, KEY(1))
    await host.settled()
    for (const decision of [STATIC, KEY(2)]) host.record(recorder, decision)
    expect([loading.told, loading.count]).toEqual([[KEY(1), STATIC, KEY(2)], 1])
  })

  test('loses nothing where it cannot be loaded at first, and tells of that once, without its message', async () => {
    const loading = loadingOf(MISSING, MISSING)
    const recorder = lateRecorder(loading.load, sink)
    host.record(recorder, KEY(1))
    await host.settled()
    host.record(recorder, KEY(2))
    await host.settled()
    expect(loading.told).toEqual([])
    const message = 'usage of keys is not counted: Error ERR_MODULE_NOT_FOUND'
    expect(sink.events).toEqual([{ type: 'notice', level: 'error', message }])
    // Something waits, so that whoever comes next loads it.
    host.record(recorder, STATIC)
    await host.settled()
    expect(loading.told).toEqual([KEY(1), KEY(2)])
  })

  test('keeps a bounded number waiting', async () => {
    const loading = loadingOf()
    const recorder = lateRecorder(loading.load, sink)
    for (let number = 0; number < 1100; number++) host.record(recorder, KEY(number))
    await host.settled()
    expect(loading.told).toHaveLength(1000)
    expect(loading.told[999]).toEqual(KEY(999))
  })

  test('rejects nothing on a host that waits for nothing', async () => {
    const recorder = lateRecorder(loadingOf(MISSING).load, sink)
    const rejected: unknown[] = []
    const listener = (error: unknown) => rejected.push(error)
    process.on('unhandledRejection', listener)
    recorder.record(KEY(1), {} as never, () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect([rejected, sink.events.length]).toEqual([[], 1])
  })

  test('is loaded at the end of a process only where something waits', async () => {
    const [idle, waiting] = [loadingOf(), loadingOf()]
    await lateRecorder(idle.load, sink).flush()
    const recorder = lateRecorder(waiting.load, sink)
    recorder.record(KEY(1), {} as never, () => undefined)
    await recorder.flush()
    expect([idle.count, waiting.told, waiting.flushed]).toEqual([0, [KEY(1)], 1])
  })
})
