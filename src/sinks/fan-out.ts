import type { LatchkeyEvent } from '../model/event.ts'
import type { Defer, Sink } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'

/** Writes every event to all of them. One that throws, against its port, harms no other; the others are told once. */
export function fanOut(sinks: readonly Sink[]): Required<Sink> {
  const failed = new Set<Sink>()

  function write(event: LatchkeyEvent, defer?: Defer): void {
    for (const sink of sinks) {
      try {
        sink.write(event, defer)
      } catch (error) {
        failedOnce(sink, error, defer)
      }
    }
  }

  function failedOnce(sink: Sink, error: unknown, defer: Defer | undefined): void {
    if (failed.has(sink)) return
    failed.add(sink)
    write({ type: 'notice', level: 'error', message: `a sink of events failed: ${nameOfError(error)}` }, defer)
  }

  return {
    write,
    async flush() {
      await Promise.allSettled(sinks.map(async (sink) => sink.flush?.()))
    },
  }
}
