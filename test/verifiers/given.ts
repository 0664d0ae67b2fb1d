import type { Mock } from 'vitest'
import { vi } from 'vitest'
import { base62 } from '../../src/lib/base62.ts'
import { crc32 } from '../../src/lib/crc32.ts'
import type { Place } from '../../src/model/credential.ts'
import type { Refusal } from '../../src/model/decision.ts'
import type { Digests, Reader, Store, Verifier } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import { accessOf } from '../given/access.ts'

export const BEARER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }

/** What a verifier says of a token, however late. */
export async function outcomeOf(
  verifier: Verifier,
  digests: Digests,
  token: string,
  at: number,
): Promise<Principal | Refusal | undefined> {
  const shown = { place: BEARER, token, fingerprint: await digests.fingerprint(token) }
  return verifier.verify(shown, accessOf({ at }), () => undefined)
}

/** A store's reader that counts what it is asked. */
export function counted(store: Store): Reader & { readonly get: Mock<Store['get']> } {
  return { get: vi.fn(store.get) }
}

/** A token with the check that its characters have: what anybody can make who knows the format. */
export function checked(body: string): string {
  const crc = crc32(body)
  return body + base62(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc))
}
