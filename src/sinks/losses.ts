import type { EpochSeconds } from '../model/access.ts'
import type { Sink } from '../model/ports.ts'

/** A receiver that is down for long is told of once in so many seconds. */
const NOTICE_SECONDS = 60

/** Counts what was not delivered, and tells it without flooding the log. */
export interface Losses {
  add(why: string, count?: number): void
  /** Tells at once what was not told yet. */
  tell(): void
}

/** `name` says where it should have gone: without anything that may be a secret. */
export function lossesOf(name: string, notices: Sink, now: () => EpochSeconds): Losses {
  let count = 0
  let reason = ''
  let toldAt = Number.NEGATIVE_INFINITY

  function tell(): void {
    if (count === 0) return
    const events = count === 1 ? '1 event was' : `${count} events were`
    count = 0
    toldAt = now()
    notices.write({ type: 'notice', level: 'error', message: `webhook ${name}: ${events} not delivered (${reason})` })
  }

  return {
    add(why, more = 1) {
      count += more
      reason = why
      if (now() - toldAt >= NOTICE_SECONDS) tell()
    },
    tell,
  }
}
