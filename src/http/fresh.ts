import type { Latchkey } from '../build.ts'
import { extractor } from '../extract.ts'
import type { Access } from '../model/access.ts'
import type { Allowed, Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Defer, Policy } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import { permissions } from '../policies/permissions.ts'
import { surface } from '../policies/surface.ts'
import type { Snapshot } from '../snapshot.ts'

/** What an administrator may do can have changed since his key was last read. */
const POLICIES: readonly Policy[] = [surface(), permissions()]

/**
 * Who asks for key management, by the record of this moment: a key that was revoked, rotated out or cut down elsewhere must
 * not make others while this process still remembers what it was.
 */
export async function freshly(
  { settings, digests, equipped }: Latchkey,
  access: Access,
  { match, principal }: Allowed,
  snapshot: Snapshot,
  defer: Defer,
): Promise<Allowed['principal'] | Refusal> {
  if (principal === 'anonymous' || principal.kind !== 'api-key') return principal
  const credential = extractor(settings.credentials.flatMap(({ places }) => places))(access, match.query)
  if (isRefusal(credential)) return credential
  const { place, token } = credential
  const shown = { place, token, fingerprint: await digests.fingerprint(token) }
  equipped?.forget(`key:${principal.subject}`)
  let outcome: Principal | Refusal | undefined
  for (const { verifier } of snapshot.verifiersAt(place)) outcome ??= await verifier.verify(shown, access, defer)
  if (!outcome) return { reason: 'token-unknown', place }
  if (isRefusal(outcome)) return { ...outcome, place }
  const attempt = { principal: outcome, access, match, place, notice: () => undefined }
  for (const policy of POLICIES) {
    const objection = await policy(attempt)
    if (objection) return { ...objection, place }
  }
  return outcome
}
