import type { Judgement, Latchkey } from '../../src/build.ts'
import { denied } from '../../src/build.ts'
import type { Identities } from '../../src/http/signed-identity.ts'
import type { Maybe } from '../../src/lib/maybe.ts'

/** Puts the signed identity on what passes, where the document promises one; what nothing can sign does not go on. */
export function signing(latchkey: Latchkey): (judgement: Judgement) => Maybe<Judgement> {
  if (!latchkey.settings.document.identity) return (judgement) => judgement
  let loaded: Promise<Identities> | undefined
  return async (judgement) => {
    try {
      loaded ??= import('../../src/http/signed-identity.ts').then(({ identities }) => identities(latchkey))
      return await (await loaded)(judgement)
    } catch {
      loaded = undefined
      return { ...judgement, decision: denied({ reason: 'dependency-unavailable' }) }
    }
  }
}
