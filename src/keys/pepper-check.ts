import { base62 } from '../lib/base62.ts'
import type { Digests, Reader, Store } from '../model/ports.ts'
import type { Pepper } from './format.ts'

/** Where a store keeps what tells its pepper from another one: nothing of the pepper can be read from it. */
export const PEPPER_PREFIX = 'meta:pepper:'

/**
 * Whether keys of the store were made under a pepper: `new` where none of this version was ever used there, `other`
 * where another value was. Rejects where the store cannot be asked.
 */
export async function checkPepper(store: Reader, pepper: Pepper, digests: Digests): Promise<'new' | 'same' | 'other'> {
  const entry = await store.get(PEPPER_PREFIX + pepper.version)
  if (!entry) return 'new'
  return digests.equal(entry.value, await checkOf(pepper, digests)) ? 'same' : 'other'
}

/**
 * Notes in the store that a pepper is used, before the first key is made under it. It is written before it is read: on
 * Workers KV a read of what is not there yet would be remembered. `new`: somebody else does the same just now.
 */
export async function keepPepper(store: Store, pepper: Pepper, digests: Digests): Promise<'new' | 'same' | 'other'> {
  const check = await checkOf(pepper, digests)
  const written = await store.put(PEPPER_PREFIX + pepper.version, check, { ifVersion: null })
  return written === 'conflict' ? checkPepper(store, pepper, digests) : 'same'
}

async function checkOf(pepper: Pepper, digests: Digests): Promise<string> {
  const label = new TextEncoder().encode(`latchkey pepper 1\0${pepper.version}`)
  return base62(await digests.hmac('SHA-256', pepper.secret, label))
}
