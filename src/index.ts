/**
 * Latchkey's core: what a configuration document is, and what a decision is. Hosts have their own entries:
 * `latchkey/cloudflare`, `latchkey/aws`, `latchkey/vercel`, `latchkey/node`, and `latchkey/hono` for any Hono app.
 */

export type { Judgement, Latchkey, Question } from './build.ts'
export { build } from './build.ts'
export type { CheckedDocument } from './checked.ts'
export { stamp } from './checked.ts'
export { webDigests } from './crypto/web.ts'
export type {
  CredentialDocument,
  Document,
  OriginDocument,
  PlaceDocument,
  RouteDocument,
  SecretsDocument,
} from './document.ts'
export { defineConfig } from './document.ts'
export type { Parts } from './equipment.ts'
export { equipmentOf } from './equipment.ts'
export type { Actor, ImportedKey, Issued, Kept, NewKey, Registry, RegistryParts, Unchanged } from './keys/registry.ts'
export { registry } from './keys/registry.ts'
export type { Equipment, VerifierKind } from './kind.ts'
export type { Access, EpochSeconds } from './model/access.ts'
export type { Decision, Match, Refusal } from './model/decision.ts'
export type {
  DecisionEvent,
  KeyEvent,
  LatchkeyEvent,
  NoticeEvent,
  OriginFailedEvent,
  SlotEvent,
} from './model/event.ts'
export type { Digests, Entry, Host, Limiter, Reader, SecretSource, Sink, Store } from './model/ports.ts'
export type { CredentialKind, Grant, GrantType, Limit, Principal, Surface } from './model/principal.ts'
export type { Reason } from './model/reason.ts'
export { REASONS } from './model/reason.ts'
export type { Fault, Validation } from './validate.ts'
export { validate, validateText } from './validate.ts'
