import type { Latchkey } from '../../src/build.ts'

const FLUSH_MILLISECONDS = 10_000

/**
 * What a process does beside its requests: writes usage, and tells keys and slots that end soon. No timer keeps the process
 * alive. Gives what ends it: what is still held is written.
 */
export function startChores(latchkey: Latchkey): () => Promise<void> {
  const flush = () => latchkey.equipped?.recorder?.flush()
  const timers = [setInterval(() => void flush(), FLUSH_MILLISECONDS)]
  for (const timer of timers) timer.unref()
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await flush()
    await latchkey.sink.flush?.()
  }
}
