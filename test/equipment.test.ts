import { describe, expect, it, vi } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { CredentialDocument, Document } from '../src/document.ts'
import type { EquippedKind, Parts } from '../src/equipment.ts'
import { equipmentOf } from '../src/equipment.ts'
import type { Equipped, PlacedVerifier, PreparedKind } from '../src/kind.ts'
import type { NamedPolicy, Recorder, Verifier } from '../src/model/ports.ts'
import type { CredentialKind } from '../src/model/principal.ts'
import { StoreError } from '../src/model/store-error.ts'
import { memory } from '../src/stores/memory.ts'
import { hostOf } from './given/authority.ts'
import { attemptOf } from './policies/attempt.ts'

const PASSES: NamedPolicy = { name: 'passes', policy: () => undefined }
const STORE = { binding: 'KEYS' }
const API_KEY: CredentialDocument = { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }
const GATEWAY: CredentialDocument = { kind: 'gateway-key', gateways: { gw1: { primary: { secret: 'GW1' } } } }

/** A kind whose verifiers have turns, with whatever else a test gives it. */
function kindOf(kind: CredentialKind, turns: readonly number[], more: Partial<PreparedKind> = {}, parts?: Parts) {
  const forgotten: string[] = []
  const made: EquippedKind<undefined> & { readonly forgotten: string[] } = {
    kind,
    forgotten,
    prepare: () => ({
      verifiers: () => turns.map((turn) => placed(kind, turn)),
      gap: () => undefined,
      policies: [PASSES],
      forget: (id) => void forgotten.push(id),
      ...more,
    }),
    ...(parts && { parts: () => parts }),
  }
  return made
}

function placed(kind: CredentialKind, turn: number): PlacedVerifier {
  const verifier: Verifier = { kind, verify: () => undefined }
  return { verifier, places: new Set(), turn }
}

function equipped(
  credentials: readonly CredentialDocument[],
  kinds: readonly EquippedKind<undefined>[],
  document: Partial<Document> = {},
  more: Parts = {},
): Equipped {
  const settings = settingsOf({ routes: [], ...document, credentials }, { transport: 'any' })
  return equipmentOf(kinds, [() => more], undefined).equip(settings, hostOf(), () => [])
}

describe('equipment', () => {
  it('knows static tokens and the kinds that were passed', () => {
    expect(equipmentOf([], [], undefined).kinds).toEqual(['static-token'])
    expect(equipmentOf([kindOf('api-key', [])], [], undefined).kinds).toEqual(['static-token', 'api-key'])
  })

  it('asks the verifiers of all credentials by their turns', async () => {
    const { verifiers } = equipped([API_KEY, GATEWAY], [kindOf('api-key', [4, 2]), kindOf('gateway-key', [1, 3])])
    const asked = await verifiers(() => [], [])
    expect(asked.map(({ verifier, turn }) => `${turn} ${verifier.kind}`)).toEqual([
      '1 gateway-key',
      '2 api-key',
      '3 gateway-key',
      '4 api-key',
    ])
  })

  it('waits for verifiers that are still to come', async () => {
    const late = kindOf('api-key', [], { verifiers: async () => [placed('api-key', 2)] })
    const { verifiers } = equipped([API_KEY, GATEWAY], [late, kindOf('gateway-key', [1])])
    expect((await verifiers(() => [], [])).map(({ turn }) => turn)).toEqual([1, 2])
  })

  it('tells the gap of a credential by its name', () => {
    const { gap } = equipped([{ ...API_KEY, name: 'keys' }], [kindOf('api-key', [], { gap: () => 'not-configured' })])
    expect([gap('keys', () => []), gap('others', () => [])]).toEqual(['not-configured', undefined])
  })

  it('lets every credential forget an entry that was changed', () => {
    const kind = kindOf('api-key', [])
    equipped([API_KEY, { ...API_KEY, name: 'others', prefixes: ['other'] }], [kind]).forget('key:1a')
    expect(kind.forgotten).toEqual(['key:1a', 'key:1a'])
  })

  it('asks each policy once, and the one that counts last', () => {
    const counts: NamedPolicy = { name: 'limits', policy: () => undefined }
    const others = { ...API_KEY, name: 'others', prefixes: ['other'] }
    const { policies } = equipped([API_KEY, others], [kindOf('api-key', [])], {}, { limits: () => counts })
    expect(policies).toEqual([PASSES, counts])
  })

  it('asks nobody to count where nobody can have limits', () => {
    const limits = vi.fn(() => PASSES)
    expect(equipped([GATEWAY], [kindOf('gateway-key', [])], {}, { limits }).policies).toEqual([PASSES])
    expect(limits).not.toHaveBeenCalled()
  })

  it('takes what the entry file names before what a kind brings', () => {
    const [own, named] = [memory(), memory()]
    const kind = kindOf('api-key', [], {}, { openStore: () => own })
    const recorder: Recorder = { record: () => undefined, flush: async () => undefined }
    const opened = vi.fn((_settings: unknown, _store: unknown, _sink: unknown) => recorder)
    const told = equipped([API_KEY], [kind], { store: STORE }, { openStore: () => named, recorder: opened })
    expect(told.recorder).toBe(recorder)
    expect(opened.mock.calls[0]?.[1]).toBe(told.store)
  })

  it('opens no store that the document does not name, and so records nothing', () => {
    const parts: Parts = { openStore: () => memory(), recorder: () => expect.unreachable() }
    const { store, recorder } = equipped([GATEWAY], [kindOf('gateway-key', [])], {}, parts)
    expect([store, recorder]).toEqual([undefined, undefined])
  })

  it('writes to the sinks of the document where there are some', () => {
    const sink = { write: () => undefined }
    expect(equipped([API_KEY], [kindOf('api-key', [])], {}, { sink: () => sink }).sink).toBe(sink)
  })

  it('tells of a store that failed when it was last read, until it answers again', async () => {
    let isDown = true
    const kept = memory()
    const openStore = () => ({
      ...kept,
      get(id: string) {
        if (isDown) throw new StoreError('memory', 'down', 'it is turned off')
        return kept.get(id)
      },
    })
    const { store, failing } = equipped([API_KEY], [kindOf('api-key', [])], { store: STORE }, { openStore })
    expect(failing()).toEqual([])
    expect(() => store?.get('key:1a')).toThrow(StoreError)
    expect(failing()).toEqual(['store'])
    isDown = false
    await store?.get('key:1a')
    expect(failing()).toEqual([])
  })

  it('tells every recorder of each decision, and waits for all', async () => {
    const flushed: string[] = []
    const recorderOf = (name: string) => ({ record: vi.fn(), flush: async () => void flushed.push(name) })
    const [own, ofStore] = [recorderOf('own'), recorderOf('store')]
    const parts: Parts = { openStore: () => memory(), recorder: () => ofStore }
    const kind = kindOf('api-key', [], { recorder: own })
    const { recorder } = equipped([API_KEY], [kind], { store: STORE }, parts)
    recorder?.record({} as never, {} as never, () => undefined)
    await recorder?.flush()
    expect([own.record, ofStore.record].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
    expect(flushed.sort()).toEqual(['own', 'store'])
  })
})

describe('where nothing counts', () => {
  const LIMITED = { limits: [{ requests: 1, windowSeconds: 60 }] } as const
  const owners = { acme: LIMITED }
  const { policies } = equipped([{ ...API_KEY, name: 'limited', ...LIMITED }], [kindOf('api-key', [])], { owners })
  const [{ policy } = PASSES] = policies.slice(-1)

  it.each<[string, object, object | undefined]>([
    ['a credential with limits is refused', { principal: { credential: 'limited' } }, { reason: 'not-configured' }],
    ['a key with limits is refused', { principal: { constraints: LIMITED } }, { reason: 'not-configured' }],
    ['an owner with limits is refused', { principal: { owner: 'acme' } }, { reason: 'not-configured' }],
    ['another owner passes', { principal: { owner: 'globex' } }, undefined],
    ['an owner called constructor passes', { principal: { owner: 'constructor' } }, undefined],
    ['a key without limits passes', {}, undefined],
    ['an endpoint of ours is open', { principal: { credential: 'limited' }, match: { endpoint: 'whoami' } }, undefined],
  ])('%s', async (_name, facts, expected) => {
    const outcome = await policy(attemptOf(facts).attempt)
    if (expected) expect(outcome).toMatchObject(expected)
    else expect(outcome).toBeUndefined()
  })
})
