import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import type { Issued } from '../../src/keys/registry.ts'
import type { Digests } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { cached } from '../../src/stores/cached.ts'
import type { ApiKeyParts } from '../../src/verifiers/api-key.ts'
import { apiKey } from '../../src/verifiers/api-key.ts'
import { knownKeys } from '../../src/verifiers/known-key.ts'
import { created, done, given, NOW, PEPPER } from '../keys/given.ts'
import { checked, counted, outcomeOf } from './given.ts'

/** Where the secret begins in a token with the prefix `lk`, and where its check does. */
const [SECRET, CHECK] = [33, 76]
const HOUR = 3600

const CACHE_SECONDS = 10

/** A verifier over the store of a registry, with what it asks of both, and the clock of all. */
async function verifying(digests: Digests = nodeDigests(), more: Partial<ApiKeyParts> = {}) {
  const { keys, store } = given()
  const issued = await created({ keys }, 'ci', { type: 'full-access' })
  const reader = counted(store)
  const hmac = vi.spyOn(digests, 'hmac')
  const clock = { at: NOW }
  const options = { cacheSeconds: CACHE_SECONDS, staleSeconds: 0, isSelfAuthenticating: () => true }
  const records = cached(reader, { ...options, now: () => clock.at })
  const find = knownKeys(records, { name: 'keys', ceiling: undefined }, digests)
  const verifier = apiKey({ prefixes: new Set(['lk']), peppers: [PEPPER], unset: new Set(), find, digests, ...more })
  const told = (token: string) => outcomeOf(verifier, digests, token, clock.at)
  /** What is told as soon as nothing is remembered any more. */
  const toldLater = (token: string, seconds: number = CACHE_SECONDS) => {
    clock.at += seconds
    return told(token)
  }
  return { keys, store, issued, reads: reader.get, hmac, told, toldLater }
}

const principal = ({ record: { id } }: Issued, slot = 0) => ({ kind: 'api-key', credential: 'keys', subject: id, slot })

describe.each<[string, () => Digests]>([
  ['nodeDigests', nodeDigests],
  ['webDigests', webDigests],
])('an issued key by %s', (_, make) => {
  it('is proved by one look-up', async () => {
    const { issued, told, reads } = await verifying(make())
    expect(await told(issued.token)).toMatchObject(principal(issued))
    expect(reads.mock.calls).toEqual([[`key:${issued.record.id}`]])
  })

  it('is proved again without another digest', async () => {
    const { issued, told, hmac, reads } = await verifying(make())
    await told(issued.token)
    hmac.mockClear()
    expect(await told(issued.token)).toMatchObject(principal(issued))
    expect([hmac.mock.calls.length, reads.mock.calls.length]).toEqual([0, 1])
  })

  it('costs no look-up where its id is forged, however often', async () => {
    const { issued, told, reads } = await verifying(make())
    const other = await verifying(make(), {})
    for (let time = 0; time < 200; time++) {
      const body = issued.token.slice(0, CHECK)
      const tag = String(time).padStart(11, '0')
      expect(await told(checked(body.slice(0, 22) + tag + body.slice(SECRET)))).toBeUndefined()
    }
    expect(await told(other.issued.token)).toBeUndefined()
    // The other store's key has the same pepper, so its tag is right: only it was looked up.
    expect(reads.mock.calls).toEqual([[`key:${other.issued.record.id}`]])
  })
})

describe('whatever is made of a genuine token', () => {
  const character = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.~ ')

  it('is refused without a look-up, by anybody who does not mend the check', async () => {
    const { issued, told, reads } = await verifying()
    const { token } = issued
    const place = fc.nat({ max: token.length - 1 })
    const other = fc.oneof(
      fc.tuple(place, character).map(([at, each]) => token.slice(0, at) + each + token.slice(at + 1)),
      fc.tuple(place, character).map(([at, each]) => token.slice(0, at) + each + token.slice(at)),
      place.map((at) => token.slice(0, at) + token.slice(at + 1)),
      place.map((at) => token.slice(0, at)),
      fc.tuple(place, place).map(([a, b]) => swapped(token, a, b)),
      place.map((at) => token.slice(at) + token.slice(0, at)),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(other, async (text) => {
        fc.pre(text !== token)
        expect(await told(text)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
    expect(reads).not.toHaveBeenCalled()
  })

  it('is refused where the check is mended too, with a look-up only where id and tag were left alone', async () => {
    const { issued, told, reads } = await verifying()
    const body = issued.token.slice(0, CHECK)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: CHECK - 1 }), character, async (at, each) => {
        const text = checked(body.slice(0, at) + each + body.slice(at + 1))
        fc.pre(text !== issued.token)
        reads.mockClear()
        expect(await told(text)).toBeUndefined()
        expect(reads.mock.calls.length).toBeLessThanOrEqual(at < SECRET ? 0 : 1)
      }),
      { numRuns: 1000 },
    )
  })

  it('is refused without a look-up where somebody has drawn all of it', async () => {
    const { told, reads } = await verifying()
    const drawn = fc.stringMatching(/^lk_11[0-9A-Za-z]{71}$/)
    const property = fc.asyncProperty(drawn, async (body) => {
      expect(await told(checked(body))).toBeUndefined()
    })
    await fc.assert(property)
    expect(reads).not.toHaveBeenCalled()
  })
})

describe('peppers', () => {
  const SECOND = { version: '2', secret: 'the second pepper of this test, long enough' }

  it('count all, and each only under its version', async () => {
    const digests = nodeDigests()
    const { keys, store } = given()
    const first = await created({ keys }, 'first')
    const second = await created(given({ store, peppers: [SECOND] }), 'second')
    const reader = counted(store)
    const find = knownKeys(reader, { name: 'keys', ceiling: undefined }, digests)
    const under = (peppers: ApiKeyParts['peppers'], token: string) =>
      outcomeOf(apiKey({ prefixes: new Set(['lk']), peppers, unset: new Set(), find, digests }), digests, token, NOW)
    expect(await under([SECOND, PEPPER], first.token)).toMatchObject(principal(first))
    expect(await under([SECOND, PEPPER], second.token)).toMatchObject(principal(second))
    reader.get.mockClear()
    expect(
      await under(
        [
          { ...PEPPER, version: '2' },
          { ...SECOND, version: '1' },
        ],
        first.token,
      ),
    ).toBeUndefined()
    expect(await under([SECOND], first.token)).toBeUndefined()
    expect(reader.get).not.toHaveBeenCalled()
  })

  it('may have several values under one version', async () => {
    const { issued, told } = await verifying(nodeDigests(), {
      peppers: [{ ...PEPPER, secret: 'a newer value' }, PEPPER],
    })
    expect(await told(issued.token)).toMatchObject(principal(issued))
  })

  it('are missed where one has no value, without a look-up', async () => {
    const { issued, told, reads } = await verifying(nodeDigests(), { peppers: [SECOND], unset: new Set(['1']) })
    expect(await told(issued.token)).toEqual({ reason: 'not-configured', detail: 'pepper' })
    expect(reads).not.toHaveBeenCalled()
  })
})

describe('a token that was proved', () => {
  it('is forgotten as soon as its secret is', async () => {
    const { keys, issued, told, toldLater } = await verifying()
    const { id } = issued.record
    await told(issued.token)
    const { token } = done(await keys.rotate(id, { overlapSeconds: HOUR }, 'operator', NOW))
    expect(await toldLater(issued.token)).toMatchObject(principal(issued, 1))
    expect(await toldLater(issued.token, HOUR)).toMatchObject({ reason: 'token-expired' })
    expect(await told(token)).toMatchObject(principal(issued))
    done(await keys.rotate(id, { overlapSeconds: 0 }, 'operator', NOW + HOUR))
    expect(await toldLater(issued.token)).toBeUndefined()
    expect(await told(token)).toBeUndefined()
  })

  it('is judged by the record as it is now', async () => {
    const { keys, issued, told, toldLater } = await verifying()
    const { id } = issued.record
    await told(issued.token)
    done(await keys.update(id, { type: 'read-only', expiresAt: NOW + HOUR }, 'operator', NOW))
    expect(await toldLater(issued.token)).toMatchObject({ grant: { type: 'read-only' }, expiresAt: NOW + HOUR })
    done(await keys.suspend(id, 'operator', NOW))
    expect(await toldLater(issued.token)).toMatchObject({ reason: 'token-revoked', detail: 'suspended' })
    done(await keys.resume(id, 'operator', NOW))
    expect(await toldLater(issued.token)).toMatchObject(principal(issued))
    expect(await toldLater(issued.token, HOUR)).toMatchObject({ reason: 'token-expired' })
    done(await keys.update(id, { expiresAt: 'never' }, 'operator', NOW + HOUR))
    done(await keys.revoke(id, 'operator', NOW + HOUR))
    expect(await toldLater(issued.token)).toMatchObject({ reason: 'token-revoked', detail: 'revoked' })
    expect(await keys.remove(id, 'operator', NOW + HOUR)).toBe('removed')
    expect(await toldLater(issued.token)).toBeUndefined()
  })

  it('says that it cannot tell while the store is down, and counts again when it is back', async () => {
    const { issued, told, toldLater, reads } = await verifying()
    await told(issued.token)
    reads.mockImplementationOnce(() => {
      throw new StoreError('memory', 'down', 'it is turned off')
    })
    expect(await toldLater(issued.token)).toEqual({
      reason: 'dependency-unavailable',
      detail: 'memory: it is turned off',
    })
    reads.mockRejectedValueOnce(new StoreError('memory', 'slow', 'no answer'))
    expect(await told(issued.token)).toMatchObject({ reason: 'dependency-unavailable' })
    expect(await told(issued.token)).toMatchObject(principal(issued))
  })

  it('is no refuge for a bug', async () => {
    const { issued, told, reads } = await verifying()
    reads.mockImplementationOnce(() => {
      throw new TypeError('a bug')
    })
    await expect(told(issued.token)).rejects.toThrow('a bug')
  })
})

it('answers at once where digests and store do', async () => {
  const digests = nodeDigests()
  const { keys, store } = given()
  const { token } = await created({ keys })
  const find = knownKeys(store, { name: 'keys', ceiling: undefined }, digests)
  const verifier = apiKey({ prefixes: new Set(['lk']), peppers: [PEPPER], unset: new Set(), find, digests })
  const shown = {
    place: { kind: 'query', name: 'key' } as const,
    token,
    fingerprint: String(digests.fingerprint(token)),
  }
  expect(verifier.verify(shown, { at: NOW } as never, () => undefined)).toMatchObject({ kind: 'api-key' })
})

function swapped(text: string, a: number, b: number): string {
  const characters = [...text]
  ;[characters[a], characters[b]] = [characters[b] as string, characters[a] as string]
  return characters.join('')
}
