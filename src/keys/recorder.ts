import { timestamps } from '../lib/time.ts'
import type { Access, EpochSeconds } from '../model/access.ts'
import type { Decision } from '../model/decision.ts'
import type { KeyEvent } from '../model/event.ts'
import type { Defer, Recorder, Sink, Store } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import { nameOfError } from '../model/store-error.ts'
import type { Held } from './counter.ts'
import { counter } from './counter.ts'
import { flusher } from './flusher.ts'
import type { Known } from './known.ts'
import { knownIn } from './known.ts'
import type { KeyLog } from './log.ts'
import type { AddressText } from './refusals.ts'
import { refusalBuffer } from './refusals.ts'
import { usageWrites } from './writes.ts'

/** What a recorder is made of. */
export interface RecorderParts {
  readonly store: Store
  /** Told of an old secret that is used, of a key that is used after its end, and of usage that cannot be written. */
  readonly sink: Sink
  readonly now: () => EpochSeconds
  /** Fills so many bytes from the runtime's own cryptographic generator. */
  readonly random: (bytes: number) => Uint8Array
  /** Names this process among those that write, base62. Default: drawn at the first use. */
  readonly writer?: string
  /** What was counted is written at the first request after so long. Default 10. */
  readonly flushSeconds?: number
  /** Or after so many requests, but no sooner than a second after the last time. Default 1,000. */
  readonly flushEvents?: number
  /** Where refusals are kept; absent: nowhere. */
  readonly log?: KeyLog
  /** How the log writes addresses. Default: not at all. */
  readonly addressOf?: AddressText
  /**
   * Waits in work that outlives the reply, where the host lets it: then what was counted is written after `flushSeconds`
   * even where no other request comes. Absent: nothing waits.
   */
  readonly wait?: (seconds: number) => Promise<void>
}

const FLUSH_SECONDS = 10
const FLUSH_EVENTS = 1000
/** A request on a Worker's free plan may ask other services 50 times, and some of these ask twice. */
const MOST_WRITES = 20
const HOUR_SECONDS = 3600
const MOST_TOLD = 10_000

/**
 * Counts what is decided about issued keys, and writes it together, off the request's path. What is not written yet is
 * lost with the process: docs/usage.md tells how much that is.
 */
export function recorder(parts: RecorderParts): Recorder {
  const { sink, now, wait, flushSeconds = FLUSH_SECONDS, flushEvents = FLUSH_EVENTS } = parts
  const timeOf = timestamps()
  const counted = counter()
  const refusals = refusalBuffer(parts.addressOf ?? (() => null))
  const writes = usageWrites(parts, { takeHeld, takeRefusals: refusals.take })
  const flushes = flusher({ next: writes.next, now, retrySeconds: flushSeconds, failed })
  const tellOldSecret = seldom(HOUR_SECONDS)
  const tellExpired = seldom(Number.POSITIVE_INFINITY)
  /** When the first request was counted that is not handed over yet. */
  let since = 0
  let waitingSince = Number.NEGATIVE_INFINITY

  function warn(message: string): void {
    sink.write({ type: 'notice', level: 'warn', message })
  }

  function failed(what: string, isLost: boolean): void {
    warn(`usage of keys could not be written: ${what}${isLost ? '' : '; it is kept and tried again'}`)
  }

  function takeHeld(): readonly Held[] {
    const lost = counted.takeLost()
    if (lost > 0) warn(`usage of keys: ${lost} requests were not counted, as too many keys waited to be written`)
    return counted.take()
  }

  function tell(
    type: KeyEvent['type'],
    { subject, owner, expiresAt }: Principal,
    at: EpochSeconds,
    defer: Defer,
  ): void {
    const until = expiresAt === undefined ? null : timeOf(expiresAt)
    const whose = { keyId: subject, name: null, owner: owner ?? null, actor: null }
    sink.write({ type, time: timeOf(at), ...whose, until, detail: null }, defer)
  }

  function note({ principal, isAccepted }: Known, decision: Decision, access: Access, defer: Defer): void {
    const { at } = access
    const reason = decision.allow ? undefined : decision.refusal.reason
    if (counted.requests === 0) since = at
    const { subject: key, owner = null } = principal
    const held = counted.count({ key, owner, reason, pattern: decision.match?.pattern, at })
    if (reason !== undefined && parts.log) refusals.note(principal, reason, decision.match, access)
    if (isAccepted) used(held, principal, at, defer)
    else if (hasEnded(principal, at) && tellExpired(key, at)) tell('key-expired', principal, at, defer)
  }

  function used(held: Held, principal: Principal, at: EpochSeconds, defer: Defer): void {
    held.usedAt = at
    if (principal.slot !== 1) return
    if (held.previousSecretUsedAt === undefined && tellOldSecret(principal.subject, at)) {
      tell('key-used-old-secret', principal, at, defer)
    }
    held.previousSecretUsedAt = at
  }

  function isDue(at: EpochSeconds): boolean {
    return (isEnough(at) || isLeftOver(at)) && flushes.isFree(at)
  }

  /** Distances in time, so that a clock that was set back keeps nothing waiting until it has caught up. */
  function isEnough(at: EpochSeconds): boolean {
    const { requests } = counted
    return requests >= flushEvents || (requests > 0 && Math.abs(at - since) >= flushSeconds)
  }

  /** Whether something waits that an earlier flush could not write, or that was too much for it. */
  function isLeftOver(at: EpochSeconds): boolean {
    return (writes.areLeft || flushes.isStuck) && Math.abs(at - flushes.endedAt) >= flushSeconds
  }

  async function flushLater(sleep: (seconds: number) => Promise<void>): Promise<void> {
    await sleep(flushSeconds)
    if (counted.requests > 0 && flushes.isFree(now())) await flushes.begin(MOST_WRITES)
  }

  return {
    record(decision, access, defer) {
      const { at } = access
      try {
        const known = knownIn(decision)
        if (known) note(known, decision, access, defer)
        if (isDue(at)) defer(flushes.begin(MOST_WRITES))
        if (wait && counted.requests > 0 && Math.abs(at - waitingSince) >= flushSeconds) {
          waitingSince = at
          defer(flushLater(wait))
        }
      } catch (error) {
        // A request never fails for what is counted of it.
        failed(nameOfError(error), true)
      }
    },
    flush: flushes.finish,
  }
}

/** An old secret ends before its key does: of that the refusal in the log tells. */
function hasEnded({ slot, expiresAt }: Principal, at: EpochSeconds): boolean {
  return slot !== 1 && expiresAt !== undefined && at >= expiresAt
}

/** Whether something of a key may be told again. Of so many keys it is known when that was. */
function seldom(seconds: number): (key: string, at: EpochSeconds) => boolean {
  const told = new Map<string, EpochSeconds>()
  return (key, at) => {
    if (Math.abs(at - (told.get(key) ?? Number.NEGATIVE_INFINITY)) < seconds) return false
    told.set(key, at)
    const [oldest] = told.keys()
    if (told.size > MOST_TOLD && oldest !== undefined) told.delete(oldest)
    return true
  }
}
