import type { Access } from '../model/access.ts'
import type { Decision } from '../model/decision.ts'
import type { Defer, Recorder, Sink } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import { knownIn } from './known.ts'

/** More than can be decided until a module of the same deployment is loaded. */
const MOST_WAITING = 1000

/**
 * A recorder of issued keys that no request waits for: it is loaded behind the first decision about one, and what is
 * decided about keys meanwhile waits in its order. Each request that finds some waiting loads for itself, so that one that
 * is cut off takes nothing away from the others.
 */
export function lateRecorder(load: () => Promise<Recorder>, sink: Sink): Recorder {
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
      if (knownIn(decision) && waiting.length < MOST_WAITING) waiting.push([decision, access])
      if (waiting.length > 0) defer(catchUp(defer))
    },
    async flush() {
      if (waiting.length > 0) await catchUp(() => undefined)
      await recorder?.flush()
    },
  }
}
