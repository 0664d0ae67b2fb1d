import type { Permission } from '../lib/permission.ts'
import type { Place } from './credential.ts'
import type { Principal, Surface } from './principal.ts'
import type { Reason } from './reason.ts'

/**
 * Latchkey's own endpoints that a decision is made about; `verify` asks about another request. `keys` is the whole of key
 * management, which is answered by a module that is loaded when it is first asked. All but `resource-metadata` are under
 * `base`. `identity/jwks.json`: the keys of signed identities.
 */
export type Endpoint = 'live' | 'health' | 'whoami' | 'keys' | 'identity/jwks.json' | 'resource-metadata'

/** Something to tell the caller in the reply, beside what the origin says: a header field. */
export type Notice = readonly [name: string, value: string]

/** What a request was matched with: a configured route, or an endpoint of Latchkey's own. */
export interface Match {
  /** The route's path as configured, or the endpoint's path. */
  readonly pattern: string
  readonly path: string
  readonly query: string | undefined
  /** `public` and `preflight` are allowed without a credential; `optional` where none is shown. */
  readonly passage: 'public' | 'preflight' | 'optional' | 'judged'
  readonly access: 'read' | 'write'
  /** The only surface that passes; undefined: any. */
  readonly surface: Surface | undefined
  /** What a `custom` principal needs, filled from the path; undefined: nobody needs anything. */
  readonly permissions: readonly Permission[] | undefined
  /** The names of the only credentials that are taken; undefined: all. */
  readonly credentials: ReadonlySet<string> | undefined
  readonly endpoint: Endpoint | undefined
}

/** Why not. `detail` is for the audit log only, and never holds a credential. */
export interface Refusal {
  readonly reason: Reason
  /** The permissions that would have been needed, where that is the reason. */
  readonly permissions?: readonly string[] | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly detail?: string | undefined
  /** Where the credential stood, so that the challenge of its scheme can tell the error (RFC 6750 3). */
  readonly place?: Place | undefined
  /** Whose genuine credential it is, where a verifier refuses one: for the audit log and the key's own. */
  readonly principal?: Principal | undefined
  readonly notices?: readonly Notice[] | undefined
}

/** Who was allowed to do what, or why not. */
export type Decision =
  | {
      readonly allow: true
      readonly principal: Principal | 'anonymous'
      readonly match: Match
      /** Where the credential stood; undefined for `anonymous`. */
      readonly place: Place | undefined
      readonly notices?: readonly Notice[] | undefined
      /** The signed identity, where a gate has made one. */
      readonly identity?: string | undefined
      /** For whoever asks for it, the JSON Web Key Set of signed identities. */
      readonly keySet?: object | undefined
    }
  | {
      readonly allow: false
      readonly refusal: Refusal
      readonly principal: Principal | undefined
      readonly match: Match | undefined
    }

/** The half of a decision that lets a request pass. */
export type Allowed = Extract<Decision, { allow: true }>
/** The half of a decision that stops a request. */
export type Denied = Extract<Decision, { allow: false }>

/** Tells a refusal from whatever else a step may give. */
export function isRefusal(value: object): value is Refusal {
  return 'reason' in value
}
