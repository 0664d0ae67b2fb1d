import { describe, expect, test } from 'vitest'
import { checkLimits } from '../../src/cli/limits-check.ts'
import { storeKindOf, withStoreKind } from '../../src/cli/store-kind.ts'
import type { Document, LimitDocument } from '../../src/document.ts'
import { DOCUMENT } from '../given/authority.ts'

const [credential] = DOCUMENT.credentials as [Document['credentials'][number]]

function limited(limits: readonly LimitDocument[], more: Partial<Document> = {}): Document {
  return { ...DOCUMENT, credentials: [{ ...credential, limits }], ...more }
}

const MINUTE: LimitDocument = { requests: 100, windowSeconds: 60 }
const MONTH: LimitDocument = { requests: 10_000, per: 'month' }

describe("what counts a document's limits", () => {
  test("is nobody's concern where there are none", () => {
    expect(checkLimits(DOCUMENT, 'aws')).toEqual({ faults: [], warnings: [] })
  })

  test('is the process on Node where nothing else is named, and cannot keep what is longer than one', () => {
    expect(checkLimits(limited([MINUTE]), 'node')).toEqual({
      faults: [],
      warnings: ['limits are counted by each process for itself'],
    })
    expect(checkLimits(limited([MINUTE, MONTH]), 'node').faults).toEqual([
      { pointer: '/credentials/0/limits/1', message: expect.stringContaining('ends with its process') },
    ])
  })

  test('is nothing on other hosts where nothing is named', () => {
    expect(checkLimits(limited([MINUTE]), 'aws').warnings).toEqual([expect.stringContaining('counted nowhere')])
  })

  test('is unknown where a binding does not say what it is', () => {
    const { faults, warnings } = checkLimits(limited([MONTH], { store: { binding: 'KEYS' } }), 'cloudflare')
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [expect.stringContaining('"store" says its "kind"')] })
  })

  test.each(['cloudflare-kv', 'global-config'] as const)('cannot be %s', (kind) => {
    const document = limited([MINUTE], { store: { binding: 'KEYS', kind }, owners: { acme: { limits: [MONTH] } } })
    expect(checkLimits(document, 'cloudflare').faults.map(({ pointer }) => pointer)).toEqual([
      '/credentials/0/limits/0',
      '/owners/acme/limits/0',
    ])
  })

  test('is the limiter before the store, and keeps what that keeps', () => {
    const store = { binding: 'KEYS', kind: 'cloudflare-kv' } as const
    const exact = { binding: 'COUNTERS', kind: 'cloudflare-durable-object' } as const
    expect(checkLimits(limited([MINUTE, MONTH], { store, limiter: exact }), 'cloudflare')).toEqual({
      faults: [],
      warnings: [],
    })
    const binding = { binding: 'RATE', kind: 'cloudflare-rate-limit' } as const
    expect(checkLimits(limited([MONTH], { store, limiter: binding }), 'cloudflare').faults).toEqual([
      { pointer: '/credentials/0/limits/0', message: expect.stringContaining('10 or 60 seconds') },
    ])
    expect(checkLimits(limited([MINUTE, MINUTE], { store, limiter: binding }), 'cloudflare').faults).toEqual([
      { pointer: '/credentials/0/limits/1', message: expect.stringContaining('beside the first one') },
    ])
  })
})

describe('the kind of a store', () => {
  test.each([
    ['sqlite:./keys.db', 'sqlite'],
    ['memory:', 'memory'],
    ['upstash:https://a.example', 'upstash'],
    ['redis:x', undefined],
    ['sqlite', undefined],
    ['', undefined],
  ])('of %j is %s', (text, kind) => {
    expect(storeKindOf(text)).toBe(kind)
  })

  test('is told in the document where that names a store', () => {
    const document = { ...DOCUMENT, store: { binding: 'KEYS' } }
    expect(withStoreKind(document, 'sqlite:./keys.db').store).toEqual({ binding: 'KEYS', kind: 'sqlite' })
    expect(withStoreKind(document, undefined)).toBe(document)
    expect(withStoreKind(DOCUMENT, 'sqlite:./keys.db')).toBe(DOCUMENT)
  })
})
