import type { EpochSeconds } from '../model/access.ts'
import { nameOfError } from '../model/store-error.ts'

/** One write, which may be made any number of times with the same outcome. */
export interface Write {
  write(): Promise<unknown>
  /** It was made once, and there is no other attempt that may still arrive. */
  settled?(): void
}

/** What a flusher is made of. */
export interface FlusherParts {
  /** Takes out the next write of a flush; undefined: that was all. `isFirst` for the first that is asked of a flush. */
  readonly next: (isFirst: boolean) => Write | undefined
  readonly now: () => EpochSeconds
  /** After a failure nothing is tried for so long. */
  readonly retrySeconds: number
  /** Told why a flush ended, once for each outage; `isLost`: no store will ever take the write. */
  readonly failed: (what: string, isLost: boolean) => void
}

/** Writes one after the other, one flush at a time. */
export interface Flusher {
  /** Whether a write has failed, or has not ended yet. */
  readonly isStuck: boolean
  /** When the last flush ended. */
  readonly endedAt: EpochSeconds
  /** Whether a flush may begin: none is under way, and the last one has ended long enough ago. */
  isFree(at: EpochSeconds): boolean
  /** Begins a flush, of so many writes at most. Never rejects. */
  begin(most: number): Promise<void>
  /** Waits for the flush that is under way, and makes another one, of all that there is. Never rejects. */
  finish(): Promise<void>
}

/** Some stores take one write of an entry a second. */
const REST_SECONDS = 1
/** On a host that ends with the reply a flush may never end: after so long it is taken for lost. */
const FLUSH_SECONDS = 60

interface Flight {
  readonly since: EpochSeconds
  readonly ended: Promise<void>
}

/**
 * A write that fails is repeated as it was before anything else is written, so that what arrives late, or was done
 * although no answer came, is what is there anyway.
 */
export function flusher({ next, now, retrySeconds, failed }: FlusherParts): Flusher {
  let stuck: Write | undefined
  let flight: Flight | undefined
  let endedAt = Number.NEGATIVE_INFINITY
  let restSeconds = REST_SECONDS
  let isFailing = false

  function isUnderWay(at: EpochSeconds): boolean {
    return flight !== undefined && Math.abs(at - flight.since) < FLUSH_SECONDS
  }

  async function flush(isCurrent: () => boolean, most: number): Promise<void> {
    let asked = 0
    for (let done = 0; done < most; done++) {
      const isFirst = stuck === undefined
      const write = stuck ?? next(asked++ === 0)
      if (!write) return
      stuck = write
      await write.write()
      // Meanwhile this flush was taken for lost, and another one repeats its write and goes on.
      if (!isCurrent()) return
      stuck = undefined
      isFailing = false
      if (isFirst) write.settled?.()
    }
  }

  function refused(error: unknown): void {
    const { name, message } = Object(error) as Partial<Error>
    const isLost = name !== 'StoreError'
    if (isLost) stuck = undefined
    if (!isFailing || isLost) failed(isLost ? nameOfError(error) : String(message), isLost)
    isFailing = true
  }

  function begin(most: number): Promise<void> {
    // A turn later: a store that answers at once must not keep the request that began this.
    const ended = Promise.resolve()
      .then(() => flush(isCurrent, most))
      .then(
        () => end(REST_SECONDS),
        (error: unknown) => {
          if (isCurrent()) refused(error)
          end(retrySeconds)
        },
      )
    const current: Flight = { since: now(), ended }
    flight = current
    return ended

    function isCurrent(): boolean {
      return flight === current
    }
    function end(rest: number): void {
      if (!isCurrent()) return
      flight = undefined
      endedAt = now()
      restSeconds = rest
    }
  }

  return {
    get isStuck() {
      return stuck !== undefined
    },
    get endedAt() {
      return endedAt
    },
    // Distances, so that a clock that was set back keeps nothing waiting until it has caught up.
    isFree: (at) => !isUnderWay(at) && Math.abs(at - endedAt) >= restSeconds,
    begin,
    async finish() {
      while (isUnderWay(now())) await flight?.ended
      await begin(Number.POSITIVE_INFINITY)
    },
  }
}
