import type { Maybe } from '../lib/maybe.ts'
import type { Access, EpochSeconds } from './access.ts'
import type { Credential, Place } from './credential.ts'
import type { Match, Refusal } from './decision.ts'
import type { LatchkeyEvent } from './event.ts'
import type { Principal } from './principal.ts'

/** A key for HMAC: secrets are UTF-8 text, whatever they look like. */
export type HmacKey = string

/** The few cryptographic calls that a decision needs; two implementations, one contract suite. */
export interface Digests {
  /**
   * A digest of the token under a key that this process drew at random at its first use: equal tokens have equal
   * fingerprints, which tell nothing to anybody outside the process. All have the same length.
   */
  fingerprint(token: string): Maybe<string>
  hmac(hash: 'SHA-256' | 'SHA-512', key: HmacKey, data: Uint8Array): Maybe<Uint8Array>
  /** Compares two digests in a time that does not depend on where they differ. */
  equal(a: string, b: string): boolean
}

/**
 * Where secrets come from. `get` gives every value that is valid now, newest first, each without its one trailing
 * newline; an empty list where nothing is configured under the name. It throws where the source cannot be asked.
 */
export interface SecretSource {
  get(name: string): Maybe<readonly string[]>
}

/** Where events go. Must not throw and must not wait. */
export interface Sink {
  write(event: LatchkeyEvent): void
}

/** Work that the caller need not wait for; a host that ends with the reply keeps it alive until it is done. */
export type Defer = (work: Promise<unknown>) => void

/** Says who a credential is, once it has proved it. `undefined`: not mine, ask the next. */
export interface Verifier {
  readonly kind: Principal['kind']
  verify(credential: Credential, access: Access): Maybe<Principal | Refusal | undefined>
}

/** What a policy may look at. */
export interface Attempt {
  readonly principal: Principal
  readonly access: Access
  readonly match: Match
  readonly place: Place
}

/** Objects, or lets the next one speak. A policy can never allow. */
export type Policy = (attempt: Attempt) => Maybe<Refusal | undefined>

/** What every host must bring. */
export interface Host {
  now(): EpochSeconds
  /** Milliseconds from any origin, for durations. */
  elapsed(): number
  readonly digests: Digests
  readonly secrets: SecretSource
  readonly sink: Sink
}

/** One stored entry. `version` changes with every write; it means nothing else. */
export interface Entry {
  readonly id: string
  readonly value: string
  readonly version: string
}

/** All that the path of a request may do with a store. Throws where the store cannot be asked. */
export interface Reader {
  get(id: string): Promise<Entry | undefined>
}

/** What an entry is found by, beside its id. */
export interface Index {
  /** For a listing by name: any text, compared by code points. */
  readonly name?: string
  /** For a listing by end; an entry without one is in no such listing. */
  readonly expires?: EpochSeconds
}

export interface PutOptions {
  /** Write only over this version; null: only where there is no entry. Absent: whatever there is. */
  readonly ifVersion?: string | null
  /** When the store may forget the entry by itself; it may also keep it longer. */
  readonly expiresAt?: EpochSeconds
  readonly index?: Index
}

/** A page of entries whose id begins with `prefix`, in the order of `by`. */
export interface ListQuery {
  readonly prefix: string
  /** Default `id`. */
  readonly by?: 'id' | 'name' | 'expires'
  /** A cursor that an earlier page gave. */
  readonly from?: string
  readonly limit: number
}

export interface Page {
  readonly items: readonly Entry[]
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string
}

/** A store of small texts. Each driver's head comment tells its consistency and its limits. */
export interface Store extends Reader {
  put(id: string, value: string, options?: PutOptions): Promise<'stored' | 'conflict'>
  /** Deleting what is not there is no error. */
  delete(id: string): Promise<void>
  list(query: ListQuery): Promise<Page>
}
