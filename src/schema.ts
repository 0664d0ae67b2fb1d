import * as v from 'valibot'
import type { Document } from './document.ts'
import { PREFIX } from './keys/format.ts'
import { MOST_TOKEN_SECONDS } from './keys/token-claims.ts'
import { isExpression, isQuick } from './lib/expression.ts'
import { GATEWAY_ID } from './lib/gateway-token.ts'
import { TOKEN } from './lib/header-name.ts'
import { isLoopbackHost, isOriginUrl, ORIGIN_URL } from './lib/host.ts'
import { parseRange } from './lib/ip.ts'
import { PERMISSION } from './lib/permission.ts'
import { parseTimestamp } from './lib/time.ts'

/**
 * The configuration document's shape. The JSON Schema that is published comes from here; what ties one place to another
 * is in rules.ts. Every message says what is allowed and none repeats what was found: somebody may have pasted a secret
 * where its name belongs.
 */

const text = (message: string) => v.string(message)
const oneOf = <const Options extends readonly [string, ...string[]]>(...options: Options) =>
  v.picklist(options, `one of ${options.map((option) => `"${option}"`).join(', ')}`)
const matching = (pattern: RegExp, message: string) => v.pipe(text(message), v.regex(pattern, message))
const between = (least: number, most: number, unit: string) => {
  const message = `a number of ${unit} from ${least} to ${most}`
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message))
}
const listOf = <Item extends v.GenericSchema>(item: Item, message: string) =>
  v.pipe(v.array(item, message), v.minLength(1, message))
const timestamp = (message: string) =>
  v.pipe(
    text(message),
    v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/, message),
    v.check((value) => parseTimestamp(value) !== undefined, message),
  )
const range = () => {
  const message = 'an IP address or a block such as "10.0.0.0/8" or "2001:db8::/32", with no bits set after the prefix'
  return v.pipe(
    text(message),
    v.check((value) => parseRange(value) !== undefined, message),
  )
}

const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
const secretName = v.pipe(
  text('the name of a secret: a letter or _, then letters, digits and _, 64 at most'),
  v.regex(SECRET_NAME, (issue) => `a string of ${issue.input.length} characters; name a secret`),
)

const secretSlot = v.strictObject(
  {
    secret: secretName,
    until: v.exactOptional(timestamp('a time with a zone, such as "2027-01-01T00:00:00Z"')),
  },
  'an object such as { "secret": "NAME" }',
)
const secrets = v.union(
  [secretSlot, listOf(secretSlot, 'a list of { "secret": "NAME" }, newest first')],
  '{ "secret": "NAME" }, or a list of them, newest first',
)

const place = v.strictObject(
  {
    header: v.exactOptional(matching(TOKEN, 'the name of a header')),
    scheme: v.exactOptional(matching(TOKEN, 'an authentication scheme, such as "bearer"')),
    cookie: v.exactOptional(matching(TOKEN, 'the name of a cookie')),
    query: v.exactOptional(matching(/^[A-Za-z0-9\-._~[\]]{1,64}$/, 'the name of a query parameter')),
    subprotocol: v.exactOptional(matching(/^[A-Za-z0-9\-_]{1,32}$/, 'the name of a WebSocket subprotocol')),
  },
  'an object such as { "header": "x-api-key" }',
)

const permission = () =>
  matching(PERMISSION, 'a permission of visible characters, its segments split by "." or ":", such as "orders.read"')

const whole = (least: number, most: number, unit: string) => {
  const message = `${unit}: a whole number from ${least} to ${most}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message))
}

const LIMIT = 'an object such as { "requests": 100, "windowSeconds": 60 } or { "requests": 10000, "per": "month" }'
const limitEntries = {
  requests: whole(1, 1_000_000_000, 'requests'),
  windowSeconds: v.exactOptional(whole(1, 31_536_000, 'seconds')),
  per: v.exactOptional(oneOf('hour', 'day', 'month')),
}

const CREDENTIAL_NAME = 'a name of letters, digits, ".", "_" and "-", 64 at most'
const credentialEntries = {
  name: v.exactOptional(matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, CREDENTIAL_NAME)),
  from: v.exactOptional(listOf(place, 'a list of places, such as [{ "header": "authorization", "scheme": "bearer" }]')),
  type: v.exactOptional(oneOf('full-access', 'read-only', 'custom')),
  permissions: v.exactOptional(listOf(permission(), 'a list of permissions')),
  forward: v.exactOptional(v.boolean('true or false')),
  limits: v.exactOptional(
    listOf(
      v.strictObject({ ...limitEntries, by: v.exactOptional(oneOf('subject', 'owner')) }, LIMIT),
      'a list of limits, one at least',
    ),
  ),
}

const staticToken = v.strictObject({
  kind: v.literal('static-token'),
  ...credentialEntries,
  surface: v.exactOptional(oneOf('api', 'admin', 'keys')),
  tokens: secrets,
})

const pepper = v.strictObject(
  {
    version: v.union(
      [whole(0, 9, 'a version'), matching(/^[0-9A-Za-z]$/, 'one letter or digit')],
      'a digit, or one letter or digit as text',
    ),
    secret: secretName,
  },
  'an object such as { "version": 1, "secret": "LATCHKEY_PEPPER" }',
)

const SHAPE = 'a regular expression of 1,000 characters at most, from "^" to "$", such as "^unkey_[A-Za-z0-9]{22,}$"'
const QUICK =
  'an expression that repeats nothing which repeats or has alternatives itself: a token could make it run for hours'
const imported = v.variant(
  'scheme',
  [
    v.strictObject({ scheme: v.literal('strapi'), salt: secrets }),
    v.strictObject({
      scheme: v.literal('sha256'),
      shape: v.pipe(matching(/^\^.{1,998}\$$/, SHAPE), v.check(isExpression, SHAPE), v.check(isQuick, QUICK)),
    }),
  ],
  'an import whose "scheme" is "strapi" or "sha256"',
)

const apiKey = v.strictObject({
  kind: v.literal('api-key'),
  ...credentialEntries,
  prefixes: v.exactOptional(
    listOf(matching(PREFIX, 'a prefix such as "lk" or "lk_test"'), 'a list of prefixes; the first makes new tokens'),
  ),
  peppers: listOf(pepper, 'a list of peppers, such as [{ "version": 1, "secret": "LATCHKEY_PEPPER" }]'),
  cacheSeconds: v.exactOptional(between(0, 3600, 'seconds')),
  imports: v.exactOptional(listOf(imported, 'a list of imports')),
  selfRotation: v.exactOptional(v.boolean('true or false')),
})

const ISSUER_URL = 'a URL such as "https://id.example/jwks.json": https, or http on loopback'
const issuerUrl = v.pipe(matching(/^https?:\/\/[^\s#@\\]+$/, ISSUER_URL), v.check(isWebhookUrl, ISSUER_URL))
const claimName = () => matching(/^[\x21-\x7e]{1,200}$/, 'the name of a claim, or a path such as "realm_access.roles"')
const claimValue = v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false')
const claimed = v.record(
  text('the name of a claim'),
  v.union([claimValue, listOf(claimValue, 'values')], 'a value, or a list'),
  'claims',
)
const AUDIENCE = 'a text, a list of texts, or null'
const KEYS =
  'one of { "jwksUrl" }, { "discover": true }, { "jwks": { "secret": "NAME" } }, { "own": true } and { "secret": "NAME" }'

const jwt = v.strictObject({
  kind: v.literal('jwt'),
  ...credentialEntries,
  surface: v.exactOptional(oneOf('api', 'admin', 'keys')),
  issuer: v.exactOptional(v.nullable(matching(/^[\x21-\x7e]{1,500}$/, 'what "iss" is, or null'))),
  audience: v.exactOptional(
    v.nullable(
      v.union([matching(/^.{1,500}$/, AUDIENCE), listOf(matching(/^.{1,500}$/, AUDIENCE), AUDIENCE)], AUDIENCE),
    ),
  ),
  algorithms: v.exactOptional(
    listOf(
      oneOf(
        'HS256',
        'HS384',
        'HS512',
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
      ),
      'a list of algorithms, such as ["ES256"]',
    ),
  ),
  keys: v.union(
    [
      v.strictObject({ jwksUrl: issuerUrl }, KEYS),
      v.strictObject({ discover: v.literal(true, 'true') }, KEYS),
      v.strictObject({ jwks: secrets }, KEYS),
      v.strictObject({ own: v.literal(true, 'true') }, KEYS),
      secretSlot,
      listOf(secretSlot, KEYS),
    ],
    KEYS,
  ),
  permissionsClaim: v.exactOptional(claimName()),
  grants: v.exactOptional(
    v.strictObject(
      {
        claim: claimName(),
        map: v.record(text('a role'), v.array(permission(), 'a list of permissions'), 'roles and their permissions'),
      },
      'an object such as { "claim": "org_role", "map": { "org:admin": ["orders.*"] } }',
    ),
  ),
  ownerClaim: v.exactOptional(claimName()),
  clockToleranceSeconds: v.exactOptional(between(0, 300, 'seconds')),
  requireExpiry: v.exactOptional(v.boolean('true or false')),
  maxAgeSeconds: v.exactOptional(between(1, 31_536_000, 'seconds')),
  types: v.exactOptional(listOf(matching(/^[!-~]{1,100}$/, 'a media type such as "at+jwt"'), 'a list of types')),
  require: v.exactOptional(claimed),
})

const gatewayKey = v.strictObject({
  kind: v.literal('gateway-key'),
  ...credentialEntries,
  surface: v.exactOptional(oneOf('api', 'admin', 'keys')),
  gateways: v.record(
    matching(GATEWAY_ID, 'the id of a gateway: 1 to 80 visible characters but "&" and ",", not "managed"'),
    v.strictObject(
      { primary: secrets, secondary: v.exactOptional(secrets) },
      'an object such as { "primary": { "secret": "GW1_PRIMARY" } }',
    ),
    'gateways and their keys',
  ),
  stringToSign: v.exactOptional(oneOf('round-trip', 'compact', 'either')),
})

const credential = v.variant(
  'kind',
  [staticToken, apiKey, jwt, gatewayKey],
  'a credential whose "kind" is "static-token", "api-key", "jwt" or "gateway-key"',
)

const route = v.strictObject(
  {
    path: text('a path such as "/api/:collection" or "/files/*"'),
    methods: v.exactOptional(listOf(matching(TOKEN, 'a method, such as "GET"'), 'a list of methods, such as ["GET"]')),
    public: v.exactOptional(v.boolean('true or false')),
    permission: v.exactOptional(
      v.union([permission(), listOf(permission(), 'a list of permissions')], 'a permission, or a list of them'),
    ),
    access: v.exactOptional(oneOf('read', 'write')),
    surface: v.exactOptional(oneOf('api', 'admin')),
    credentials: v.exactOptional(listOf(text('the name of a credential'), 'a list of names of credentials')),
    tail: v.exactOptional(oneOf('opaque')),
    preflight: v.exactOptional(oneOf('forward', 'refuse')),
  },
  'a route such as { "path": "/api/*", "permission": "api.use" }',
)

const ORIGIN_RULE = 'a URL such as "http://127.0.0.1:9000", with no path, query or user'
const originUrl = v.pipe(matching(ORIGIN_URL, ORIGIN_RULE), v.check(isOriginUrl, ORIGIN_RULE))
const origin = v.union(
  [
    originUrl,
    v.strictObject(
      {
        url: v.exactOptional(originUrl),
        binding: v.exactOptional(matching(SECRET_NAME, 'the name of a binding, or of a variable that holds a URL')),
        zone: v.exactOptional(v.literal(true, 'true, or nothing')),
        headers: v.exactOptional(
          v.record(matching(TOKEN, 'the name of a header'), secrets, 'headers and their secrets'),
        ),
        timeoutSeconds: v.exactOptional(between(1, 3600, 'seconds')),
      },
      'a URL, or an object such as { "url": "http://127.0.0.1:9000", "timeoutSeconds": 30 }',
    ),
  ],
  'a URL, or an object such as { "url": "http://127.0.0.1:9000", "timeoutSeconds": 30 }',
)

const dialect = oneOf('problem', 'strapi', 'praisonai')
const STORES = ['memory', 'sqlite', 'cloudflare-d1', 'cloudflare-kv', 'dynamodb', 'upstash', 'global-config'] as const
const bindingOf = <const Kinds extends readonly [string, ...string[]]>(...kinds: Kinds) =>
  v.strictObject(
    {
      binding: matching(
        SECRET_NAME,
        'the name of a binding, or of a variable that holds a text such as "sqlite:./keys.db"',
      ),
      kind: v.exactOptional(oneOf(...kinds)),
    },
    'an object such as { "binding": "KEYS" }',
  )

const RESOURCE_URL = 'a URL such as "https://api.example/mcp": https, or http on loopback, with no query or fragment'
const ISSUING_URL = 'the public URL of the deployment: https, or http on loopback, with no query or fragment'
const WEBHOOK_URL =
  'a URL such as "https://hooks.example/latchkey": https, or http on loopback, with no user or fragment'
const webhook = v.strictObject(
  {
    url: v.pipe(matching(/^https?:\/\/[^\s#@\\]+$/, WEBHOOK_URL), v.check(isWebhookUrl, WEBHOOK_URL)),
    secret: secrets,
    types: v.exactOptional(
      listOf(matching(/^[a-z][a-z-]*\*?$/, 'a type of event such as "key-revoked", or "key-*"'), 'a list of types'),
    ),
  },
  'an object such as { "url": "https://hooks.example/latchkey", "secret": { "secret": "WEBHOOK_SECRET" } }',
)

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.host))
}

const API = 'an object such as { "stage": "prod", "resultTtlSeconds": 300 }'
const api = v.strictObject(
  {
    api: v.exactOptional(matching(/^[a-z0-9]{1,64}$/, 'the id of an API')),
    stage: v.exactOptional(matching(/^(?:[A-Za-z0-9_-]{1,128}|\$default)$/, 'the name of a stage')),
    basePath: v.exactOptional(
      matching(/^(?:\/[A-Za-z0-9$\-_.+!*'()]+)+$/, 'a path such as "/v1", with no slash at its end'),
    ),
    resultTtlSeconds: v.exactOptional(whole(0, 3600, 'seconds')),
    cachedBy: v.exactOptional(listOf(oneOf('method', 'path', 'address'), 'a list of "method", "path" and "address"')),
    greedy: v.exactOptional(v.boolean('true or false')),
    usagePlans: v.exactOptional(v.boolean('true or false')),
  },
  API,
)

const refusedAs = v.exactOptional(v.picklist([401, 403], '401 or 403'))

/** The configuration document. */
export const documentSchema: v.GenericSchema<Document> = v.strictObject(
  {
    $schema: v.exactOptional(text('where the JSON Schema is')),
    realm: v.exactOptional(matching(/^[ !#-[\]-~]{1,100}$/, 'printable ASCII without " and \\, 100 at most')),
    base: v.exactOptional(
      matching(/^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/, 'a path such as "/_latchkey", with no slash at its end'),
    ),
    origin: v.exactOptional(origin),
    refusals: v.exactOptional(
      v.union(
        [dialect, v.strictObject({ dialect, missing: refusedAs, surface: refusedAs })],
        '"problem", "strapi" or "praisonai", or an object such as { "dialect": "strapi", "missing": 403 }',
      ),
    ),
    credentials: listOf(credential, 'a list of credentials, one at least'),
    routes: listOf(route, 'a list of routes, one at least'),
    paths: v.exactOptional(oneOf('strict', 'case-sensitive')),
    preflight: v.exactOptional(oneOf('forward', 'refuse')),
    addresses: v.exactOptional(
      v.strictObject({ allow: listOf(range(), 'a list of addresses and blocks') }, 'an object such as { "allow": [] }'),
    ),
    proxies: v.exactOptional(
      v.strictObject(
        {
          secret: v.exactOptional(secrets),
          addresses: v.exactOptional(listOf(range(), 'a list of addresses and blocks')),
          dialect: v.exactOptional(oneOf('original', 'forwarded', 'envoy')),
        },
        'an object such as { "addresses": ["10.1.0.0/16"] }',
      ),
    ),
    cors: v.exactOptional(
      v.strictObject(
        {
          origins: listOf(
            matching(/^(?:\*|https?:\/\/[^/?#@\s\\]+)$/, 'an origin such as "https://app.example", or "*"'),
            'a list of origins',
          ),
        },
        'an object such as { "origins": ["https://app.example"] }',
      ),
    ),
    transport: v.exactOptional(oneOf('https', 'any')),
    secretsSeconds: v.exactOptional(between(1, 3600, 'seconds')),
    staleSeconds: v.exactOptional(between(0, 86_400, 'seconds')),
    revocation: v.exactOptional(
      v.strictObject({ withinSeconds: between(1, 604_800, 'seconds') }, 'an object such as { "withinSeconds": 120 }'),
    ),
    apis: v.exactOptional(listOf(api, 'a list of APIs, one at least')),
    store: v.exactOptional(bindingOf(...STORES)),
    limiter: v.exactOptional(bindingOf(...STORES, 'cloudflare-rate-limit', 'cloudflare-durable-object')),
    keys: v.exactOptional(
      v.strictObject(
        {
          defaultLifetimeDays: v.exactOptional(between(1, 36_500, 'days')),
          maxLifetimeDays: v.exactOptional(between(1, 36_500, 'days')),
          allowNever: v.exactOptional(v.boolean('true or false')),
          encryption: v.exactOptional(secrets),
          nearExpiryDays: v.exactOptional(between(1, 365, 'days')),
        },
        'an object such as { "maxLifetimeDays": 365 }',
      ),
    ),
    issuing: v.exactOptional(
      v.strictObject(
        {
          issuer: v.pipe(matching(/^https?:\/\/[^\s?#@\\"]{1,500}$/, ISSUING_URL), v.check(isWebhookUrl, ISSUING_URL)),
          keys: secrets,
          next: v.exactOptional(secretSlot),
          lifetimeSeconds: v.exactOptional(whole(60, MOST_TOKEN_SECONDS, 'seconds')),
        },
        'an object such as { "issuer": "https://api.example", "keys": [{ "secret": "SIGNING_KEY" }] }',
      ),
    ),
    identity: v.exactOptional(
      v.strictObject(
        {
          audience: matching(/^[\x21-\x7e]{1,500}$/, 'what the origin is called, such as "orders-origin"'),
          publicOrigin: v.pipe(matching(ORIGIN_URL, ORIGIN_RULE), v.check(isOriginUrl, ORIGIN_RULE)),
          algorithm: v.exactOptional(oneOf('EdDSA', 'HS256')),
          keys: secrets,
          next: v.exactOptional(secretSlot),
          claims: v.exactOptional(listOf(claimName(), 'a list of claims')),
        },
        'an object such as { "audience": "orders", "publicOrigin": "https://api.example", "keys": { "secret": "NAME" } }',
      ),
    ),
    owners: v.exactOptional(
      v.record(
        matching(/^\P{C}{1,100}$/u, 'the name of an owner'),
        v.strictObject(
          { limits: listOf(v.strictObject(limitEntries, LIMIT), 'a list of limits, one at least') },
          'an object such as { "limits": [{ "requests": 100, "windowSeconds": 60 }] }',
        ),
        'owners and their limits',
      ),
    ),
    webhooks: v.exactOptional(listOf(webhook, 'a list of webhooks')),
    resourceMetadata: v.exactOptional(
      v.union(
        [
          v.literal(false, 'false'),
          v.strictObject({
            resource: v.exactOptional(
              v.pipe(matching(/^https?:\/\/[^\s?#@\\"]+$/, RESOURCE_URL), v.check(isWebhookUrl, RESOURCE_URL)),
            ),
            scopes: v.exactOptional(listOf(matching(/^[!#-[\]-~]{1,200}$/, 'a scope'), 'a list of scopes')),
            documentation: v.exactOptional(
              v.pipe(matching(/^https?:\/\/[^\s\\"]+$/, RESOURCE_URL), v.check(isWebhookUrl, RESOURCE_URL)),
            ),
          }),
        ],
        'false, or an object such as { "resource": "https://api.example/mcp" }',
      ),
    ),
    log: v.exactOptional(
      v.strictObject(
        {
          allowed: v.exactOptional(v.boolean('true or false')),
          sample: v.exactOptional(between(0, 1, 'allowed requests in one')),
          address: v.exactOptional(oneOf('full', 'truncated', 'none')),
        },
        'an object such as { "allowed": false }',
      ),
    ),
  },
  'an object: the configuration document',
)
