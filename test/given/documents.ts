import type { Document } from '../../src/document.ts'

/** A document that uses every key there is, and is valid. */
export const EVERYTHING: Document = {
  $schema: './latchkey.schema.json',
  realm: 'orders',
  base: '/_latchkey',
  origin: {
    url: 'http://127.0.0.1:9000',
    binding: 'ORIGIN',
    headers: {
      'x-origin-secret': [{ secret: 'ORIGIN_SECRET', until: '2027-01-01T00:00:00Z' }, { secret: 'ORIGIN_NEXT' }],
    },
    timeoutSeconds: 30,
  },
  refusals: { dialect: 'strapi', missing: 403, surface: 401 },
  credentials: [
    {
      kind: 'static-token',
      name: 'partners',
      from: [
        { header: 'authorization', scheme: 'bearer' },
        { header: 'x-api-key' },
        { cookie: 'session' },
        { query: 'api_token' },
        { subprotocol: 'latchkey' },
      ],
      tokens: [{ secret: 'PARTNERS' }, { secret: 'PARTNERS_PREVIOUS', until: '2027-01-01T00:00:00Z' }],
      type: 'custom',
      permissions: ['orders.read', 'api::*.find'],
      surface: 'api',
      forward: true,
    },
    { kind: 'static-token', name: 'operators', tokens: { secret: 'OPERATORS' }, type: 'full-access', surface: 'admin' },
    {
      kind: 'api-key',
      name: 'keys',
      prefixes: ['lk', 'lk_old'],
      peppers: [
        { version: 2, secret: 'PEPPER' },
        { version: 'a', secret: 'PEPPER_PREVIOUS' },
      ],
      cacheSeconds: 10,
      imports: [
        { scheme: 'strapi', salt: { secret: 'API_TOKEN_SALT' } },
        { scheme: 'sha256', shape: '^unkey_[A-Za-z0-9]{22,}$' },
      ],
      type: 'custom',
      permissions: ['orders.*'],
      limits: [
        { requests: 100, windowSeconds: 60 },
        { requests: 10_000, per: 'month', by: 'owner' },
      ],
      selfRotation: true,
    },
  ],
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/api/:collection', methods: ['GET', 'HEAD'], permission: 'api::{collection}.find', access: 'read' },
    { path: '/api/:collection/:id', permission: ['api::{collection}.write', 'all.write'], credentials: ['partners'] },
    { path: '/files/*', tail: 'opaque', permission: 'files.read', preflight: 'forward' },
    { path: '/admin/*', surface: 'admin', permission: 'admin.use' },
  ],
  paths: 'case-sensitive',
  preflight: 'refuse',
  addresses: { allow: ['10.0.0.0/8', '2001:db8::/32'] },
  proxies: { secret: { secret: 'PROXY_SECRET' }, addresses: ['10.1.0.0/16'], dialect: 'forwarded' },
  cors: { origins: ['https://app.example', '*'] },
  transport: 'https',
  secretsSeconds: 30,
  staleSeconds: 60,
  revocation: { withinSeconds: 120 },
  apis: [
    {
      api: 'a1b2c3d4e5',
      stage: 'prod',
      basePath: '/v1',
      resultTtlSeconds: 0,
      cachedBy: ['method', 'path', 'address'],
      greedy: false,
      usagePlans: true,
    },
  ],
  store: { binding: 'KEYS', kind: 'cloudflare-d1' },
  limiter: { binding: 'COUNTERS', kind: 'cloudflare-durable-object' },
  keys: {
    defaultLifetimeDays: 30,
    maxLifetimeDays: 365,
    allowNever: false,
    encryption: { secret: 'ENCRYPTION_KEY' },
    nearExpiryDays: 7,
  },
  issuing: {
    issuer: 'https://api.example',
    keys: [{ secret: 'SIGNING_KEY' }, { secret: 'SIGNING_KEY_PREVIOUS', until: '2027-01-01T00:00:00Z' }],
    next: { secret: 'SIGNING_KEY_NEXT' },
    lifetimeSeconds: 600,
  },
  identity: {
    audience: 'orders-origin',
    publicOrigin: 'https://api.example',
    algorithm: 'EdDSA',
    keys: [{ secret: 'IDENTITY_KEY' }, { secret: 'IDENTITY_KEY_PREVIOUS', until: '2027-01-01T00:00:00Z' }],
    next: { secret: 'IDENTITY_KEY_NEXT' },
    claims: ['email'],
  },
  owners: { acme: { limits: [{ requests: 5, windowSeconds: 1 }] } },
  webhooks: [{ url: 'https://hooks.example/latchkey', secret: { secret: 'WEBHOOK_SECRET' }, types: ['key-*'] }],
  resourceMetadata: {
    resource: 'https://api.example/mcp',
    scopes: ['orders.read'],
    documentation: 'https://docs.example/tokens',
  },
  log: { allowed: true, sample: 0.5, address: 'truncated' },
}

export type PathInDocument = readonly (string | number)[]

/** A copy of a document with another value at a place; `undefined` takes the key away. */
export function changed(document: unknown, path: PathInDocument, value: unknown): unknown {
  const [key, ...below] = path
  if (key === undefined) return value
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<
    string | number,
    unknown
  >
  const next = changed(copy[key], below, value)
  if (next === undefined) delete copy[key]
  else Object.defineProperty(copy, key, { value: next, enumerable: true, configurable: true, writable: true })
  return copy
}

/** Every place of a document at which something stands that is no object and no list. */
export function leavesOf(document: unknown, above: PathInDocument = []): PathInDocument[] {
  if (typeof document !== 'object' || document === null) return [above]
  const isList = Array.isArray(document)
  return Object.entries(document).flatMap(([key, value]) => leavesOf(value, [...above, isList ? Number(key) : key]))
}
