import type { CredentialSettings, Settings } from './config.ts'
import type { LimitDocument } from './document.ts'
import type { Limiter, NamedPolicy, Policy } from './model/ports.ts'
import type { Principal } from './model/principal.ts'
import type { CountedLimit } from './policies/limits.ts'
import { countedAs, limits } from './policies/limits.ts'

/** The policy that counts requests, for a document and for what keys say of themselves. */
export function limitPolicy(settings: Settings, limiter: Limiter | undefined): NamedPolicy {
  const of = limitsOf(settings)
  const policy: Policy = limiter
    ? limits(of, limiter)
    : ({ principal, match }) =>
        match.endpoint !== undefined || of(principal).length === 0
          ? undefined
          : { reason: 'not-configured', detail: 'nothing here can count requests: name a limiter' }
  return { name: 'limits', policy }
}

/** The limits that hold for a principal: its owner's, its credential's, its own. */
export function limitsOf({
  credentials,
  document: { owners = {} },
}: Settings): (principal: Principal) => readonly CountedLimit[] {
  const byName = new Map(credentials.map((credential) => [credential.name, credential]))
  // Verifiers give one object for each version of a key, so that this is put together once.
  const known = new WeakMap<Principal, readonly CountedLimit[]>()

  return (principal) => {
    let found = known.get(principal)
    if (!found) {
      const { owner, subject, constraints } = principal
      const ofOwner = owner !== undefined && Object.hasOwn(owners, owner) ? (owners[owner]?.limits ?? []) : []
      found = [
        ...ofOwner.map((limit) => ({ id: countedAs('owner', owner as string), limit })),
        ...ofCredential(byName.get(principal.credential), principal).sort(sharedFirst),
        ...(constraints?.limits ?? []).map((limit) => ({ id: countedAs('key', subject), limit })),
      ]
      known.set(principal, found)
    }
    return found
  }
}

/** What several principals share is counted before what is one's own: one place may count for all of them. */
function sharedFirst(a: CountedLimit, b: CountedLimit): number {
  return Number(b.id.startsWith(SHARED)) - Number(a.id.startsWith(SHARED))
}

const SHARED = 'credential-owner'

/** Who has no owner is counted alone. */
function ofCredential(credential: CredentialSettings | undefined, { subject, owner }: Principal): CountedLimit[] {
  const limits: readonly LimitDocument[] = credential?.document.limits ?? []
  return limits.map(({ by, ...limit }) => {
    const isShared = by === 'owner' && owner !== undefined
    const id = countedAs(
      isShared ? 'credential-owner' : 'credential',
      `${credential?.name}`,
      isShared ? owner : subject,
    )
    return { id, limit }
  })
}
