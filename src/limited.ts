import type { Settings } from './config.ts'
import { openedAtNeed } from './lib/late.ts'
import { after } from './lib/maybe.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Attempt, NamedPolicy, Policy } from './model/ports.ts'

/** Tells whether somebody has limits: what asks nobody, and counts nothing. Latchkey's own endpoints have none. */
export function limited({ credentials, document: { owners } }: Settings): (attempt: Attempt) => boolean {
  const names = new Set(credentials.flatMap(({ name, document }) => (document.limits ? [name] : [])))
  return ({ principal: { credential, constraints, owner }, match }) => {
    const isOwnerLimited = owner !== undefined && owners !== undefined && Object.hasOwn(owners, owner)
    const isLimited = names.has(credential) || constraints?.limits !== undefined || isOwnerLimited
    return isLimited && match.endpoint === undefined
  }
}

/** The policy that counts requests, loaded for the first one that is to be counted; where that fails nobody with limits passes. */
export function lateLimits(settings: Settings, load: () => Promise<Policy>, now: () => EpochSeconds): NamedPolicy {
  const hasLimits = limited(settings)
  const policy = openedAtNeed(load, now)
  return {
    name: 'limits',
    policy: (attempt) => (hasLimits(attempt) ? after(policy(), (loaded) => loaded(attempt)) : undefined),
  }
}
