import type { Latchkey } from '../build.ts'
import type { Identity } from '../caller.ts'
import { slotsOf } from '../config.ts'
import type { IdentityDocument } from '../document.ts'
import type { Unproved, Verify } from '../identity-proof.ts'
import { bySecrets, bySet, proverOf } from '../identity-proof.ts'
import { IDENTITY_HEADER } from '../identity-token.ts'
import { slotCounts } from '../issuing.ts'
import { ownKeyOf } from '../key-sets/own-key.ts'
import { sharedSecretOf } from '../key-sets/shared-secret.ts'
import type { Access, EpochSeconds } from '../model/access.ts'
import type { Snapshot } from '../snapshot.ts'
import { ownKeys } from './own-keys.ts'

/** Proves that the gate of the same document has let a request pass, by the keys that this document signs by. */
export type ProveOwn = (access: Access, snapshot: Snapshot) => Promise<Identity | Unproved>

/** What proves the identities of a document that has `identity`. */
export function ownIdentities({ settings, sink }: Latchkey): ProveOwn {
  const { audience, publicOrigin, algorithm = 'EdDSA', keys, next } = settings.document.identity as IdentityDocument
  const slots = [...slotsOf(keys), ...(next ? slotsOf(next) : [])]
  const publicKeysIn = ownKeys(ownKeyOf, 'identities', sink)
  const sharedSecretsIn = ownKeys(shared, 'identities', sink)
  const prove = proverOf<Readonly<Record<string, unknown>>>({ audience, publicOrigin })
  let known: { readonly snapshot: Snapshot; readonly counted: number; readonly verify: Promise<Verify> } | undefined

  async function verifyBy(snapshot: Snapshot, at: EpochSeconds): Promise<Verify> {
    if (algorithm === 'HS256') return bySecrets((await sharedSecretsIn(slots, snapshot, at)).map(({ text }) => text))
    return bySet((await publicKeysIn(slots, snapshot, at)).map(({ publicKey }) => publicKey))
  }

  return async (access, snapshot) => {
    const { method, target, at } = access
    const shown = { method, target, values: access.header(IDENTITY_HEADER.toLowerCase()) }
    // A slot that has ended counts no more, whoever signed by it.
    const counted = slots.filter((slot) => slotCounts(slot, at)).length
    if (known?.snapshot !== snapshot || known.counted !== counted) {
      known = { snapshot, counted, verify: verifyBy(snapshot, at) }
    }
    return prove(shown, await known.verify, at)
  }
}

/** One by which the gate could not sign proves nothing either. */
async function shared(text: string): Promise<{ readonly text: string }> {
  sharedSecretOf(text)
  return { text }
}
