import type { Document, LimitDocument } from '../document.ts'
import type { HostName } from '../hosts.ts'
import { jsonPointer } from '../lib/pointer.ts'
import type { LimiterTraits } from '../limiters/kinds.ts'
import { isLimiterKind, LIMITER_KINDS } from '../limiters/kinds.ts'
import type { Fault } from '../rules.ts'

/** A limit, and where the document says it. */
interface PlacedLimit {
  readonly pointer: string
  readonly limit: LimitDocument
}

/** What is wrong with a document's limits, given what counts them, and what to know of it. */
export function checkLimits(document: Document, host: HostName): { faults: Fault[]; warnings: string[] } {
  const limits = [...placedLimits(document)]
  const kind = document.limiter?.kind ?? document.store?.kind ?? (host === 'node' ? 'memory' : undefined)
  if (limits.length === 0) return { faults: [], warnings: [] }
  if (kind === undefined) {
    const named = document.limiter ? '"limiter"' : '"store"'
    const message =
      (document.limiter ?? document.store)
        ? `whether the limits can be kept is known once ${named} says its "kind"`
        : 'limits are counted nowhere: name a "limiter" or a "store"; until then whoever has limits is answered 503'
    return { faults: [], warnings: [message] }
  }
  if (!isLimiterKind(kind)) {
    const message = `no limits: ${kind} cannot count; name a "limiter" that can`
    return { faults: limits.map(({ pointer }) => ({ pointer, message })), warnings: [] }
  }
  const traits = LIMITER_KINDS[kind]
  const faults = limits.flatMap(({ pointer, limit }) => {
    const why = traits.whyNot(limit)
    return why === undefined ? [] : [{ pointer, message: why }]
  })
  return { faults: [...faults, ...tooMany(limits, traits)], warnings: reachWarnings(traits, host) }
}

function* placedLimits({ credentials, owners = {} }: Document): Generator<PlacedLimit> {
  for (const [place, { limits = [] }] of credentials.entries()) {
    for (const [at, limit] of limits.entries())
      yield { pointer: jsonPointer(['credentials', place, 'limits', at]), limit }
  }
  for (const [owner, { limits }] of Object.entries(owners)) {
    for (const [at, limit] of limits.entries()) yield { pointer: jsonPointer(['owners', owner, 'limits', at]), limit }
  }
}

/** Limits of an owner and of a credential may meet in one request. */
function tooMany(limits: readonly PlacedLimit[], { mostAtOnce }: LimiterTraits): Fault[] {
  return limits.slice(mostAtOnce).map(({ pointer }) => ({
    pointer,
    message: `no limit beside the first ${mostAtOnce === 1 ? 'one' : mostAtOnce}: what counts here keeps no more`,
  }))
}

function reachWarnings({ reach }: LimiterTraits, host: HostName): string[] {
  if (reach === 'everywhere') return []
  if (reach === 'process' && host === 'node') return ['limits are counted by each process for itself']
  if (reach === 'machine' && host === 'node') return ['limits are counted by each machine for itself']
  return [`limits are counted by each ${reach} for itself: more requests pass than they say`]
}
