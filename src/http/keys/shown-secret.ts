import type { Pepper } from '../../keys/format.ts'
import { digestOf, parseKey } from '../../keys/format.ts'
import type { KeptSecret, KeyRecord } from '../../keys/record.ts'
import type { Digests } from '../../model/ports.ts'

/**
 * Which secret of a record a token shows that was proved to be of its key; undefined where the record has it no more. A
 * verifier may know the record as it was some seconds ago: which secret is the current one, only the record can tell.
 */
export async function shownSecret(
  token: string,
  { id, secret, previous }: KeyRecord,
  peppers: readonly Pepper[],
  digests: Digests,
): Promise<KeptSecret | undefined> {
  const kept = previous ? [secret, previous] : [secret]
  const key = parseKey(token)
  for (const pepper of key ? peppers : []) {
    if (key?.id !== id || key.pepperVersion !== pepper.version) continue
    const digest = await digestOf(id, key.secret, pepper, digests)
    const shown = kept.find((each) => digests.equal(each.digest, digest))
    if (shown) return shown
  }
  // A key is imported once: of its secrets the imported one is the one that such a token shows.
  return key?.id === id ? undefined : kept.find(({ scheme }) => scheme !== undefined)
}
