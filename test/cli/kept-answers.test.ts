import { describe, expect, test } from 'vitest'
import { inexpressible } from '../../src/cli/aws/inexpressible.ts'
import { keyWarnings } from '../../src/cli/aws/key-warnings.ts'
import { settingsOf } from '../../src/config.ts'
import type { ApiDocument, Document } from '../../src/document.ts'
import type { KeyView } from '../../src/http/keys/replies.ts'

const KEEPS: ApiDocument = { stage: 'prod', resultTtlSeconds: 300 }
const DOCUMENT: Document = {
  credentials: [
    { kind: 'static-token', name: 'full', tokens: { secret: 'T' }, type: 'full-access' },
    { kind: 'static-token', name: 'lister', tokens: { secret: 'U' }, type: 'custom', permissions: ['orders.list'] },
    { kind: 'api-key', name: 'keys', peppers: [{ version: 1, secret: 'PEPPER' }] },
  ],
  routes: [
    { path: '/orders', methods: ['GET'], permission: 'orders.list' },
    { path: '/orders/:id', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders/:id/items', methods: ['GET'], permission: 'items.read' },
  ],
  store: { binding: 'KEYS', kind: 'dynamodb' },
  apis: [KEEPS],
}
const KEY: KeyView = {
  id: '0123456789abcdefg',
  name: 'billing',
  description: null,
  type: 'custom',
  permissions: ['orders.list'],
  surface: 'api',
  owner: null,
  createdAt: '2026-01-01T00:00:00Z',
  expiresAt: null,
  state: 'active',
  addresses: null,
  limits: [],
  metadata: {},
  revoked: null,
  rotation: null,
  lastUsedAt: null,
  previousSecretUsedAt: null,
  viewable: false,
  imported: null,
}

describe('the credentials that no kept policy can express', () => {
  const told = (api: ApiDocument, document: Document = DOCUMENT) =>
    inexpressible(settingsOf(document, { transport: 'any' }), api).map(({ credential }) => credential)

  test('are those whose routes lie around others', () => {
    expect(told(KEEPS)).toEqual(['full', 'keys, type full-access', 'keys, type read-only'])
    expect(inexpressible(settingsOf(DOCUMENT, { transport: 'any' }), KEEPS)[0]?.why).toBe(
      'no policy for a whole stage says all of /orders/:id: an answer to one of these names its own path',
    )
  })

  test.each<[string, ApiDocument]>([
    ['nothing is kept', {}],
    ['nothing else reaches an integration', { ...KEEPS, greedy: false }],
    ['each path is kept by itself', { ...KEEPS, cachedBy: ['method', 'path'] }],
  ])('are none where %s', (_, api) => {
    expect(told(api)).toEqual([])
  })

  test('are all whose policy would be too long', () => {
    const routes = Array.from({ length: 60 }, (_, place) => ({
      path: `/collection-${place}/:id`,
      permission: 'orders.list',
    }))
    expect(told(KEEPS, { ...DOCUMENT, routes })).toEqual([
      'full',
      'lister',
      'keys, type full-access',
      'keys, type read-only',
    ])
    expect(told({ ...KEEPS, greedy: false }, { ...DOCUMENT, routes })).toEqual([])
  })
})

describe('a key that is made', () => {
  test.each<[string, Partial<KeyView>, readonly string[]]>([
    ['whose routes can be told', {}, []],
    [
      'whose routes lie around others',
      { permissions: ['orders.read', 'items.read'] },
      [
        'every API, stage prod keeps answers: no policy for a whole stage says all of /orders/:id: an answer to one of these names its own path',
      ],
    ],
    [
      'with limits',
      { limits: [{ requests: 5, per: 'day' }] },
      ['every API, stage prod keeps answers: a key with limits of its own is refused there as not-configured'],
    ],
    [
      'with addresses',
      { addresses: ['10.0.0.0/8'] },
      [
        'every API, stage prod keeps answers: a key with addresses of its own is refused there as not-configured, unless "cachedBy" has "address"',
      ],
    ],
  ])('is told of: %s', (_, more, expected) => {
    expect(keyWarnings(DOCUMENT, { ...KEY, ...more })).toEqual(expected)
    expect(keyWarnings({ ...DOCUMENT, apis: [{}] }, { ...KEY, ...more })).toEqual([])
  })
})
