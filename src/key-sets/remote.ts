import type { Maybe } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import type { KeySet } from './keys.ts'
import type { KeySource } from './source.ts'

/** A set as its issuer publishes it. */
export interface PublishedKeys {
  readonly keys: KeySet
  /** How long the issuer says that it may be kept; undefined: nothing is said. */
  readonly maxAgeSeconds: number | undefined
}

export interface RemoteOptions {
  /** Keys that are in `known` too stay those objects. Rejects where the set cannot be had, and in a bounded time. */
  readonly ask: (known: KeySet, at: EpochSeconds) => Promise<PublishedKeys>
  /** How much longer a set counts while its issuer is down. */
  readonly staleSeconds: number
  /** Whether work goes on after the reply. Where it does not, a fetch in the background would be late by all that time. */
  readonly runsLater: boolean
  /** Told of the first failure of a row. */
  readonly failed: (error: unknown) => void
}

/** How long a set counts: as its issuer says, within these two; where he says nothing, the third. */
export const LEAST_KEYS_SECONDS = 60
export const MOST_KEYS_SECONDS = 3600
export const DEFAULT_KEYS_SECONDS = 600

/** From one fetch to the next, while there are keys that count: whoever sends tokens of unknown keys cannot make more. */
const PAUSE_SECONDS = 30
/** And while there are none. */
const RETRY_SECONDS = 5
/** Requests in flight may be judged in another order than they came. */
const CLOCK_SLACK_SECONDS = 1

const DOWN: Refusal = { reason: 'dependency-unavailable', detail: 'the keys of its issuer cannot be had' }

/**
 * The keys of an issuer that publishes them. A set is fetched anew in the background at half of its age, and waited for at
 * the whole: so a key that was withdrawn does not outlive it, however rare requests are. While the issuer is down the set
 * counts for `staleSeconds` more. All requests share one fetch. For a key that is not in the set there is one fetch in 30
 * seconds, counted from the last one for whatever reason; until then the key is known to be unknown.
 */
export function remote({ ask, staleSeconds, runsLater, failed }: RemoteOptions): KeySource {
  let keys: KeySet = new Set()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let lifeSeconds = 0
  let isDown = false
  let flight: Promise<void> | undefined

  /** Starts a fetch where there is none. One that has not ended within the pause was lost with the request that began it. */
  function fetched(at: EpochSeconds, defer: Defer): Promise<void> {
    if (flight && !isOver(askedAt, PAUSE_SECONDS, at)) return flight
    askedAt = at
    const isCurrent = () => flight === started
    const started: Promise<void> = ask(keys, at)
      .then(
        (published) => {
          if (!isCurrent()) return
          keys = published.keys
          fetchedAt = at
          lifeSeconds = withinBounds(published.maxAgeSeconds)
          isDown = false
        },
        (error: unknown) => {
          if (!isCurrent()) return
          if (!isDown) failed(error)
          isDown = true
        },
      )
      .finally(() => {
        if (isCurrent()) flight = undefined
      })
    flight = started
    // Many requests may wait for it, and it must outlive the one that began it.
    defer(started)
    return started
  }

  function isFresh(at: EpochSeconds): boolean {
    return !isOver(fetchedAt, lifeSeconds, at)
  }

  function isGood(at: EpochSeconds): boolean {
    return !isOver(fetchedAt, lifeSeconds + (isDown ? staleSeconds : 0), at)
  }

  return {
    isFailing: () => isDown,
    current(at, defer): Maybe<KeySet | Refusal> {
      if (!isOver(fetchedAt, lifeSeconds / 2, at)) return keys
      const answer = () => (isGood(at) ? keys : DOWN)
      if (isFresh(at) || (isDown && isGood(at))) {
        if (!isOver(askedAt, PAUSE_SECONDS, at)) return keys
        const later = fetched(at, defer)
        return runsLater ? keys : later.then(answer)
      }
      return flight || isOver(askedAt, RETRY_SECONDS, at) ? fetched(at, defer).then(answer) : DOWN
    },
    newer(last, at, defer) {
      const answer = () => (keys !== last ? keys : isDown ? DOWN : undefined)
      if (keys !== last) return keys
      return flight || isOver(askedAt, PAUSE_SECONDS, at) ? fetched(at, defer).then(answer) : answer()
    },
  }
}

/** Whether a span that began once has ended. A clock that was set back ends it, so that nothing lasts until it has caught up. */
function isOver(since: EpochSeconds, seconds: number, at: EpochSeconds): boolean {
  return at >= since + seconds || at < since - CLOCK_SLACK_SECONDS
}

function withinBounds(maxAgeSeconds: number = DEFAULT_KEYS_SECONDS): number {
  return Math.min(Math.max(maxAgeSeconds, LEAST_KEYS_SECONDS), MOST_KEYS_SECONDS)
}
