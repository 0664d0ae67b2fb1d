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
  /** The credential's kind and configured name, once it was proved. */
  readonly kind: CredentialKind | null
  readonly name: string | null
  readonly keyId: string | null
  readonly owner: string | null
  /** Which configured slot matched; 0 is the newest. Tells who still uses an old secret. */
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

/** Something an operator should know: a weak secret, a source that fails, a faulty document. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly level: 'warn' | 'error'
  readonly message: string
}

export type LatchkeyEvent = DecisionEvent | OriginFailedEvent | NoticeEvent
