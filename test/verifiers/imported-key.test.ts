import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import type { ImportScheme } from '../../src/keys/record.ts'
import type { ImportedKey } from '../../src/keys/registry.ts'
import type { Digests } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { ImportedKeyParts, ImportedShape } from '../../src/verifiers/imported-key.ts'
import { importedKey } from '../../src/verifiers/imported-key.ts'
import { knownKeys } from '../../src/verifiers/known-key.ts'
import { done, given, NOW, PEPPER } from '../keys/given.ts'
import { counted, outcomeOf } from './given.ts'

const SALT = 'c2FsdHlTYWx0U2FsdHlTYQ=='
const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const salted = (salt: string) => (token: string) => createHmac('sha512', salt).update(token).digest('hex')
/** 256 lower-case hex characters, as Strapi draws them. */
const strapiToken = (of: string) => [1, 2, 3, 4].map((part) => sha256(`${of} ${part}`)).join('')

const UNKEY = /^unkey_[A-Za-z0-9]{22,}$/u
const STRAPI = /^[0-9a-f]{256}$/
const OPAQUE: ImportedShape = { scheme: 'sha256', shape: UNKEY, hash: vi.fn(sha256) }
const TOKEN = 'unkey_3ZfGJ9cQvP5sKx7YtRmWnB2D'

/** A verifier over the store of a registry, with what it asks of that. */
function verifying(more: Partial<ImportedKeyParts> = {}, digests: Digests = nodeDigests()) {
  const { keys, store } = given()
  const [records, aliases] = [counted(store), counted(store)]
  const find = knownKeys(records, { name: 'keys', ceiling: undefined }, digests)
  const verifier = importedKey({ shapes: [OPAQUE], peppers: [PEPPER], aliases, find, digests, ...more })
  vi.mocked(OPAQUE.hash as typeof sha256).mockClear()
  return {
    keys,
    reads: { records: records.get, aliases: aliases.get },
    told: (token: string, at: number = NOW) => outcomeOf(verifier, digests, token, at),
    async bring(token: string, facts: Partial<ImportedKey> = {}, scheme: ImportScheme = 'sha256', hash = sha256) {
      const key: ImportedKey = { name: token.slice(0, 40), type: 'full-access', scheme, hash: hash(token), ...facts }
      return done(await keys.import({ expiresAt: 'never', ...key }, 'operator', NOW)).record
    },
  }
}

describe.each<[string, () => Digests]>([
  ['nodeDigests', nodeDigests],
  ['webDigests', webDigests],
])('an imported key by %s', (_, make) => {
  it('is proved by its hash, and again without hashing', async () => {
    const { bring, told, reads } = verifying({}, make())
    const { id } = await bring(TOKEN)
    const principal = { kind: 'api-key', credential: 'keys', subject: id, slot: 0 }
    expect([await told(TOKEN), await told(TOKEN)]).toMatchObject([principal, principal])
    expect(OPAQUE.hash).toHaveBeenCalledTimes(1)
    expect([reads.aliases.mock.calls.length, reads.records.mock.calls.length]).toEqual([1, 2])
  })
})

describe('a token', () => {
  it.each([
    ['of no shape', 'sk_live_3ZfGJ9cQvP5sKx7YtRmWnB2D'],
    ['that is too short', 'unkey_3ZfGJ9cQvP5sKx7YtRmWn'.slice(0, 27)],
    ['with something before its shape', ` ${TOKEN}`],
    ['with something behind its shape', `${TOKEN}!`],
    ['with a line behind its shape', `${TOKEN}\n`],
  ])('%s is neither hashed nor looked up', async (_name, token) => {
    const { told, reads } = verifying()
    expect(await told(token)).toBeUndefined()
    expect(OPAQUE.hash).not.toHaveBeenCalled()
    expect(reads.aliases).not.toHaveBeenCalled()
  })

  it('of the right shape that nobody has imported is looked up once, and no record is read', async () => {
    const { told, reads } = verifying()
    expect(await told('unkey_9ZfGJ9cQvP5sKx7YtRmWnB2D')).toBeUndefined()
    expect([reads.aliases.mock.calls.length, reads.records.mock.calls.length]).toEqual([1, 0])
  })

  it('is looked up under each pepper that counts', async () => {
    const second = { version: '2', secret: 'the second pepper of this test, long enough' }
    const { bring, told, reads } = verifying({ peppers: [second, PEPPER] })
    const { id } = await bring(TOKEN)
    expect(await told(TOKEN)).toMatchObject({ subject: id })
    expect(reads.aliases.mock.calls.length).toBe(2)
  })

  it('is hashed in each way whose shape it fits', async () => {
    const wide: ImportedShape = { scheme: 'sha256', shape: /^[a-z]+_.+$/u, hash: (token) => sha256(`pre:${token}`) }
    const { bring, told } = verifying({ shapes: [OPAQUE, wide] })
    const { id } = await bring(TOKEN, {}, 'sha256', (token) => sha256(`pre:${token}`))
    expect(await told(TOKEN)).toMatchObject({ subject: id })
  })
})

describe('a token of Strapi', () => {
  const token = strapiToken('one')
  const shape = (salt: string, until?: number): ImportedShape => {
    return { scheme: 'strapi', shape: STRAPI, until, hash: salted(salt) }
  }

  it('is proved by its salt, and by no other', async () => {
    const { bring, told } = verifying({ shapes: [shape(SALT)] })
    await bring(token, {}, 'strapi', salted(SALT))
    expect(await told(token)).toMatchObject({ kind: 'api-key', slot: 0 })
    const other = verifying({ shapes: [shape('another salt')] })
    await other.bring(token, {}, 'strapi', salted(SALT))
    expect(await other.told(token)).toBeUndefined()
  })

  it('never passes for a hash of another scheme', async () => {
    const sameText: ImportedShape = { scheme: 'sha256', shape: STRAPI, hash: sha256 }
    const { bring, told } = verifying({ shapes: [sameText] })
    await bring(token, {}, 'strapi', salted(SALT))
    expect(await told(token)).toBeUndefined()
  })

  it('counts by an old salt until its deadline, although it was proved before', async () => {
    const { bring, told } = verifying({ shapes: [shape('a new salt'), shape(SALT, NOW + 10)] })
    await bring(token, {}, 'strapi', salted(SALT))
    expect(await told(token)).toMatchObject({ kind: 'api-key' })
    expect(await told(token, NOW + 9.999)).toMatchObject({ kind: 'api-key' })
    expect(await told(token, NOW + 10)).toBeUndefined()
  })

  it('is told that its salt has no value, and nobody else is', async () => {
    const { bring, told, reads } = verifying({ shapes: [{ scheme: 'strapi', shape: STRAPI }, OPAQUE] })
    await bring(TOKEN)
    expect(await told(token)).toEqual({ reason: 'not-configured', detail: 'salt' })
    expect(reads.aliases).not.toHaveBeenCalled()
    expect(await told(TOKEN)).toMatchObject({ kind: 'api-key' })
    expect(await told('unkey')).toBeUndefined()
  })
})

describe('an import that was proved', () => {
  it('is judged by its record as it is now', async () => {
    const { keys, bring, told } = verifying()
    const { id } = await bring(TOKEN)
    await told(TOKEN)
    done(await keys.suspend(id, 'operator', NOW))
    expect(await told(TOKEN)).toMatchObject({ reason: 'token-revoked' })
    done(await keys.resume(id, 'operator', NOW))
    done(await keys.update(id, { expiresAt: NOW + 5 }, 'operator', NOW))
    expect(await told(TOKEN, NOW + 4)).toMatchObject({ expiresAt: NOW + 5 })
    expect(await told(TOKEN, NOW + 5)).toMatchObject({ reason: 'token-expired' })
    done(await keys.revoke(id, 'operator', NOW))
    expect(await told(TOKEN, NOW + 4)).toMatchObject({ reason: 'token-revoked' })
  })

  it('is an old secret once its key was rotated', async () => {
    const { keys, bring, told } = verifying()
    const { id } = await bring(TOKEN)
    await told(TOKEN)
    done(await keys.rotate(id, { overlapSeconds: 60 }, 'operator', NOW))
    expect(await told(TOKEN)).toMatchObject({ slot: 1, expiresAt: NOW + 60 })
    expect(await told(TOKEN, NOW + 60)).toMatchObject({ reason: 'token-expired' })
    done(await keys.rotate(id, { overlapSeconds: 0 }, 'operator', NOW))
    expect(await told(TOKEN)).toBeUndefined()
  })

  it('counts at once where it was deleted and imported anew', async () => {
    const { keys, bring, told } = verifying()
    const first = await bring(TOKEN)
    await told(TOKEN)
    expect(await keys.remove(first.id, 'operator', NOW)).toBe('removed')
    expect(await told(TOKEN)).toBeUndefined()
    const second = await bring(TOKEN)
    expect(second.id).not.toBe(first.id)
    expect(await told(TOKEN)).toMatchObject({ subject: second.id })
  })

  it.each(['records', 'aliases'] as const)('cannot be told while %s are not to be had', async (which) => {
    const { bring, told, reads } = verifying()
    await bring(TOKEN)
    reads[which].mockImplementationOnce(() => {
      throw new StoreError('memory', 'down', 'it is turned off')
    })
    expect(await told(TOKEN)).toEqual({ reason: 'dependency-unavailable', detail: 'memory: it is turned off' })
    expect(await told(TOKEN)).toMatchObject({ kind: 'api-key' })
  })
})
