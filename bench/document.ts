import type {
  CredentialDocument,
  Document,
  ForeignJwtDocument,
  JwtKeysDocument,
  LimitDocument,
} from '../src/document.ts'
import type { SecretSource, Sink } from '../src/model/ports.ts'

/** The token that is accepted, the newest of however many there are. */
export const TOKEN = 'bench-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** One of the same length that nobody accepts. */
export const WRONG_TOKEN = 'wrong-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** What a proxy shows that asks for decisions. */
export const PROXY_SECRET = 'bench-proxy-8f3a1c5e7b9d2f4061c3e5a7b9d1f3058e6c4a2b'
/** Where it asks. */
export const VERIFY = '/_latchkey/verify'
/** Where a permission is needed. */
export const PATH = '/api/articles'
/** What is needed there. */
export const PERMISSION = 'api::articles.find'
/** What issued keys begin with. */
export const PREFIX = 'bench'
/** The secret that their ids are made under. */
export const PEPPER = 'bench-pepper-3f1c5a7e9b2d4f60812c4e6a8b0d2f41'

/** Who issues the tokens. Nobody asks it for anything. */
export const ISSUER = 'https://issuer.example'
/** Whom they are for. */
export const AUDIENCE = 'https://api.example'
/** The gateway whose access tokens are taken. */
export const GATEWAY = 'bench-gateway'
/** Its keys. */
export const GATEWAY_KEYS = {
  primary: 'cHJpbWFyeSBrZXkgb2YgYSBnYXRld2F5IG9mIHRoZSBiZW5jaA==',
  secondary: 'c2Vjb25kYXJ5IGtleSBvZiBhIGdhdGV3YXkgb2YgdGhlIGJlbmNo',
} as const

/** A document whose decision has every part: a path parameter, a permission made of it, a grant that covers it. */
export function benchDocument(tokens: number): Document {
  return {
    credentials: [
      {
        kind: 'static-token',
        name: 'bench',
        tokens: Array.from({ length: tokens }, (_, place) => ({ secret: `TOKEN_${place}` })),
        type: 'custom',
        permissions: [PERMISSION],
      },
    ],
    routes: [
      { path: '/health', methods: ['GET'], public: true },
      { path: '/api/:collection', methods: ['GET'], permission: 'api::{collection}.find' },
    ],
  }
}

/** The same document behind an nginx that asks for decisions. */
export function verifyDocument(): Document {
  return {
    ...benchDocument(1),
    origin: 'http://127.0.0.1:9',
    proxies: { addresses: ['127.0.0.1'], secret: { secret: 'PROXY_SECRET' }, dialect: 'original' },
  }
}

/** How a document with issued keys differs from the bench's other one. */
export interface KeysOptions {
  /** How long a record is remembered; 0: each request asks the store. Default: Latchkey's own. */
  readonly cacheSeconds?: number
  /** Of the static token and of every issued key. */
  readonly limits?: readonly LimitDocument[]
}

/** The same document with a second credential, of issued keys. */
export function keysDocument({ cacheSeconds, limits }: KeysOptions = {}): Document {
  const { credentials, routes } = benchDocument(1)
  const limited = limits && { limits }
  return {
    store: { binding: 'KEYS' },
    credentials: [
      ...credentials.map((credential) => ({ ...credential, ...limited })),
      {
        kind: 'api-key',
        name: 'keys',
        prefixes: [PREFIX],
        peppers: [{ version: 1, secret: 'PEPPER' }],
        ...(cacheSeconds !== undefined && { cacheSeconds }),
        ...limited,
      },
    ],
    routes,
  }
}

/** The same document with a second credential, of JSON Web Tokens whose permissions are in their scope. */
export function jwtDocument(
  keys: JwtKeysDocument = { jwks: { secret: 'JWKS' } },
  more: Partial<ForeignJwtDocument> = {},
): Document {
  return withCredential({
    kind: 'jwt',
    name: 'people',
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256'],
    keys,
    permissionsClaim: 'scope',
    ...more,
  })
}

/** The same document with a second credential, of one gateway with both of its keys. */
export function gatewayDocument(): Document {
  return withCredential({
    kind: 'gateway-key',
    name: 'gateways',
    gateways: { [GATEWAY]: { primary: { secret: 'PRIMARY' }, secondary: { secret: 'SECONDARY' } } },
    type: 'custom',
    permissions: [PERMISSION],
  })
}

function withCredential(credential: CredentialDocument): Document {
  const { credentials, routes } = benchDocument(1)
  return { credentials: [...credentials, credential], routes }
}

const SECRETS: Readonly<Record<string, string>> = {
  TOKEN_0: TOKEN,
  PROXY_SECRET,
  PEPPER,
  PRIMARY: GATEWAY_KEYS.primary,
  SECONDARY: GATEWAY_KEYS.secondary,
}

/** The secrets of such a document; `TOKEN_0` is the token that is shown. */
export const benchSecrets: SecretSource = { get: (name) => [SECRETS[name] ?? `${TOKEN}-${name}`] }

/** The same ones, with a key set in `JWKS`. */
export function secretsWith(jwks: object): SecretSource {
  const text = JSON.stringify(jwks)
  return { get: (name) => (name === 'JWKS' ? [text] : benchSecrets.get(name)) }
}

/** Counts events and keeps none: what is measured ends where they are handed over. */
export function countingSink(): Sink & { events: number } {
  return {
    events: 0,
    write() {
      this.events++
    },
  }
}
