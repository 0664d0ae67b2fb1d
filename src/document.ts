import type { GrantType, Surface } from './model/principal.ts'

/** The name of a secret, never its value; `until` ends a slot (RFC 3339, with a zone). */
export interface SecretDocument {
  readonly secret: string
  readonly until?: string
}

/** One secret, or slots that are all valid, newest first. */
export type SecretsDocument = SecretDocument | readonly SecretDocument[]

/** A place where credentials are read: exactly one of `header`, `cookie`, `query` and `subprotocol`. */
export interface PlaceDocument {
  readonly header?: string
  /** The authentication scheme; without one, the header's whole value is the credential. */
  readonly scheme?: string
  readonly cookie?: string
  /** Removed from the URL before the origin and from every log. */
  readonly query?: string
  /** Offered as `<name>.token.<token>` or `<name>.token64.<base64url>`, and removed from the offer. */
  readonly subprotocol?: string
}

/** How often: `windowSeconds` or `per`, exactly one; windows and calendar units begin at UTC's. */
export interface LimitDocument {
  readonly requests: number
  readonly windowSeconds?: number
  readonly per?: 'hour' | 'day' | 'month'
  /** Whose requests are counted together: each subject's (a key's, a static token's), or each owner's. Default `subject`. */
  readonly by?: 'subject' | 'owner'
}

/** What every credential has, whatever its kind. */
interface AnyCredentialDocument {
  /** Default: the kind. Unique in a document. */
  readonly name?: string
  /** Default: `Authorization: Bearer`; of a gateway key `Authorization: GatewayKey`. */
  readonly from?: readonly PlaceDocument[]
  /** For `custom`, and only there: patterns such as `orders.*`. */
  readonly permissions?: readonly string[]
  /** Pass the credential on to the origin. Default: it is removed. */
  readonly forward?: boolean
  readonly limits?: readonly LimitDocument[]
}

/** A shared secret that is accepted as it stands. */
export interface StaticTokenDocument extends AnyCredentialDocument {
  readonly kind: 'static-token'
  readonly tokens: SecretsDocument
  /** Default: `read-only`. */
  readonly type?: GrantType
  /** Default: `api`. */
  readonly surface?: Surface
}

/** A secret under which keys are made and kept; its version is one base62 character that tokens carry. */
export interface PepperDocument {
  readonly version: number | string
  readonly secret: string
}

/** Tokens of another system that were imported by their hashes, and still count. */
export type ImportDocument =
  | { readonly scheme: 'strapi'; readonly salt: SecretsDocument }
  | {
      readonly scheme: 'sha256'
      /** A regular expression; only a token that fits it is hashed and looked up. */
      readonly shape: string
    }

/** Keys that Latchkey issues; what each may do is in its record, and `type` and `permissions` are a ceiling. */
export interface ApiKeyDocument extends AnyCredentialDocument {
  readonly kind: 'api-key'
  /** What tokens begin with; the first makes new ones. Default `["lk"]`. */
  readonly prefixes?: readonly string[]
  /** The first makes new keys; all count. */
  readonly peppers: readonly PepperDocument[]
  /** How old a record may be. Default 10. */
  readonly cacheSeconds?: number
  readonly imports?: readonly ImportDocument[]
  /** The most that any key may do. Default: what its record says. */
  readonly type?: GrantType
  /** Whether holders may rotate their own keys at `whoami/rotate`. Default false. */
  readonly selfRotation?: boolean
}

/** The signature algorithms (RFC 7518 3.1, RFC 8037) that a token may be signed by. */
export type JwtAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** Where the keys of an issuer are: exactly one of these. */
export type JwtKeysDocument =
  | { readonly jwksUrl: string }
  /** By the issuer's own metadata (OpenID Connect Discovery, RFC 8414). */
  | { readonly discover: true }
  /** A JSON Web Key Set (RFC 7517) in a secret: no network. */
  | { readonly jwks: SecretsDocument }
  /** Tokens that this deployment issues itself, by `issuing`: then nothing is said of what their claims must be. */
  | { readonly own: true }
  /** For HMAC: the secret is UTF-8 text. */
  | SecretsDocument

/** JSON Web Tokens (RFC 7519) of one issuer. */
export interface JwtDocument extends AnyCredentialDocument {
  readonly kind: 'jwt'
  /** What `iss` must be; null: whatever it is. Required, but of own tokens. */
  readonly issuer?: string | null
  /** What `aud` must hold one of; null: whatever it holds. Required, but of own tokens. */
  readonly audience?: string | readonly string[] | null
  /** Required, but of own tokens. */
  readonly algorithms?: readonly JwtAlgorithm[]
  readonly keys: JwtKeysDocument
  /** The claim that holds permissions: a text split by spaces, or a list; a path such as `realm_access.roles`. */
  readonly permissionsClaim?: string
  /** Roles to permissions; an unknown role grants nothing. */
  readonly grants?: { readonly claim: string; readonly map: Readonly<Record<string, readonly string[]>> }
  /** The claim that names the owner. */
  readonly ownerClaim?: string
  /** Default 5. */
  readonly clockToleranceSeconds?: number
  /** Default true. */
  readonly requireExpiry?: boolean
  /** How long after `iat` a token counts at most. Default: as long as `exp` says. */
  readonly maxAgeSeconds?: number
  /** What `typ` may be; an absent one passes. Default `["JWT", "at+jwt"]`. */
  readonly types?: readonly string[]
  /** Claims that must equal, or be among, these. */
  readonly require?: Readonly<Record<string, JwtClaimDocument | readonly JwtClaimDocument[]>>
  /** A ceiling, where the token says itself what it may do; else what it may do, by default `read-only`. */
  readonly type?: GrantType
  readonly surface?: Surface
}

/** One whose tokens another issuer makes, as it is in a valid document. */
export type ForeignJwtDocument = JwtDocument &
  Required<Pick<JwtDocument, 'issuer' | 'audience' | 'algorithms'>> & {
    readonly keys: Exclude<JwtKeysDocument, { readonly own: true }>
  }

type JwtClaimDocument = string | number | boolean

/** Access tokens of Azure API Management's self-hosted gateways. */
export interface GatewayKeyDocument extends AnyCredentialDocument {
  readonly kind: 'gateway-key'
  /** By the gateway's id: both keys count. */
  readonly gateways: Readonly<
    Record<string, { readonly primary: SecretsDocument; readonly secondary?: SecretsDocument }>
  >
  /** In which form the expiry is signed. Default `either`. */
  readonly stringToSign?: 'round-trip' | 'compact' | 'either'
  /** Default `read-only`. */
  readonly type?: GrantType
  readonly surface?: Surface
}

/** A credential of a document. */
export type CredentialDocument = StaticTokenDocument | ApiKeyDocument | JwtDocument | GatewayKeyDocument

/** What a store can be. */
export type StoreKind =
  | 'memory'
  | 'sqlite'
  | 'cloudflare-d1'
  | 'cloudflare-kv'
  | 'dynamodb'
  | 'upstash'
  | 'global-config'

/** A binding by name: on a Worker a binding, elsewhere a variable that holds a text such as `sqlite:./keys.db`. */
export interface BindingDocument<Kind extends string> {
  readonly binding: string
  /** What it is, where that counts before anything runs: for the revocation delay, and for what limits can be kept. */
  readonly kind?: Kind
}

/** Where events are sent as they happen: CloudEvents 1.0, signed by Standard Webhooks. */
export interface WebhookDocument {
  readonly url: string
  readonly secret: SecretsDocument
  /** Types of events, or `key-*`. Default: all but `decision`, `origin-failed` and `token-issued`. */
  readonly types?: readonly string[]
}

/** An API of Amazon API Gateway that asks the Lambda authorizer, and how it keeps answers. */
export interface ApiDocument {
  /** The API's id. Default: any. */
  readonly api?: string
  /** Default: any. */
  readonly stage?: string
  /** The base path mapping of its custom domain, as `/v1`. Default: what `LATCHKEY_AWS_BASE_PATH` says. */
  readonly basePath?: string
  /** How long it keeps an answer. Default 0: it keeps none. */
  readonly resultTtlSeconds?: number
  /** What its identity sources hold beside the credential. Default: nothing. */
  readonly cachedBy?: readonly ('method' | 'path' | 'address')[]
  /** Whether a path that no route names reaches an integration, as by `{proxy+}` or `$default`. Default true. */
  readonly greedy?: boolean
  /** Whether a key's own `usagePlanKey`, from its metadata, is answered as `usageIdentifierKey`. Default false. */
  readonly usagePlans?: boolean
}

/** A route: first match wins; a request that none matches is refused. */
export interface RouteDocument {
  /** Literal segments, `:name` for one segment, a final `*` for the rest. */
  readonly path: string
  /** Default: all. GET covers HEAD. */
  readonly methods?: readonly string[]
  /** Passes without a credential. */
  readonly public?: boolean
  /** What a `custom` principal needs; `{name}` is filled from the path. */
  readonly permission?: string | readonly string[]
  /** Default: `read` for GET, HEAD and OPTIONS, else `write`. */
  readonly access?: 'read' | 'write'
  /** Default: `api`. */
  readonly surface?: 'api' | 'admin'
  /** The names of the only credentials that are taken. */
  readonly credentials?: readonly string[]
  /** For a final `*`: `%2F`, `;`, `//`, escaped escapes and bytes that are not UTF-8 are data there. */
  readonly tail?: 'opaque'
  readonly preflight?: 'forward' | 'refuse'
}

/** Where allowed requests go; one of `url`, `binding` and `zone` at least. */
export interface OriginDocument {
  readonly url?: string
  /** A Worker's fetcher, or a variable that holds the URL. */
  readonly binding?: string
  /** Send the incoming URL on: a Worker on a route of a zone with its own DNS origin. */
  readonly zone?: true
  /** Headers that the gate sets, by the names of their secrets; the client's copies are removed. */
  readonly headers?: Readonly<Record<string, SecretsDocument>>
  /** To the head of the response. Default 30. */
  readonly timeoutSeconds?: number
}

/** The configuration document: the same JSON on every host. Its reference is docs/configuration.md. */
export interface Document {
  readonly $schema?: string
  /** In challenges. Default `api`. */
  readonly realm?: string
  /** Where Latchkey's own endpoints live. Default `/_latchkey`. */
  readonly base?: string
  /** On gate hosts: a URL, or the long form. */
  readonly origin?: string | OriginDocument
  /** How refusals are worded, and the statuses of a system that has its own. Default `problem` (RFC 9457). */
  readonly refusals?:
    | DialectName
    | { readonly dialect: DialectName; readonly missing?: 401 | 403; readonly surface?: 401 | 403 }
  readonly credentials: readonly CredentialDocument[]
  readonly routes: readonly RouteDocument[]
  /** `strict` refuses a path that slips past a protected route by letter case or a slash at its end. Default `strict`. */
  readonly paths?: 'strict' | 'case-sensitive'
  readonly preflight?: 'forward' | 'refuse'
  /** Who may call at all; `live` and `health` are open to all. */
  readonly addresses?: { readonly allow: readonly string[] }
  /** Whose forwarded headers are believed: peers for which every condition that is given holds. Default: nobody's. */
  readonly proxies?: {
    readonly secret?: SecretsDocument
    readonly addresses?: readonly string[]
    readonly dialect?: 'original' | 'forwarded' | 'envoy'
  }
  /** Whose pages may read refusals and Latchkey's own endpoints. */
  readonly cors?: { readonly origins: readonly string[] }
  /** `https` refuses plain http but on loopback: the default on Worker and Vercel, by choice on Node. */
  readonly transport?: 'https' | 'any'
  /** The age at which secrets are read again. Default 30. */
  readonly secretsSeconds?: number
  /** How much longer they count while their source is down. Default 300, or what the budget leaves. */
  readonly staleSeconds?: number
  /** A budget: a document that cannot keep it is a fault. */
  readonly revocation?: { readonly withinSeconds: number }
  /** The APIs of Amazon API Gateway that may ask, first match first. Default: any, none of which keeps an answer. */
  readonly apis?: readonly ApiDocument[]
  /** Where issued keys are kept. */
  readonly store?: BindingDocument<StoreKind>
  /** Where requests are counted. Default: in the store, or in the process where there is none. */
  readonly limiter?: BindingDocument<StoreKind | 'cloudflare-rate-limit' | 'cloudflare-durable-object'>
  /** How keys may be made. */
  readonly keys?: {
    /** Default 90. */
    readonly defaultLifetimeDays?: number
    /** Default: none. */
    readonly maxLifetimeDays?: number
    /** Default true, where `maxLifetimeDays` is absent. */
    readonly allowNever?: boolean
    /** The key under which viewable copies are kept. Default: none are made. */
    readonly encryption?: SecretsDocument
    /** How long before its end a key is told to be near it. Default 7. */
    readonly nearExpiryDays?: number
  }
  /** Tokens that holders of issued keys get at `token`. Default: none. */
  readonly issuing?: IssuingDocument
  /** A signed word for the origin on who called, in `X-Latchkey-Identity`. Default: none. */
  readonly identity?: IdentityDocument
  /** What holds for the keys of one owner together. */
  readonly owners?: Readonly<Record<string, { readonly limits: readonly Omit<LimitDocument, 'by'>[] }>>
  readonly webhooks?: readonly WebhookDocument[]
  /** What clients are told of who issues tokens, where a credential is a jwt (RFC 9728); false: nothing. */
  readonly resourceMetadata?:
    | false
    | {
        /** What this resource is called, with its path. Default: scheme and host of each request. */
        readonly resource?: string
        readonly scopes?: readonly string[]
        readonly documentation?: string
      }
  readonly log?: {
    /** Whether allowed requests are logged. Default true. */
    readonly allowed?: boolean
    /** Which part of them, from 0 to 1. Default 1. */
    readonly sample?: number
    /** Default `full`. */
    readonly address?: 'full' | 'truncated' | 'none'
  }
}

/** Short tokens for holders of issued keys (RFC 6749 4.4), signed by the deployment's own keys. */
export interface IssuingDocument {
  /** The public URL of the deployment: `iss` of its tokens. */
  readonly issuer: string
  /** Private JSON Web Keys of P-256 or Ed25519: the first signs, and all are published. */
  readonly keys: SecretsDocument
  /** The key that is to sign next: it is published, and does not sign yet. */
  readonly next?: SecretDocument
  /** How long a token counts at most. Default 900. */
  readonly lifetimeSeconds?: number
}

/** JSON Web Tokens of a minute that prove to the origin that a request has passed the gate, and who called. */
export interface IdentityDocument {
  /** `aud`: what the origin is called. */
  readonly audience: string
  /** Scheme and authority under which callers know the gate: `iss`, and what `htu` begins with. */
  readonly publicOrigin: string
  /** Default `EdDSA`. */
  readonly algorithm?: 'EdDSA' | 'HS256'
  /** For EdDSA private JSON Web Keys of Ed25519, for HS256 shared secrets: the first signs. */
  readonly keys: SecretsDocument
  /** For EdDSA, the key that is to sign next: it is published, and does not sign yet. */
  readonly next?: SecretDocument
  /** Claims of the caller's own JSON Web Token that the origin is told too, by name or path. */
  readonly claims?: readonly string[]
}

/** How a refusal's body is worded. */
export type DialectName = 'problem' | 'strapi' | 'praisonai'

/** Types a document that is written in TypeScript; gives it back as it is. */
export function defineConfig(document: Document): Document {
  return document
}
