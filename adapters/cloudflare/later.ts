import type { Access } from '../../src/model/access.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { Defer, Recorder, Sink, Store } from '../../src/model/ports.ts'
import { nameOfError } from '../../src/model/store-error.ts'

/**
 * What a request need not wait for, or only some bindings need, is loaded when it is asked for first. Each request that
 * finds nothing loads for itself: one that is cut off takes nothing away from the others.
 */

/** A store whose driver is loaded by the first call. */
export function storeLater(load: () => Promise<Store>): Store {
  let store: Store | undefined
  const loaded = async () => (store ??= await load())

  return {
    get: async (id) => (await loaded()).get(id),
    put: async (...given) => (await loaded()).put(...given),
    delete: async (...given) => (await loaded()).delete(...given),
    list: async (query) => (await loaded()).list(query),
  }
}

/** More than can be decided until a module of the same bundle is loaded. */
const MOST_WAITING = 1000

/** A recorder that is loaded behind the first decision. What is decided meanwhile waits for it, in its order. */
export function recorderLater(load: () => Promise<Recorder>, sink: Sink): Recorder {
  let recorder: Recorder | undefined
  const waiting: (readonly [Decision, Access])[] = []
  let hasFailed = false

  async function catchUp(defer: Defer): Promise<void> {
    try {
      const loaded = await load()
      recorder ??= loaded
      for (const [decision, access] of waiting.splice(0)) recorder.record(decision, access, defer)
    } catch (error) {
      if (hasFailed) return
      hasFailed = true
      sink.write({ type: 'notice', level: 'error', message: `usage of keys is not counted: ${nameOfError(error)}` })
    }
  }

  return {
    record(decision, access, defer) {
      if (recorder) return recorder.record(decision, access, defer)
      if (waiting.length < MOST_WAITING) waiting.push([decision, access])
      defer(catchUp(defer))
    },
    async flush() {
      await recorder?.flush()
    },
  }
}
