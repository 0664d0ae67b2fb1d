import { describe, expect, it, vi } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Issued } from '../../src/keys/registry.ts'
import type { Access } from '../../src/model/access.ts'
import type { Place } from '../../src/model/credential.ts'
import type { Verifier } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { cached } from '../../src/stores/cached.ts'
import { apiKey } from '../../src/verifiers/api-key.ts'
import { knownKeys } from '../../src/verifiers/known-key.ts'
import { created, done, given, NOW, PEPPER } from '../keys/given.ts'

const PLACE: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }
const CACHE_SECONDS = 10

/** Keys that are changed elsewhere, and a process that remembers their records. */
function remembering() {
  const digests = nodeDigests()
  const { keys, store } = given()
  const get = vi.fn(store.get)
  const clock = { at: NOW }
  const records = cached(
    { get },
    { cacheSeconds: CACHE_SECONDS, staleSeconds: 300, isSelfAuthenticating: () => true, now: () => clock.at },
  )
  const find = knownKeys(records, { name: 'keys', ceiling: undefined }, digests)
  const verifier: Verifier = apiKey({ prefixes: new Set(['lk']), peppers: [PEPPER], unset: new Set(), find, digests })

  /** The slot of the secret, why it does not count, or `unknown`. */
  async function told(token: string): Promise<number | string> {
    const credential = { place: PLACE, token, fingerprint: await digests.fingerprint(token) }
    const outcome = await verifier.verify(credential, { at: clock.at } as Access, () => undefined)
    if (!outcome) return 'unknown'
    return 'reason' in outcome ? outcome.reason : (outcome.slot as number)
  }

  const rotate = async ({ record }: Issued, overlapSeconds: number) =>
    done(await keys.rotate(record.id, { overlapSeconds }, 'operator', clock.at))

  return { keys, clock, get, told, rotate }
}

describe('a key that was rotated elsewhere', () => {
  it('counts by its new secret at once, although the record is remembered that does not know it', async () => {
    const { keys, clock, told, rotate } = remembering()
    const key = await created({ keys })
    expect(await told(key.token)).toBe(0)
    clock.at += 1
    const { token } = await rotate(key, 60)
    expect([await told(token), await told(key.token)]).toEqual([0, 1])
  })

  it('is read once a second, however often a secret is shown that it does not have', async () => {
    const { keys, clock, get, told, rotate } = remembering()
    const key = await created({ keys })
    const { token } = await rotate(key, 0)
    expect(await told(token)).toBe(0)
    get.mockClear()
    for (let tenth = 0; tenth < 50; tenth++) {
      clock.at = NOW + tenth / 10
      expect(await told(key.token)).toBe('unknown')
    }
    expect(get.mock.calls.length).toBe(4)
  })

  it('costs one read where it was not remembered', async () => {
    const { keys, get, told, rotate } = remembering()
    const key = await created({ keys })
    await rotate(key, 0)
    get.mockClear()
    expect(await told(key.token)).toBe('unknown')
    expect(get.mock.calls.length).toBe(1)
  })

  it('is what it was for those who know it while the store is down', async () => {
    const { keys, clock, get, told, rotate } = remembering()
    const key = await created({ keys })
    expect(await told(key.token)).toBe(0)
    clock.at += 2
    const { token } = await rotate(key, 60)
    get.mockImplementation(() => {
      throw new StoreError('store', 'down', 'no answer')
    })
    expect([await told(token), await told(key.token)]).toEqual(['unknown', 0])
  })
})
