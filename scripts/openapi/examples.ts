import type { IssuedToken, IssuedView, KeyView, UsageView } from '../../src/http/keys/replies.ts'
import type { PublicKey } from '../../src/key-sets/own-key.ts'

/** Examples for the OpenAPI document; a test holds each to its schema. */

const ID = '04gZ2hT8kQ1vXc5Rn'
const TOKEN = `lk_11${ID}0Mb1ZpTr4Wq7Hs2Jd9Lf3Xg6Vk8Nc5Ry0Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8`

export const key: KeyView = {
  id: ID,
  name: 'acme nightly export',
  description: 'reads orders every night',
  type: 'custom',
  permissions: ['orders.read'],
  surface: 'api',
  owner: 'acme',
  createdAt: '2026-06-01T09:00:00.000Z',
  expiresAt: '2026-08-30T09:00:00.000Z',
  state: 'active',
  addresses: ['203.0.113.0/24'],
  limits: [{ requests: 100, windowSeconds: 60 }],
  metadata: { team: 'billing' },
  revoked: null,
  rotation: null,
  lastUsedAt: '2026-06-02T03:00:00.000Z',
  previousSecretUsedAt: null,
  viewable: false,
  imported: null,
}

export const issuedKey: IssuedView = { ...key, lastUsedAt: null, token: TOKEN }

export const newKey = {
  name: key.name,
  description: key.description,
  type: 'custom',
  permissions: key.permissions,
  owner: 'acme',
  lifetimeDays: 90,
  addresses: key.addresses,
  limits: key.limits,
  metadata: key.metadata,
}

export const ownRotation = {
  id: ID,
  token: TOKEN,
  expiresAt: key.expiresAt,
  rotation: { until: '2026-06-02T10:00:00.000Z' },
}

export const importedKeys = [
  {
    name: 'website',
    type: 'custom',
    permissions: ['api::article.article.find'],
    createdAt: '2024-05-01T08:00:00Z',
    expiresAt: null,
    scheme: 'strapi',
    hash: '9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043',
  },
]

export const importResults = {
  results: [
    { name: 'website', result: 'imported', id: ID },
    { name: 'mobile', result: 'refused', reason: 'name-taken', errors: [] },
  ],
}

export const introspection = {
  active: true,
  sub: ID,
  iat: 1_780_304_400,
  exp: 1_788_080_400,
  scope: 'orders.read',
  name: key.name,
  owner: 'acme',
  type: 'custom',
  surface: 'api',
}

export const usage: UsageView = {
  from: '2026-06-01',
  to: '2026-06-30',
  rows: [
    {
      key: ID,
      owner: 'acme',
      day: '2026-06-02',
      allowed: 118,
      refused: { 'permission-missing': 2 },
      routes: { '/orders': 120 },
      firstSeen: '2026-06-02T03:00:00.000Z',
      lastSeen: '2026-06-02T03:04:10.000Z',
    },
  ],
  unreadable: 0,
}

export const events = {
  items: [
    {
      type: 'key-rotated',
      time: '2026-06-03T10:00:00.000Z',
      keyId: ID,
      name: key.name,
      owner: 'acme',
      actor: 'api-key:0Gq3vT8kQ1vXc5RnZ',
      until: '2026-06-04T10:00:00.000Z',
      detail: null,
    },
  ],
  cursor: null,
}

export const problem = {
  type: 'urn:latchkey:reason:invalid',
  title: 'Mend what the errors tell.',
  status: 422,
  reason: 'invalid',
  requestId: '0d7a0a5e-8e0c-4e5b-9d2f-6f1f0a4b7c11',
  errors: [{ detail: 'segments split by "." or ":", such as "orders.read"', pointer: '/permissions/0' }],
}

export const issuedToken: IssuedToken = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwNGdaMmhUOGtRMXZYYzVSbiJ9.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 900,
  scope: 'orders.read',
}

export const publicKeys: { readonly keys: readonly PublicKey[] } = {
  keys: [
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      alg: 'EdDSA',
      use: 'sig',
    },
  ],
}
