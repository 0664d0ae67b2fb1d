import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyDraft } from '../../src/keys/draft.ts'
import { applied, DEFAULT_LIFETIMES, draftFaults, endOf } from '../../src/keys/draft.ts'
import type { KeyRecord } from '../../src/keys/record.ts'
import { decodeRecord, encodeRecord } from '../../src/keys/record.ts'
import { rowOf } from '../../src/lib/storable.ts'
import { DAY, NOW } from './given.ts'

const RECORD: KeyRecord = {
  id: '00000000000000000',
  name: 'ci',
  type: 'read-only',
  permissions: [],
  surface: 'api',
  createdAt: NOW,
  state: 'active',
  secret: { digest: '0'.repeat(43), pepperVersion: '1' },
}

function places(draft: object, lifetimes = DEFAULT_LIFETIMES): string[] {
  return draftFaults(draft as KeyDraft, lifetimes, NOW).map(({ pointer }) => pointer)
}

describe('a draft', () => {
  test.each<[string, object]>([
    ['nothing at all', {}],
    ['a name of a hundred characters', { name: 'x'.repeat(100) }],
    ['a name in another script', { name: 'Zürich 日本語' }],
    ['lines in the description', { description: 'one\n\ttwo' }],
    ['an empty description, owner, and lists', { description: '', owner: '', addresses: [], limits: [], metadata: {} }],
    [
      'every permission of a large system',
      { type: 'custom', permissions: Array.from({ length: 900 }, (_, n) => `api::type-${n}.find`) },
    ],
    [
      'limits by window and by calendar',
      {
        limits: [
          { requests: 1, windowSeconds: 1 },
          { requests: 1e9, per: 'month' },
        ],
      },
    ],
    ['an end in the next second', { expiresAt: NOW + 1 }],
    ['no end', { expiresAt: 'never' }],
  ])('may ask for %s', (_, draft) => {
    expect(places(draft)).toEqual([])
  })

  test.each<[string, object, string[]]>([
    ['no name', { name: '' }, ['/name']],
    ['a name that is longer', { name: 'x'.repeat(101) }, ['/name']],
    ['a name that no reservation holds', { name: '日'.repeat(40) }, ['/name']],
    ['a name with a space at its end', { name: 'ci ' }, ['/name']],
    ['a name that steers a terminal', { name: 'a\u001b[2Jb' }, ['/name']],
    ['a name that turns the reading direction', { name: 'a\u202eb' }, ['/name']],
    ['a name that is half a character', { name: 'a\ud83d' }, ['/name']],
    ['a name that is no text', { name: 5 }, ['/name']],
    ['null', { name: null, owner: null, permissions: null }, ['/name', '/owner', '/permissions', '/permissions']],
    ['a description that is longer', { description: 'x'.repeat(501) }, ['/description']],
    ['a description that steers a terminal', { description: '\u001b[0m' }, ['/description']],
    ['another type', { type: 'full' }, ['/type']],
    ['another surface', { surface: 'public' }, ['/surface']],
    ['custom without permissions', { type: 'custom' }, ['/permissions']],
    ['custom with none', { type: 'custom', permissions: [] }, ['/permissions']],
    ['permissions without custom', { permissions: ['a.b'] }, ['/permissions']],
    ['permissions that are no list', { type: 'custom', permissions: 'a.b' }, ['/permissions']],
    [
      'permissions of bad grammar',
      { type: 'custom', permissions: ['a.b', 'a b', 5] },
      ['/permissions/1', '/permissions/2'],
    ],
    [
      'more permissions than an entry holds',
      { type: 'custom', permissions: Array(200).fill('x'.repeat(200)) },
      ['/permissions'],
    ],
    ['more permissions than anybody lists', { type: 'custom', permissions: Array(1001).fill('a') }, ['/permissions']],
    ['no address', { addresses: ['localhost', '10.0.0.1/8', null] }, ['/addresses/0', '/addresses/1', '/addresses/2']],
    ['too many addresses', { addresses: Array(101).fill('10.0.0.1') }, ['/addresses']],
    ['too many limits', { limits: Array(11).fill({ requests: 1, per: 'day' }) }, ['/limits']],
    ['metadata that is no text', { metadata: { a: 1 } }, ['/metadata']],
    ['metadata that is a list', { metadata: ['a'] }, ['/metadata']],
    ['too much metadata', { metadata: { a: 'x'.repeat(4096) } }, ['/metadata']],
    ['an end that is over', { expiresAt: NOW - 1 }, ['/expiresAt']],
    ['an end that is now', { expiresAt: NOW }, ['/expiresAt']],
    ['an end beyond every calendar', { expiresAt: 253_402_300_800 }, ['/expiresAt']],
    ['an end that is no time', { expiresAt: '2030-01-01' }, ['/expiresAt']],
    ['several things', { name: '', type: 'x', surface: 'y' }, ['/name', '/type', '/surface']],
  ])('may not ask for %s', (_, draft, expected) => {
    expect(places(draft)).toEqual(expected)
  })

  test.each([Number.POSITIVE_INFINITY, Number.NaN])('may not end at %d', (expiresAt) => {
    expect(places({ expiresAt })).toContain('/expiresAt')
  })

  test.each([
    {},
    { requests: 0, per: 'day' },
    { requests: 1.5, per: 'day' },
    { requests: '1', per: 'day' },
    { requests: 1 },
    { requests: 1, windowSeconds: 0 },
    { requests: 1, windowSeconds: 0.5 },
    { requests: 1, per: 'week' },
    { requests: 1, windowSeconds: 60, per: 'day' },
    { requests: 2 ** 53, per: 'day' },
    null,
    5,
  ])('has no limit %j', (limit) => {
    expect(places({ limits: [{ requests: 1, per: 'hour' }, limit] })).toEqual(['/limits/1'])
  })

  test('keeps to the lifetimes that are allowed', () => {
    const strict = { defaultLifetimeDays: 90, maxLifetimeDays: 30, allowNever: true }
    expect(places({ expiresAt: NOW + 30 * DAY }, strict)).toEqual([])
    expect(places({ expiresAt: NOW + 30 * DAY + 1 }, strict)).toEqual(['/expiresAt'])
    expect(places({ expiresAt: 'never' }, strict)).toEqual(['/expiresAt'])
    expect(places({ expiresAt: 'never' }, { ...DEFAULT_LIFETIMES, allowNever: false })).toEqual(['/expiresAt'])
    expect([endOf({}, strict, NOW), endOf({}, DEFAULT_LIFETIMES, NOW)]).toEqual([NOW + 30 * DAY, NOW + 90 * DAY])
  })
})

describe('a record', () => {
  const FULL: KeyRecord = {
    ...RECORD,
    type: 'custom',
    permissions: ['a.b'],
    description: 'old',
    owner: 'acme',
    addresses: ['10.0.0.1'],
    limits: [{ requests: 1, per: 'day' }],
    metadata: { a: 'b' },
    expiresAt: NOW,
  }

  test('keeps what a draft does not name', () => {
    expect(applied({}, FULL)).toEqual(FULL)
    expect(applied({ name: 'new' }, FULL)).toEqual({ ...FULL, name: 'new' })
  })

  test('loses what a draft names as empty', () => {
    const emptied = applied(
      { description: '', owner: '', addresses: [], limits: [], metadata: {}, expiresAt: 'never', type: 'read-only' },
      FULL,
    )
    expect(emptied).toEqual(RECORD)
  })

  test('takes nothing from a draft but what a draft may name', () => {
    const more = { id: 'x', state: 'revoked', secret: { digest: 'x', pepperVersion: '1' }, copy: 'x' }
    expect(applied(more as KeyDraft, FULL)).toEqual(FULL)
  })

  test('of every draft without faults fits in a store, and is read as it was written', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    const drafts = fc.record(
      {
        name: line,
        description: fc.string({ unit: 'binary', maxLength: 500 }),
        owner: line,
        type: fc.constantFrom('full-access', 'read-only', 'custom'),
        permissions: fc.array(fc.constant('x'.repeat(200)), { maxLength: 200 }),
        addresses: fc.array(fc.constantFrom('2001:db8:1111:2222::/64', '10.0.0.1'), { maxLength: 110 }),
        limits: fc.array(fc.constant({ requests: 2 ** 53 - 1, windowSeconds: 2 ** 53 - 1 }), { maxLength: 12 }),
        metadata: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme', size: 'large' })),
        expiresAt: fc.oneof(fc.double(), fc.constant('never')),
      },
      { requiredKeys: [] },
    )
    let reached = 0
    fc.assert(
      fc.property(drafts, (draft) => {
        const record = applied(draft as KeyDraft, RECORD)
        if (places({ ...draft, type: record.type }).length > 0) return
        reached++
        const text = encodeRecord({ ...record, previous: { ...record.secret, until: NOW }, copy: 'x'.repeat(1000) })
        expect(() => rowOf('key:a', text, { index: { name: record.name } })).not.toThrow()
        expect(decodeRecord(encodeRecord(record))).toEqual(JSON.parse(JSON.stringify(record)))
      }),
      { numRuns: 1000 },
    )
    expect(reached).toBeGreaterThan(50)
  })
})
