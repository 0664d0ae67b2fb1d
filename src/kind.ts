import type { NamedPolicy } from './authorize.ts'
import type { CredentialSettings, Settings, Slot } from './config.ts'
import type { Maybe } from './lib/maybe.ts'
import type { Secret } from './lib/secret.ts'
import type { Place } from './model/credential.ts'
import type { Host, Recorder, Sink, Store, Verifier } from './model/ports.ts'
import type { CredentialKind } from './model/principal.ts'

/** Why a place cannot say that it does not know a token: some credential that is read there has no value. */
export type Gap = 'not-configured' | 'dependency-unavailable'

/** Gives the values of a slot that count, newest first. */
export type ValuesOf = (slot: Pick<Slot, 'name'>) => readonly Secret[]

/** A verifier, where it is asked, and when: of several at one place those with the lower turn go first. */
export interface PlacedVerifier {
  readonly verifier: Verifier
  readonly places: ReadonlySet<Place>
  readonly turn: number
}

/**
 * A kind of credential beside static tokens. A bundle holds the kinds that its entry file names, and no other:
 * `worker({ verifiers: [apiKey] })`.
 */
export interface VerifierKind {
  readonly kind: CredentialKind
  /** Once a process and credential: what is remembered here outlives every snapshot. */
  prepare(credential: CredentialSettings, parts: KindParts): PreparedKind
}

/** What a kind may use. */
export interface KindParts {
  readonly settings: Settings
  readonly host: Host
  /** Undefined where the document names none, or its binding is missing. */
  readonly store: Store | undefined
}

/** A configured credential of a kind. */
export interface PreparedKind {
  /** Its verifiers under the secrets that count now; made anew whenever one of those has changed. */
  verifiers(valuesOf: ValuesOf): Maybe<readonly PlacedVerifier[]>
  /** Undefined: it can say of every token whether it is its own. */
  gap(valuesOf: ValuesOf): Gap | undefined
  /** Objections that only this kind has, between permissions and limits. */
  readonly policies: readonly NamedPolicy[]
  /** An entry of the store was changed by this process, which need not wait for its own cache. */
  forget(id: string): void
}

/** What a bundle and its host bring beside the core. */
export interface Equipment {
  readonly verifiers: readonly VerifierKind[]
  /** Opens what a document's `store` names; undefined where the binding or the variable is missing. */
  openStore?(settings: Settings): Store | undefined
  /** The policy that counts requests; it is asked last, so that what is refused costs no quota. */
  limits?(settings: Settings, store: Store | undefined): readonly NamedPolicy[]
  /** Learns of decisions about issued keys. */
  recorder?(settings: Settings, store: Store, sink: Sink): Recorder | undefined
  /** Where events go, the host's own sink among it; `valuesOf` gives the values of a secret that count now. */
  sink?(settings: Settings, own: Sink, valuesOf: (name: string) => readonly Secret[]): Sink
}

/** A kind with what a host has for it; `Where` is what the host finds its bindings in. */
export interface EquippedKind<Where> extends VerifierKind {
  equip?(where: Where, host: Host): Omit<Equipment, 'verifiers'>
}

/** What the kinds of an entry file bring on a host. */
export function equipmentOf<Where>(kinds: readonly EquippedKind<Where>[], where: Where, host: Host): Equipment {
  return Object.assign({ verifiers: kinds }, ...kinds.map((kind) => kind.equip?.(where, host)))
}

/** The core alone: static tokens, and nothing that is kept. */
export const BARE: Equipment = { verifiers: [] }
