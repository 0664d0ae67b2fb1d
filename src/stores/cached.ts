import { inTime } from '../lib/in-time.ts'
import type { Maybe } from '../lib/maybe.ts'
import { isLater } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, Reader } from '../model/ports.ts'

export interface CachedOptions {
  /** How old an entry may be that is given while the store answers. */
  readonly cacheSeconds: number
  /** For how much longer it may be given while the store does not. */
  readonly staleSeconds: number
  /** Default 10,000. */
  readonly maxEntries?: number
  /**
   * Whether an id proves by itself that it was issued here. That such an entry is missing is never remembered: it was
   * deleted, which costs one look-up a request, or is not seen yet, and then must be found as soon as it is.
   */
  readonly isSelfAuthenticating?: (id: string) => boolean
  readonly now?: () => EpochSeconds
}

/** A reader that remembers. */
export interface CachedReader extends Reader {
  /** What was read within a second, else what is there now: for who has reason to think that an entry was changed. */
  getAnew(id: string): Maybe<Entry | undefined>
  /** What this process has changed itself must not wait for its age. */
  forget(id: string): void
}

/** `entry` undefined: it is missing. */
interface Known {
  readonly entry: Entry | undefined
  readonly readAt: EpochSeconds
}

/** An entry that is younger than that is not read anew. */
const NEW_SECONDS = 1
/** After a call that failed, a store is spared for so long where there is something to give instead. */
const RETRY_SECONDS = 5
/** A read that another request began may end with that request (Workers): then each asks for itself. */
const SHARED_MILLISECONDS = 1000

/**
 * A store's entries, remembered for a bounded time.
 *
 * Consistency: what is given is at most `cacheSeconds` old, counted from before it was asked for, and `staleSeconds` more
 * only while the store fails; past that the failure is told. Many requests for one id ask the store once.
 * Limits: `maxEntries`; the one that was read longest ago makes room. A miss counts as an entry.
 * Cost: a known entry is a look-up in a `Map`, with no waiting.
 */
export function cached(reader: Reader, options: CachedOptions): CachedReader {
  const { cacheSeconds, staleSeconds, maxEntries = 10_000, isSelfAuthenticating = () => false } = options
  const now = options.now ?? (() => Date.now() / 1000)
  const known = new Map<string, Known>()
  // It stays where it is: from the beginning it would step over all that is gone, each time.
  const oldest = known.keys()
  const flights = new Map<string, Promise<Entry | undefined>>()
  let failedAt = Number.NEGATIVE_INFINITY

  function remember(id: string, entry: Entry | undefined, readAt: EpochSeconds): Entry | undefined {
    known.delete(id)
    if (entry === undefined && isSelfAuthenticating(id)) return undefined
    if (known.size >= maxEntries) known.delete(oldest.next().value as string)
    if (maxEntries > 0 && cacheSeconds + staleSeconds > 0) known.set(id, { entry, readAt })
    return entry
  }

  /** What is not too old. Where the clock went back nobody knows how old a thing is. */
  function younger(id: string, seconds: number): Known | undefined {
    const kept = known.get(id)
    if (!kept) return undefined
    const age = now() - kept.readAt
    return age >= 0 && age < seconds ? kept : undefined
  }

  /** What may be given although the store was not asked, or did not answer. */
  function stale(id: string): Known | undefined {
    return younger(id, cacheSeconds + staleSeconds)
  }

  function orStale(id: string, error: unknown): Entry | undefined {
    failedAt = now()
    const kept = stale(id)
    if (!kept) throw error
    return kept.entry
  }

  function ask(id: string): Maybe<Entry | undefined> {
    const readAt = now()
    try {
      const found = reader.get(id)
      return isLater(found) ? fly(id, found, readAt) : remember(id, found, readAt)
    } catch (error) {
      return orStale(id, error)
    }
  }

  function fly(id: string, found: Promise<Entry | undefined>, readAt: EpochSeconds): Promise<Entry | undefined> {
    const flight: Promise<Entry | undefined> = found
      .then(
        // Where it was forgotten meanwhile, it may have been read before the change.
        (entry) => (flights.get(id) === flight ? remember(id, entry, readAt) : entry),
        (error: unknown) => orStale(id, error),
      )
      .finally(() => {
        if (flights.get(id) === flight) flights.delete(id)
      })
    flights.set(id, flight)
    return flight
  }

  async function join(id: string, flight: Promise<Entry | undefined>): Promise<Entry | undefined> {
    try {
      return await inTime(flight, SHARED_MILLISECONDS)
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error
      return ask(id)
    }
  }

  function find(id: string, seconds: number): Maybe<Entry | undefined> {
    const kept = younger(id, seconds)
    if (kept) return kept.entry
    const flight = flights.get(id)
    if (flight) return join(id, flight)
    const spared = Math.abs(now() - failedAt) < RETRY_SECONDS ? stale(id) : undefined
    return spared ? spared.entry : ask(id)
  }

  return {
    get: (id) => find(id, cacheSeconds),
    getAnew: (id) => find(id, Math.min(cacheSeconds, NEW_SECONDS)),
    forget(id) {
      known.delete(id)
      flights.delete(id)
    },
  }
}
