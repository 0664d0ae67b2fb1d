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

/** A shared secret that is accepted as it stands. */
export interface StaticTokenDocument {
  readonly kind: 'static-token'
  /** Default: the kind. Unique in a document. */
  readonly name?: string
  /** Default: `Authorization: Bearer`. */
  readonly from?: readonly PlaceDocument[]
  readonly tokens: SecretsDocument
  /** Default: `read-only`. */
  readonly type?: GrantType
  /** For `custom`, and only there: patterns such as `orders.*`. */
  readonly permissions?: readonly string[]
  /** Default: `api`. */
  readonly surface?: Surface
  /** Pass the credential on to the origin. Default: it is removed. */
  readonly forward?: boolean
}

/** A credential of a document. */
export type CredentialDocument = StaticTokenDocument

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
  readonly log?: {
    /** Whether allowed requests are logged. Default true. */
    readonly allowed?: boolean
    /** Which part of them, from 0 to 1. Default 1. */
    readonly sample?: number
    /** Default `full`. */
    readonly address?: 'full' | 'truncated' | 'none'
  }
}

/** How a refusal's body is worded. */
export type DialectName = 'problem' | 'strapi' | 'praisonai'

/** Types a document that is written in TypeScript; gives it back as it is. */
export function defineConfig(document: Document): Document {
  return document
}
