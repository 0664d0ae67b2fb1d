import type { CredentialKind } from './principal.ts'
import type { Reason } from './reason.ts'

/** One a request: what was decided about it. Schema in docs/events.md. */
export interface DecisionEvent {
  readonly type: 'decision'
  /** RFC 3339, UTC. */
  readonly time: string
  readonly requestId: string
  readonly host: string
  readonly method: string
  /** The matched route's path as configured. */
  readonly route: string | null
  /** As sent, without the query. */
  readonly path: string
  readonly decision: 'allow' | 'deny'
  readonly reason: Reason | null
  /** What an operator should know of it, and the caller should not: which store failed, which limit was used up. */
  readonly detail: string | null
  /** The credential's kind and configured name, once it was proved. */
  readonly kind: CredentialKind | null
  readonly name: string | null
  /** An issued key's id and owner; of a gateway its id. */
  readonly keyId: string | null
  readonly owner: string | null
  /** Which configured slot, or which of a key's two secrets, matched; 0 is the newest. Tells who still uses an old one. */
  readonly slot: number | null
  readonly address: string | null
  readonly userAgent: string | null
  /** What the decision took; 0 on hosts whose clock stands still between I/O. */
  readonly durationMs: number
}

/** A request that was allowed, and that the origin then failed. */
export interface OriginFailedEvent {
  readonly type: 'origin-failed'
  readonly time: string
  readonly requestId: string
  readonly reason: 'origin-unreachable' | 'origin-timeout'
}

/** What can happen to an issued key. */
export const KEY_EVENT_TYPES = [
  'key-created',
  'key-imported',
  'key-updated',
  'key-rotated',
  'key-suspended',
  'key-resumed',
  'key-revoked',
  'key-deleted',
  'key-revealed',
  'key-used-old-secret',
  'key-near-expiry',
  'key-expired',
] as const

/** What happened to an issued key. Never holds a secret, a token or a digest. */
export interface KeyEvent {
  readonly type: (typeof KEY_EVENT_TYPES)[number]
  readonly time: string
  readonly keyId: string
  /** The key's name; null where only a request was seen. */
  readonly name: string | null
  readonly owner: string | null
  /** Who did it: `kind:subject` of the credential that asked, `operator` for the command line; null where nobody did. */
  readonly actor: string | null
  /** When the key ends, RFC 3339; null: never. */
  readonly until: string | null
  /** Which fields were changed, why a key was revoked, or how near its end is. */
  readonly detail: string | null
}

/** A token that was issued for a key. Never holds the token. */
export interface TokenEvent {
  readonly type: 'token-issued'
  readonly time: string
  /** Of the request that asked for it. */
  readonly requestId: string
  readonly keyId: string
  /** The key's name. */
  readonly name: string
  readonly owner: string | null
  /** The token's `jti`. */
  readonly tokenId: string
  /** What the token may do, as its scope; null: whatever a full-access key may. */
  readonly scope: string | null
  /** When the token ends. */
  readonly until: string
}

/** A configured slot of a static token that ends soon, or has ended. */
export interface SlotEvent {
  readonly type: 'static-slot-near-deadline'
  readonly time: string
  /** The credential's configured name. */
  readonly name: string
  readonly slot: number
  readonly until: string
}

/** What can happen to a gateway's access token. */
export const GATEWAY_TOKEN_EVENT_TYPES = ['gateway-token-near-expiry', 'gateway-token-expired'] as const

/** A gateway's access token that was used in its last days, or after its end. */
export interface GatewayTokenEvent {
  readonly type: (typeof GATEWAY_TOKEN_EVENT_TYPES)[number]
  readonly time: string
  /** The credential's configured name. */
  readonly name: string
  readonly gatewayId: string
  /** Which of the gateway's keys has signed it; 0 is the primary one. */
  readonly slot: number
  /** When it ends, or has ended. */
  readonly until: string
}

/** Something an operator should know: a weak secret, a source that fails, a faulty document. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly level: 'warn' | 'error'
  readonly message: string
}

export type LatchkeyEvent =
  | DecisionEvent
  | OriginFailedEvent
  | KeyEvent
  | TokenEvent
  | SlotEvent
  | GatewayTokenEvent
  | NoticeEvent

/** Every type of event. */
export const EVENT_TYPES: readonly LatchkeyEvent['type'][] = [
  'decision',
  'origin-failed',
  ...KEY_EVENT_TYPES,
  'token-issued',
  'static-slot-near-deadline',
  ...GATEWAY_TOKEN_EVENT_TYPES,
  'notice',
]
