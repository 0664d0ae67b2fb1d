import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { KeyRecord } from '../../src/keys/record.ts'
import { encodeRecord } from '../../src/keys/record.ts'
import { isListed } from '../../src/lib/ip.ts'
import { covers, parsePermission } from '../../src/lib/permission.ts'
import type { Refusal } from '../../src/model/decision.ts'
import type { Entry, Reader } from '../../src/model/ports.ts'
import type { Grant, Principal } from '../../src/model/principal.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { knownKeys, orUnavailable } from '../../src/verifiers/known-key.ts'
import { NOW } from '../given/access.ts'

const [CURRENT, PREVIOUS] = ['c'.repeat(43), 'p'.repeat(43)] as const
const RECORD: KeyRecord = {
  id: '0'.repeat(17),
  name: 'ci',
  type: 'full-access',
  permissions: [],
  surface: 'api',
  createdAt: NOW - 100,
  state: 'active',
  secret: { digest: CURRENT, pepperVersion: '1' },
}
const ROTATED = { previous: { digest: PREVIOUS, pepperVersion: '1', until: NOW } }

type Told = Principal | Refusal | undefined

/** What is told of a record's secret. */
async function told(record: KeyRecord, digest: string = CURRENT, at: number = NOW, ceiling?: Grant): Promise<Told> {
  const reader: Reader = { get: (id) => ({ id, value: encodeRecord(record), version: '1' }) }
  const judge = await knownKeys(reader, { name: 'keys', ceiling }, nodeDigests())(RECORD.id)
  return judge?.(digest, at)
}

describe('a key', () => {
  it('is a principal with what its record says', async () => {
    const limits = [{ requests: 1, windowSeconds: 60 }]
    const facts = { owner: 'acme', surface: 'admin', expiresAt: NOW + 1, addresses: ['10.0.0.0/8'], limits } as const
    const outcome = (await told({ ...RECORD, ...facts, type: 'custom', permissions: ['orders.read'] })) as Principal
    const { constraints, ...principal } = outcome
    expect(principal).toEqual({
      kind: 'api-key',
      credential: 'keys',
      subject: RECORD.id,
      owner: 'acme',
      surface: 'admin',
      grant: { type: 'custom', permissions: ['orders.read'] },
      expiresAt: NOW + 1,
      slot: 0,
    })
    expect(constraints?.limits).toEqual(limits)
    expect(isListed('10.1.2.3', constraints?.addresses ?? [])).toBe(true)
    expect(isListed('11.1.2.3', constraints?.addresses ?? [])).toBe(false)
  })

  it('has nothing that its record does not say', async () => {
    const outcome = await told(RECORD)
    expect(Object.keys(outcome as object).sort()).toEqual(['credential', 'grant', 'kind', 'slot', 'subject', 'surface'])
  })

  it.each<[string, Partial<KeyRecord>, string, number, object | undefined]>([
    ['before its end', { expiresAt: NOW }, CURRENT, NOW - 0.001, { slot: 0 }],
    ['at its end', { expiresAt: NOW }, CURRENT, NOW, { reason: 'token-expired', detail: 'the key has ended' }],
    ['with its old secret before the deadline', ROTATED, PREVIOUS, NOW - 0.001, { slot: 1, expiresAt: NOW }],
    ['with its old secret at the deadline', ROTATED, PREVIOUS, NOW, { detail: 'the old secret has ended' }],
    ['with its new secret at the deadline of the old one', ROTATED, CURRENT, NOW, { slot: 0 }],
    [
      'with its old secret where the key ends first',
      { ...ROTATED, expiresAt: NOW - 5 },
      PREVIOUS,
      NOW - 5,
      { reason: 'token-expired' },
    ],
    ['suspended', { state: 'suspended' }, CURRENT, NOW, { reason: 'token-revoked', detail: 'suspended' }],
    ['revoked', { state: 'revoked' }, CURRENT, NOW, { reason: 'token-revoked', detail: 'revoked' }],
    ['revoked and ended', { state: 'revoked', expiresAt: NOW }, CURRENT, NOW, { reason: 'token-expired' }],
    ['revoked, with its old secret', { ...ROTATED, state: 'revoked' }, PREVIOUS, NOW - 1, { reason: 'token-revoked' }],
    ['with a secret that it never had', { ...ROTATED, state: 'revoked' }, 'x'.repeat(43), NOW, undefined],
    ['with the old secret that it does not have', {}, PREVIOUS, NOW, undefined],
    ['with no secret', {}, '', NOW, undefined],
  ])('is judged %s', async (_name, facts, digest, at, expected) => {
    const outcome = await told({ ...RECORD, ...facts }, digest, at)
    if (expected) expect(outcome).toMatchObject(expected)
    else expect(outcome).toBeUndefined()
  })

  it('says whose it is where it does not count', async () => {
    expect(await told({ ...RECORD, state: 'revoked', owner: 'acme' })).toMatchObject({
      principal: { subject: RECORD.id, owner: 'acme', slot: 0 },
    })
  })

  it('is one object as long as its record is, so that what is worked out once need not be again', async () => {
    const entry: Entry = { id: `key:${RECORD.id}`, value: encodeRecord({ ...RECORD, ...ROTATED }), version: '1' }
    const parse = vi.spyOn(JSON, 'parse')
    const find = knownKeys({ get: () => entry }, { name: 'keys', ceiling: undefined }, nodeDigests())
    const judges = [await find(RECORD.id), await find(RECORD.id)]
    const principals = judges.flatMap((judge) => [judge?.(CURRENT, NOW - 1), judge?.(PREVIOUS, NOW - 1)])
    expect(new Set(principals).size).toBe(2)
    expect(parse.mock.calls.length).toBe(1)
    parse.mockRestore()
  })
})

describe('a ceiling', () => {
  const custom: KeyRecord = { ...RECORD, type: 'custom', permissions: ['orders.read', 'orders.*', 'files.a', '*'] }

  it('that is custom tells what it covers of what is granted', async () => {
    const ceiling: Grant = { type: 'custom', permissions: ['orders.*'] }
    expect(await told(custom, CURRENT, NOW, ceiling)).toMatchObject({
      grant: { permissions: custom.permissions },
      ceiling,
      covered: ['orders.read', 'orders.*'],
    })
  })

  it.each(['read-only', 'full-access'] as const)('that is %s takes nothing away from what is told', async (type) => {
    const outcome = await told(custom, CURRENT, NOW, { type, permissions: [] })
    expect(outcome).toMatchObject({ ceiling: { type }, grant: { permissions: custom.permissions } })
    expect(outcome).not.toHaveProperty('covered')
  })

  it('never tells a permission that reaches beyond it', async () => {
    const permission = (...segments: readonly string[]) =>
      fc.array(fc.constantFrom(...segments), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'))
    const permissions = fc.uniqueArray(permission('a', 'b', '*'), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(permissions, permissions, permission('a', 'b'), async (granted, most, needed) => {
        const ceiling: Grant = { type: 'custom', permissions: most }
        const outcome = (await told({ ...custom, permissions: granted }, CURRENT, NOW, ceiling)) as Principal
        const passes = (patterns: readonly string[]) =>
          patterns.some((each) => covers(parsePermission(each).parts, parsePermission(needed).parts))
        expect(outcome.covered?.every((each) => granted.includes(each))).toBe(true)
        // What is told must pass by both, or an origin that believes it would allow more than the gate.
        if (passes(outcome.covered ?? [])) expect([passes(granted), passes(most)]).toEqual([true, true])
      }),
    )
  })
})

describe('a record', () => {
  it.each([
    ['of a later version', { v: 2 }],
    ['with an address that is none', { addresses: ['10.0.0.0/33'] }],
    ['without a state', { state: undefined }],
  ])('%s is no record', async (_name, facts) => {
    await expect(told({ ...RECORD, ...facts } as KeyRecord)).rejects.toMatchObject({ name: 'RecordUnreadable' })
  })

  it('that is not there is no key', async () => {
    const find = knownKeys({ get: () => undefined }, { name: 'keys', ceiling: undefined }, nodeDigests())
    expect(await find(RECORD.id)).toBeUndefined()
  })
})

describe('orUnavailable', () => {
  const down = new StoreError('sqlite', 'down', 'disk')
  /** As another bundle's copy of the class would make it. */
  const foreign = Object.assign(new Error('upstash: no answer'), { name: 'StoreError' })
  const unreadable = Object.assign(new Error('a stored key is no JSON'), { name: 'RecordUnreadable' })

  it.each([
    [down, 'sqlite: disk'],
    [foreign, 'upstash: no answer'],
    [unreadable, 'RecordUnreadable'],
  ])('makes %s a refusal, thrown or rejected', async (error, detail) => {
    const refusal = { reason: 'dependency-unavailable', detail }
    expect(
      orUnavailable(() => {
        throw error
      }),
    ).toEqual(refusal)
    expect(await orUnavailable(() => Promise.reject(error))).toEqual(refusal)
  })

  it.each([new TypeError('a bug'), 'a text', undefined])('passes %s on', async (error) => {
    await expect(async () => orUnavailable(() => Promise.reject(error))).rejects.toBe(error)
  })

  it('gives what was worked out', async () => {
    expect(orUnavailable(() => 1)).toBe(1)
    expect(await orUnavailable(() => Promise.resolve(2))).toBe(2)
  })
})
