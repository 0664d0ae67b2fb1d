import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { apiKey } from '../src/api-key.ts'
import { settingsOf } from '../src/config.ts'
import { nodeDigests } from '../src/crypto/node.ts'
import type { ApiKeyDocument, Document } from '../src/document.ts'
import type { ImportedKey } from '../src/keys/registry.ts'
import type { PlacedVerifier, PreparedKind, ValuesOf } from '../src/kind.ts'
import { isLater } from '../src/lib/maybe.ts'
import { Secret } from '../src/lib/secret.ts'
import type { Refusal } from '../src/model/decision.ts'
import type { Entry, Store } from '../src/model/ports.ts'
import type { Principal } from '../src/model/principal.ts'
import { StoreError } from '../src/model/store-error.ts'
import { accessOf } from './given/access.ts'
import { hostOf } from './given/authority.ts'
import { created, done, given, NOW, PEPPER } from './keys/given.ts'

const UNKEY = { scheme: 'sha256', shape: '^unkey_[A-Za-z0-9]{22,}$' } as const
const STRAPI = { scheme: 'strapi', salt: { secret: 'SALT' } } as const
const TOKEN = 'unkey_3ZfGJ9cQvP5sKx7YtRmWnB2D'
const STRAPI_TOKEN = '0a'.repeat(128)
const CREDENTIAL: ApiKeyDocument = { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }], imports: [UNKEY] }
const SECRETS = { PEPPER: PEPPER.secret, SALT: 'the salt of this test' }

function valuesIn(secrets: Readonly<Record<string, string>>): ValuesOf {
  return ({ name }) => (secrets[name] === undefined ? [] : [new Secret(secrets[name])])
}

/** A prepared credential over the store of a registry, its clock, and what it reads. */
function preparing(credential: Partial<ApiKeyDocument> = {}, document: Partial<Document> = {}, isThere = true) {
  const { keys, store } = given()
  const get = vi.fn(store.get)
  const clock = { at: NOW }
  const settings = settingsOf(
    { store: { binding: 'KEYS' }, routes: [], ...document, credentials: [{ ...CREDENTIAL, ...credential }] },
    { transport: 'any' },
  )
  const digests = nodeDigests()
  const host = { ...hostOf(), digests, now: () => clock.at }
  const parts = { settings, host, store: isThere ? ({ ...store, get } as Store) : undefined }
  const prepared = apiKey.prepare(settings.credentials[0] as never, parts)
  const first = prepared.verifiers(valuesIn(SECRETS), [])

  async function told(token: string, asked?: readonly PlacedVerifier[]): Promise<Principal | Refusal | undefined> {
    const shown = {
      place: { kind: 'query', name: 'key' } as const,
      token,
      fingerprint: await digests.fingerprint(token),
    }
    for (const { verifier } of asked ?? (await first)) {
      const outcome = await verifier.verify(shown, accessOf({ at: clock.at }), () => undefined)
      if (outcome) return outcome
    }
    return undefined
  }

  return {
    ...{ keys, store, clock, prepared, first, told },
    /** How often entries of a family were read. */
    reads: (family = '') => get.mock.calls.filter(([id]) => id.startsWith(family)).length,
    get,
    async bring(token = TOKEN) {
      const hash = createHash('sha256').update(token).digest('hex')
      const key: ImportedKey = { name: token.slice(0, 40), type: 'full-access', scheme: 'sha256', hash }
      return done(await keys.import(key, 'operator', NOW)).record
    },
  }
}

async function verifiersOf(
  prepared: PreparedKind,
  secrets: Readonly<Record<string, string>> = SECRETS,
  failing: readonly string[] = [],
): Promise<readonly PlacedVerifier[]> {
  return prepared.verifiers(valuesIn(secrets), failing)
}

describe('the verifiers of a credential', () => {
  it('ask issued keys before imported ones', async () => {
    const { prepared } = preparing()
    const [issued, imported, ...more] = await verifiersOf(prepared)
    expect((issued as PlacedVerifier).turn).toBeLessThan((imported as PlacedVerifier).turn)
    expect(more).toEqual([])
  })

  it('are of issued keys alone where nothing is imported, and made at once', () => {
    expect(preparing({ imports: [] }).prepared.verifiers(valuesIn(SECRETS), [])).toHaveLength(1)
  })

  it('wait for what imported keys need the first time, and never again', async () => {
    const { prepared, first } = preparing()
    expect(isLater(first)).toBe(true)
    await first
    expect(prepared.verifiers(valuesIn(SECRETS), [])).toHaveLength(2)
  })

  it('are asked at the places of the credential', async () => {
    const { prepared } = preparing({ from: [{ header: 'x-api-key' }, { cookie: 'session' }] })
    const places = (await verifiersOf(prepared)).map((each) => Array.from(each.places, ({ name }) => name))
    expect(places).toEqual([
      ['x-api-key', 'session'],
      ['x-api-key', 'session'],
    ])
  })

  it('know nothing that was proved under a pepper that is another one by now', async () => {
    const { keys, prepared, told } = preparing()
    const { token } = await created({ keys })
    expect(await told(token)).toMatchObject({ kind: 'api-key' })
    expect(await told(token, await verifiersOf(prepared, { PEPPER: 'another pepper of this test' }))).toBeUndefined()
    expect(await told(token, await verifiersOf(prepared))).toMatchObject({ kind: 'api-key' })
  })
})

describe('a secret without a value', () => {
  it.each<[string, Readonly<Record<string, string>>, boolean, string | undefined]>([
    ['has a gap without a pepper', {}, true, 'not-configured'],
    ['has a gap without a store', SECRETS, false, 'not-configured'],
    ['has none with both', SECRETS, true, undefined],
    ['has none without a salt', { PEPPER: PEPPER.secret }, true, undefined],
  ])('%s', (_name, secrets, isThere, gap) => {
    const { prepared } = preparing({ imports: [STRAPI] }, {}, isThere)
    expect(prepared.gap(valuesIn(secrets))).toBe(gap)
  })

  it('is told to a key that names it, unless it could not be read', async () => {
    const peppers = [{ version: 2, secret: 'NEWER' }, ...CREDENTIAL.peppers]
    const { keys, prepared, told } = preparing({ peppers })
    const { token } = await created({ keys })
    const newer = { NEWER: 'the newer pepper of this test' }
    expect(await told(token, await verifiersOf(prepared, newer))).toEqual({
      reason: 'not-configured',
      detail: 'pepper',
    })
    expect(await told(token, await verifiersOf(prepared, newer, ['PEPPER']))).toBeUndefined()
  })

  it('is told to a token that needs it as a salt, unless it could not be read', async () => {
    const { prepared, told } = preparing({ imports: [STRAPI] })
    const unset = { PEPPER: PEPPER.secret }
    expect(await told(STRAPI_TOKEN, await verifiersOf(prepared, unset))).toEqual({
      reason: 'not-configured',
      detail: 'salt',
    })
    expect(await told(STRAPI_TOKEN, await verifiersOf(prepared, unset, ['SALT']))).toBeUndefined()
    expect(await told(STRAPI_TOKEN, await verifiersOf(prepared))).toBeUndefined()
  })

  it('leaves nobody known where it is the store', async () => {
    const { keys, prepared, told, reads } = preparing({}, {}, false)
    const { token } = await created({ keys })
    expect(await told(token, await verifiersOf(prepared))).toBeUndefined()
    expect([prepared.policies, reads()]).toEqual([[], 0])
    prepared.forget('key:0')
  })
})

describe('a record', () => {
  it('is remembered for cacheSeconds, so that a revocation takes as long at most', async () => {
    const { keys, clock, told, reads } = preparing({ cacheSeconds: 30 })
    const { token, record } = await created({ keys })
    await told(token)
    done(await keys.revoke(record.id, 'operator', NOW))
    clock.at = NOW + 29.999
    expect([await told(token), reads()]).toMatchObject([{ kind: 'api-key' }, 1])
    clock.at = NOW + 30
    expect([await told(token), reads()]).toMatchObject([{ reason: 'token-revoked' }, 2])
  })

  it('is remembered for 10 seconds unless the document says otherwise', async () => {
    const { keys, clock, told, reads } = preparing()
    const { token } = await created({ keys })
    for (const second of [0, 9.9, 10]) {
      clock.at = NOW + second
      await told(token)
    }
    expect(reads()).toBe(2)
  })

  it('is read again at once where this process has changed it', async () => {
    const { keys, prepared, told } = preparing()
    const { token, record } = await created({ keys })
    await told(token)
    done(await keys.revoke(record.id, 'operator', NOW))
    prepared.forget(`key:${record.id}`)
    expect(await told(token)).toMatchObject({ reason: 'token-revoked' })
  })

  it('counts for as long as a budget leaves while the store is down, and no longer', async () => {
    const { keys, clock, told, get } = preparing({ cacheSeconds: 10 }, { revocation: { withinSeconds: 60 } })
    const { token } = await created({ keys })
    await told(token)
    get.mockImplementation(() => {
      throw new StoreError('memory', 'down', 'it is turned off')
    })
    // 60 less 30 for secrets and 10 for the cache.
    clock.at = NOW + 29
    expect(await told(token)).toMatchObject({ kind: 'api-key' })
    clock.at = NOW + 30
    expect(await told(token)).toMatchObject({ reason: 'dependency-unavailable' })
  })

  it('is asked for once, however many requests wait for it', async () => {
    const { keys, told, get, reads, store } = preparing()
    const { token } = await created({ keys })
    let answer: (entry: Entry | undefined) => void = () => undefined
    get.mockImplementationOnce(() => new Promise<Entry | undefined>((resolve) => (answer = resolve)))
    const waiting = Array.from({ length: 20 }, () => told(token))
    await new Promise((resolve) => setImmediate(resolve))
    const [[id] = ['']] = get.mock.calls
    answer(await store.get(id))
    expect(new Set((await Promise.all(waiting)).map((outcome) => (outcome as Principal).subject)).size).toBe(1)
    expect(reads()).toBe(1)
  })
})

describe('that nothing is there', () => {
  it('is never remembered of an id that was made here', async () => {
    const { keys, store, told, reads } = preparing()
    const { token, record } = await created({ keys })
    const entry = (await store.get(`key:${record.id}`)) as Entry
    await store.delete(entry.id)
    expect([await told(token), await told(token), reads('key:')]).toEqual([undefined, undefined, 2])
    await store.put(entry.id, entry.value)
    expect(await told(token)).toMatchObject({ subject: record.id })
  })

  it('is remembered of an imported shape for cacheSeconds at most', async () => {
    const { clock, told, reads, bring } = preparing({ cacheSeconds: 20 })
    expect([await told(TOKEN), await told(TOKEN), reads('import:')]).toEqual([undefined, undefined, 1])
    const { id } = await bring()
    clock.at = NOW + 19.999
    expect([await told(TOKEN), reads('import:')]).toEqual([undefined, 1])
    clock.at = NOW + 20
    expect(await told(TOKEN)).toMatchObject({ subject: id })
  })

  it('pushes no record out, however many tokens of an imported shape are made up', async () => {
    const { keys, told, reads } = preparing()
    const { token } = await created({ keys })
    await told(token)
    for (let count = 0; count <= 10_000; count++) await told(`unkey_${String(count).padStart(22, '0')}`)
    expect(reads('import:')).toBe(10_001)
    expect([await told(token), reads('key:')]).toMatchObject([{ kind: 'api-key' }, 1])
  })
})

describe('the policies of a credential', () => {
  it('are its addresses and its near ends, in this order', () => {
    expect(preparing().prepared.policies.map(({ name }) => name)).toEqual(['addresses', 'near-expiry'])
  })

  it('are the same for addresses, whose ever they are', () => {
    const [one, other] = [preparing().prepared, preparing({ name: 'others' }).prepared]
    expect(one.policies[0]).toBe(other.policies[0])
    expect(one.policies[1]).not.toBe(other.policies[1])
  })
})
