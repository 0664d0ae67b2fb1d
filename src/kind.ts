import type { CredentialSettings, Settings, Slot } from './config.ts'
import type { Maybe } from './lib/maybe.ts'
import type { Secret } from './lib/secret.ts'
import type { Place } from './model/credential.ts'
import type { Host, NamedPolicy, Recorder, Sink, Store, Verifier } from './model/ports.ts'
import type { CredentialKind } from './model/principal.ts'
import type { ResourceMetadata } from './resource-metadata.ts'

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
  /** Tells clients where to get tokens, on hosts that speak to them; undefined where they are not to know. */
  readonly metadata?: (settings: Settings) => ResourceMetadata | undefined
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
  /**
   * Its verifiers under the secrets that count now; made anew whenever one of those has changed. `failing` are the names
   * of those that could not be read, so that a secret without a value is not taken for one that nobody has set.
   */
  verifiers(valuesOf: ValuesOf, failing: readonly string[]): Maybe<readonly PlacedVerifier[]>
  /** Undefined: it can say of every token whether it is its own. */
  gap(valuesOf: ValuesOf): Gap | undefined
  /** Objections that only this kind has, between permissions and limits. */
  readonly policies: readonly NamedPolicy[]
  /** An entry of the store was changed by this process, which need not wait for its own cache. */
  forget(id: string): void
  /** Learns of decisions, beside what records those about issued keys. */
  readonly recorder?: Recorder | undefined
  /** What it depends on and failed when it was last asked, in words for `health`. Does no I/O. */
  readonly failing?: () => readonly string[]
}

/** What a document needs beside the core, as a bundle and its host bring it. */
export interface Equipment {
  /** A document with a credential of another kind is faulty here. */
  readonly kinds: readonly CredentialKind[]
  /** Once a process. `valuesOf` gives what counts when it is called. */
  equip(settings: Settings, host: Host, valuesOf: ValuesOf): Equipped
}

/** The verifiers of a document beside that of static tokens. */
export interface MoreVerifiers {
  /** In the order in which they are asked. `failing`: the names of secrets that could not be read. */
  verifiers(valuesOf: ValuesOf, failing: readonly string[]): Maybe<readonly PlacedVerifier[]>
  /** What the configured credential of a name cannot say. */
  gap(credential: string, valuesOf: ValuesOf): Gap | undefined
}

/** Everything that is not static tokens. */
export interface Equipped extends MoreVerifiers {
  /** An entry of the store was changed by this process, which need not wait for its own caches. */
  forget(id: string): void
  /** The dependencies that failed when they were last asked. Does no I/O. */
  failing(): readonly string[]
  /** Asked after those of the core; what counts quota comes last. */
  readonly policies: readonly NamedPolicy[]
  /** Where issued keys are kept; undefined where the document names no store, or its binding is missing. */
  readonly store: Store | undefined
  /** Learns of decisions: of those about issued keys, and of what else a kind has to tell of. */
  readonly recorder: Recorder | undefined
  /** Where events go, the host's own sink among it. */
  readonly sink: Sink
  /** Tells clients where to get tokens. */
  readonly metadata: ResourceMetadata | undefined
}
