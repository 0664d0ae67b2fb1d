import type { CredentialSettings, Settings, Slot } from './config.ts'
import type { Gap, MoreVerifiers, ValuesOf } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import { after, isLater, mapMaybe } from './lib/maybe.ts'
import type { Secret } from './lib/secret.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Place } from './model/credential.ts'
import type { Defer, Host, Verifier } from './model/ports.ts'
import type { Grant, Principal } from './model/principal.ts'
import { notice } from './notice.ts'
import type { Reading, Readings } from './readings.ts'
import { isUnchanged, readSecret, secretUses, staleAfter } from './readings.ts'
import { staticToken } from './verifiers/static-token.ts'

/** Everything that a decision reads and that can change: verifiers and secrets, as one immutable value. */
export interface Snapshot {
  /** In the order in which they are asked. */
  verifiersAt(place: Place): readonly { readonly verifier: Verifier }[]
  gapAt(place: Place): Gap | undefined
  /** The values of slots that count now, newest first; none where nothing is configured. */
  valuesOf(slots: readonly Slot[], at: EpochSeconds): readonly Secret[]
  /** The names of secrets that could not be read when this was made. */
  readonly failing: readonly string[]
  /**
   * What one more reading gives, or the one that is under way, for a token that nobody proves by this one: it may just have
   * been issued. Undefined where the source does not let itself be read again, or was read a moment ago.
   */
  newer?(at: EpochSeconds, defer: Defer): Maybe<Snapshot> | undefined
}

/** Keeps the snapshot young. */
export interface Snapshots {
  /** The snapshot to judge by. Waits only where there is none yet, or none that is young enough. */
  current(at: EpochSeconds, defer: Defer): Maybe<Snapshot>
  /** The last one made; asks nobody. */
  latest(): Snapshot | undefined
}

/** After a reading that failed, or that proved nothing, the source is asked again this soon and no sooner. */
const RETRY_SECONDS = 5
/** Requests in flight may be judged in another order than they came. */
const CLOCK_SLACK_SECONDS = 1

/**
 * A refresh starts in the background at half of `secretsSeconds` and is waited for at the whole of it, so that the age
 * of what is judged by is bounded even where requests are rare.
 */
export function snapshots(settings: Settings, host: Host, more?: MoreVerifiers): Snapshots {
  const uses = Array.from(secretUses(settings))
  let readings: Readings = new Map()
  let latest: Snapshot | undefined
  let refreshAt = Number.NEGATIVE_INFINITY
  let waitAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let flight: Promise<Snapshot> | undefined

  function refresh(at: EpochSeconds): Maybe<Snapshot> {
    askedAt = at
    const read = mapMaybe(uses, ([name, use]) => readSecret(name, use, readings.get(name), at, settings, host))
    return after(read, (all) => {
      const next: Readings = new Map(uses.map(([name], place) => [name, all[place] as Reading]))
      const isSame = latest !== undefined && uses.every(([name]) => isUnchanged(readings.get(name), next.get(name)))
      return after(isSame ? (latest as Snapshot) : snapshotOf(settings, next, host, newer, more), (snapshot) => {
        // Not before: what no snapshot could be made of must not count as read.
        readings = next
        latest = snapshot
        const half = settings.secretsSeconds / 2
        waitAt = Math.min(at + settings.secretsSeconds, ...staleTimes(next, settings))
        refreshAt = Math.min(at + (snapshot.failing.length > 0 ? Math.min(RETRY_SECONDS, half) : half), waitAt)
        return snapshot
      })
    })
  }

  /** Deferred even where it is waited for: many requests share it, and it must outlive the one that began it. */
  function sharedRefresh(at: EpochSeconds, defer: Defer): Maybe<Snapshot> {
    // What was begun before the process was frozen, as a Lambda function is between its calls, may be too old already.
    if (flight && at < askedAt + settings.secretsSeconds) return flight
    const refreshed = refresh(at)
    if (!isLater(refreshed)) return refreshed
    flight = refreshed.finally(() => {
      flight = undefined
    })
    // Where nobody waits for it, a failure is told to the first request that has to.
    defer(flight.catch(() => undefined))
    return flight
  }

  function newer(at: EpochSeconds, defer: Defer): Maybe<Snapshot> | undefined {
    if (!host.secrets.rereadable) return undefined
    return at < askedAt + RETRY_SECONDS ? flight : sharedRefresh(at, defer)
  }

  return {
    latest: () => latest,
    current(at, defer) {
      // A clock that was set back must not keep secrets alive until it has caught up.
      if (latest && at < refreshAt && at > askedAt - CLOCK_SLACK_SECONDS) return latest
      const refreshed = sharedRefresh(at, defer)
      return !latest || at >= waitAt || !isLater(refreshed) ? refreshed : latest
    },
  }
}

function staleTimes(readings: Readings, settings: Settings): EpochSeconds[] {
  return Array.from(readings.values())
    .filter((reading) => reading.failed && reading.values.length > 0)
    .map((reading) => staleAfter(reading, settings))
}

function snapshotOf(
  settings: Settings,
  readings: Readings,
  host: Host,
  newer: NonNullable<Snapshot['newer']>,
  more?: MoreVerifiers,
): Maybe<Snapshot> {
  const valuesOf: ValuesOf = (slot) => readings.get(slot.name)?.values ?? []
  const statics = settings.credentials.filter(({ kind }) => kind === 'static-token')
  const tokens = statics.flatMap((credential) => {
    const places = new Set(credential.places)
    return credential.slots.flatMap((slot, position) => {
      const principal = principalOf(credential, slot, position)
      return valuesOf(slot).map((secret) => ({ secret, places, until: slot.until, principal }))
    })
  })
  warnOfTwins(tokens, host)
  const gaps = gapsByPlace(settings, readings, more, valuesOf, host)
  const failing = Array.from(readings).flatMap(([name, reading]) => (reading.failed ? [name] : []))
  return after(staticToken(tokens, host.digests), (verifier) =>
    after(more?.verifiers(valuesOf, failing) ?? [], (others) => {
      const places = new Set(statics.flatMap((credential) => credential.places))
      const placed = [{ verifier, places }, ...others]
      return {
        verifiersAt: (place) => placed.filter((each) => each.places.has(place)),
        gapAt: (place) => gaps.get(place),
        valuesOf: (slots, at) => slots.filter(({ until }) => until === undefined || at < until).flatMap(valuesOf),
        failing,
        newer,
      }
    }),
  )
}

function principalOf(credential: CredentialSettings, slot: Slot, position: number): Principal {
  return {
    kind: credential.kind,
    credential: credential.name,
    subject: credential.name,
    surface: credential.surface,
    // Of a static token it is always there.
    grant: credential.grant as Grant,
    expiresAt: slot.until,
    slot: position,
  }
}

/** Two credentials with one value cannot be told apart: the first that is read at the place wins. */
function warnOfTwins(tokens: readonly { secret: Secret; principal: Principal }[], host: Host): void {
  const owners = new Map<string, string>()
  for (const { secret, principal } of tokens) {
    const owner = owners.get(secret.reveal())
    if (owner !== undefined && owner !== principal.credential) {
      notice(host, 'warn', `credentials ${owner} and ${principal.credential} have a value in common; give each its own`)
    }
    owners.set(secret.reveal(), owner ?? principal.credential)
  }
}

/** What each place cannot say; a credential that nothing configures is refused with a reason that only the log explains. */
function gapsByPlace(
  settings: Settings,
  readings: Readings,
  more: MoreVerifiers | undefined,
  valuesOf: ValuesOf,
  host: Host,
): ReadonlyMap<Place, Gap> {
  const gaps = new Map<Place, Gap>()
  for (const { name, slots, places } of settings.credentials) {
    const empty = slots.flatMap((slot) => readings.get(slot.name) ?? []).filter(({ values }) => values.length === 0)
    const unset = slots[0] && empty.length === slots.length ? 'not-configured' : undefined
    // A slot that cannot be read leaves open whose a token is, whatever the others hold; one that is unset does not.
    const isUnread = empty.some((reading) => reading.failed)
    const gap = isUnread ? 'dependency-unavailable' : (unset ?? more?.gap(name, valuesOf))
    if (gap === 'not-configured') {
      const needed = slots.map((slot) => slot.name).join(' or ')
      notice(host, 'warn', `credential ${name} is not configured: set ${needed}`)
    }
    if (gap) for (const place of places) if (gaps.get(place) !== 'not-configured') gaps.set(place, gap)
  }
  return gaps
}
