import { lateOpened } from '../lib/late.ts'
import { after } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Limiter } from '../model/ports.ts'

/**
 * A limiter that is still being opened, as one that is there; where it could not be opened, every call fails so, and one
 * after 5 s opens again.
 */
export function late(open: () => Promise<Limiter>, now: () => EpochSeconds): Limiter {
  const limiter = lateOpened(open, now)
  return { take: (quotas, at) => after(limiter(), (opened) => opened.take(quotas, at)) }
}
