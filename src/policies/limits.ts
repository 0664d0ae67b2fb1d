import type { Maybe } from '../lib/maybe.ts'
import { after, isLater } from '../lib/maybe.ts'
import { encodeVisible } from '../lib/percent.ts'
import { quotaId, spanName, windowAt } from '../lib/quota.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Notice, Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Limiter, Policy, Quota, Taken } from '../model/ports.ts'
import type { Limit, Principal } from '../model/principal.ts'

/** A limit, and whose requests are counted against it. */
export interface CountedLimit {
  /** What `countedAs` gives. */
  readonly id: string
  readonly limit: Limit
}

/** A quota, and what it is called in the fields that the caller reads. */
interface NamedQuota extends Quota {
  readonly name: string
}

/** Quotas, what the caller is told of them, and from when until when all of their windows last. */
interface Quotas {
  readonly quotas: readonly NamedQuota[]
  readonly policy: Notice
  readonly from: EpochSeconds
  readonly until: EpochSeconds
}

/**
 * What requests are counted as: `scope` is a word that callers may read (`key`, `owner`), the names tell one from another
 * and are told to nobody. Injective: other names never give the same text.
 */
export function countedAs(scope: string, ...names: readonly string[]): string {
  return [scope, ...names.map((name) => encodeVisible(name).replaceAll(':', '%3A'))].join(':')
}

/**
 * Refuses a request where one of the limits that hold for its principal is used up, and counts it against all of them
 * otherwise. It must be asked last: what another policy refuses costs no quota. Latchkey's own endpoints cost none either.
 *
 * `of` gives the limits that hold for a principal: those that several principals share (an owner's) before its own. Of two
 * limits on the same requests and the same span the lower one counts.
 *
 * The caller is told how things stand by the `RateLimit-Policy` and `RateLimit` fields of
 * draft-ietf-httpapi-ratelimit-headers-11: all limits, and what is left of the one that is nearest to its end. Where
 * the limiter fails, nobody passes.
 */
export function limits(of: (principal: Principal) => readonly CountedLimit[], limiter: Limiter): Policy {
  // For one principal the same quotas count until the first of their windows is over.
  const current = new WeakMap<readonly CountedLimit[], Quotas>()

  function quotasAt(counted: readonly CountedLimit[], at: EpochSeconds): Quotas {
    const known = current.get(counted)
    if (known && at >= known.from && at < known.until) return known
    const quotas = quotasOf(counted, at)
    current.set(counted, quotas)
    return quotas
  }

  return (attempt) => {
    if (attempt.match.endpoint !== undefined) return undefined
    const counted = of(attempt.principal)
    if (counted.length === 0) return undefined
    const { at } = attempt.access
    const { quotas, policy } = quotasAt(counted, at)
    return after(asked(limiter, quotas, at), (taken) => {
      if (isRefusal(taken)) return taken
      return taken.allowed ? allowed(taken) : refused(taken)
    })

    function allowed({ remaining }: Taken): undefined {
      attempt.notice(policy)
      if (remaining) attempt.notice(limitField(tightestOf(quotas, remaining), at))
    }

    /** A limiter that tells nothing else tells by its refusal that nothing is left. */
    function refused({ remaining = quotas.map(() => 0) }: Taken): Refusal {
      const tightest = tightestOf(quotas, remaining)
      return {
        reason: 'limit-exceeded',
        retryAfterSeconds: secondsUntil(tightest.quota.endsAt, at),
        notices: [policy, limitField(tightest, at)],
        detail: tightest.quota.name,
      }
    }
  }
}

function asked(limiter: Limiter, quotas: readonly Quota[], at: EpochSeconds): Maybe<Taken | Refusal> {
  try {
    const taken = limiter.take(quotas, at)
    return isLater(taken) ? taken.catch(unavailable) : taken
  } catch (error) {
    return unavailable(error)
  }
}

/** A store's trouble is told to the audit log by its own words; anything else is a bug, and is thrown on. */
function unavailable(error: unknown): Refusal {
  if (error instanceof Error && error.name === 'StoreError') {
    return { reason: 'dependency-unavailable', detail: `limiter ${error.message}` }
  }
  throw error
}

function quotasOf(counted: readonly CountedLimit[], at: EpochSeconds): Quotas {
  const quotas = new Map<string, NamedQuota>()
  for (const { id: countedId, limit } of counted) {
    const id = quotaId(countedId, limit)
    const known = quotas.get(id)
    if (known && known.requests <= limit.requests) continue
    const name = `${countedId.slice(0, countedId.indexOf(':'))}-${spanName(limit)}`
    const { startsAt, endsAt } = windowAt(limit, at)
    quotas.set(id, { id, name, requests: limit.requests, startsAt, endsAt })
  }
  const all = [...quotas.values()]
  const from = Math.max(...all.map(({ startsAt }) => startsAt))
  const until = Math.min(...all.map(({ endsAt }) => endsAt))
  return { quotas: all, policy: policyField(all), from, until }
}

interface Left {
  readonly quota: NamedQuota
  readonly remaining: number
}

/** The quota of which the least is left; of equal ones the one that lasts longest. */
function tightestOf(quotas: readonly NamedQuota[], remaining: readonly number[]): Left {
  return quotas
    .map((quota, place) => ({ quota, remaining: remaining[place] as number }))
    .reduce((tightest, each) => (isTighter(each, tightest) ? each : tightest))
}

function isTighter(one: Left, other: Left): boolean {
  if (one.remaining !== other.remaining) return one.remaining < other.remaining
  return one.quota.endsAt > other.quota.endsAt
}

/** The names are letters, digits and hyphens, so each is a String (RFC 9651 3.3.3) as it stands. */
function policyField(quotas: readonly NamedQuota[]): Notice {
  const policies = quotas.map(
    ({ name, requests, startsAt, endsAt }) => `"${name}";q=${requests};w=${endsAt - startsAt}`,
  )
  return ['RateLimit-Policy', policies.join(', ')]
}

function limitField({ quota, remaining }: Left, at: EpochSeconds): Notice {
  return ['RateLimit', `"${quota.name}";r=${remaining};t=${secondsUntil(quota.endsAt, at)}`]
}

/** Rounded up: nobody is told to come before the window is over. */
function secondsUntil(end: EpochSeconds, at: EpochSeconds): number {
  return Math.ceil(end - at)
}
