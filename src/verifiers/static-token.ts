import type { Maybe } from '../lib/maybe.ts'
import { after, mapMaybe } from '../lib/maybe.ts'
import type { Secret } from '../lib/secret.ts'
import type { Access, EpochSeconds } from '../model/access.ts'
import type { Place, Shown } from '../model/credential.ts'
import type { Refusal } from '../model/decision.ts'
import type { Digests, Verifier } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'

/** One accepted value: the secret, whose it is, and until when it counts. */
export interface StaticToken {
  readonly secret: Secret
  readonly principal: Principal
  readonly places: ReadonlySet<Place>
  readonly until: EpochSeconds | undefined
}

interface Slot extends StaticToken {
  readonly fingerprint: string
}

/**
 * Verifies static tokens: all those of a document in one index, so that neither the cost nor the time of an answer
 * tells how many there are. A token counts only at the places of its own credential.
 */
export function staticToken(tokens: readonly StaticToken[], digests: Digests): Maybe<Verifier> {
  const fingerprints = mapMaybe([...tokens.map((token) => token.secret.reveal()), ''], digests.fingerprint)
  return after(fingerprints, (all) => {
    const nothing = all[tokens.length] as string
    const index = new Map<string, Slot[]>()
    for (const [position, token] of tokens.entries()) {
      const fingerprint = all[position] as string
      const slot = { ...token, fingerprint }
      const slots = index.get(fingerprint)
      if (slots) slots.push(slot)
      else index.set(fingerprint, [slot])
    }
    return {
      kind: 'static-token',
      verify: ({ fingerprint, place }: Shown, { at }: Access) =>
        judge(index.get(fingerprint), fingerprint, nothing, place, at, digests),
    }
  })
}

/** The first slot that is read at this place and still counts; an expired one is told only where no other counts. */
function judge(
  slots: readonly Slot[] | undefined,
  fingerprint: string,
  nothing: string,
  place: Place,
  at: EpochSeconds,
  digests: Digests,
): Principal | Refusal | undefined {
  // A miss compares too, so that it takes as long as a hit.
  if (!digests.equal(slots?.[0]?.fingerprint ?? nothing, fingerprint) || !slots) return undefined
  let expired: Slot | undefined
  for (const slot of slots) {
    if (!slot.places.has(place)) continue
    if (slot.until === undefined || at < slot.until) return slot.principal
    expired ??= slot
  }
  return (
    expired && { reason: 'token-expired', detail: `slot ${expired.principal.slot} of ${expired.principal.credential}` }
  )
}
