import type { Latchkey } from '../../src/build.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import { tellNearExpiry } from '../../src/near-expiry.ts'

const FLUSH_MILLISECONDS = 10_000
const NEAR_EXPIRY_MILLISECONDS = 3_600_000

/**
 * What a process does beside its requests: writes usage, and tells keys and slots that end soon. No timer keeps the process
 * alive. Gives what ends it: what is still held is written.
 */
export function startChores(latchkey: Latchkey, now: () => EpochSeconds): () => Promise<void> {
  const flush = () => latchkey.equipped?.recorder?.flush()
  const tell = () => void tellNearExpiry(latchkey, now())
  const timers = [setInterval(() => void flush(), FLUSH_MILLISECONDS), setInterval(tell, NEAR_EXPIRY_MILLISECONDS)]
  for (const timer of timers) timer.unref()
  tell()
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await flush()
    await latchkey.sink.flush?.()
  }
}
