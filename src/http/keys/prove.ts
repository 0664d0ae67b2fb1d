import type { Pepper } from '../../keys/format.ts'
import type { Registry } from '../../keys/registry.ts'
import type { Access } from '../../model/access.ts'
import type { Place } from '../../model/credential.ts'
import { isRefusal } from '../../model/decision.ts'
import type { Digests, Verifier } from '../../model/ports.ts'
import { StoreError } from '../../model/store-error.ts'
import type { KeysAppParts } from './parts.ts'
import { shownSecret } from './shown-secret.ts'

/** What a token that stands in a body is proved by. */
export interface ProveParts {
  /** Those of issued and imported keys, each with a place where it is asked. */
  readonly verifiers: readonly { readonly place: Place; readonly verifier: Verifier }[]
  readonly digests: Digests
  readonly registry: Registry
  /** Every pepper that counts. */
  readonly peppers: readonly Pepper[]
}

/**
 * Says whose a token is, by the verifiers that say it of every request. Rejects with a `StoreError` where one of them cannot tell
 * and no other can: a key must not be called inactive because a store is down.
 */
export function prover({ verifiers, digests, registry, peppers }: ProveParts): KeysAppParts['prove'] {
  return async (token, at) => {
    const fingerprint = await digests.fingerprint(token)
    let unsure: string | undefined
    for (const { place, verifier } of verifiers) {
      // Verifiers of keys look at nothing else of an access, and leave no work behind.
      const outcome = await verifier.verify({ place, token, fingerprint }, { at } as Access, () => undefined)
      const principal = outcome && isRefusal(outcome) ? outcome.principal : outcome
      if (outcome && isRefusal(outcome) && !principal) unsure ??= outcome.detail ?? outcome.reason
      const kept = principal && (await registry.show(principal.subject, 'operator'))
      const secret = kept && (await shownSecret(token, kept.record, peppers, digests))
      if (secret) return { principal, record: kept.record, secret }
      if (principal) return undefined
    }
    if (unsure !== undefined) throw new StoreError('keys', 'down', unsure)
    return undefined
  }
}
