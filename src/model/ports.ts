import type { Maybe } from '../lib/maybe.ts'
import type { Access, EpochSeconds } from './access.ts'
import type { Place, Shown } from './credential.ts'
import type { Decision, Match, Notice, Refusal } from './decision.ts'
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
  /**
   * What nobody proves may have been issued since the last reading: before it is refused as unknown everything is read
   * once more, at most every 5 s. Costs a flood of forged tokens that many readings, each of which waits for the source.
   */
  readonly rereadable?: boolean
}

/** Work that the caller need not wait for; a host that ends with the reply keeps it alive until it is done. */
export type Defer = (work: Promise<unknown>) => void

/** Where events go. */
export interface Sink {
  /** Must not throw and must not wait. What it does later `defer` keeps alive, on hosts that end with the reply. */
  write(event: LatchkeyEvent, defer?: Defer): void
  /** Sends what is still held, at the end of a process, in a bounded time. Must not reject. */
  flush?(): Promise<void>
}

/**
 * Says who a credential is, once it has proved it. `undefined`: not mine, ask the next. `not-configured` and
 * `dependency-unavailable` say that it cannot tell: they are told only where no other verifier proves the credential.
 * `token-unknown` is `undefined` with a hint for the operator, which is told where nobody proves it.
 */
export interface Verifier {
  readonly kind: Principal['kind']
  verify(credential: Shown, access: Access, defer: Defer): Maybe<Principal | Refusal | undefined>
}

/** What a policy may look at. */
export interface Attempt {
  readonly principal: Principal
  readonly access: Access
  readonly match: Match
  readonly place: Place
  /** Tells the caller something, where the request is allowed. */
  notice(notice: Notice): void
}

/** Objects, or lets the next one speak. A policy can never allow. */
export type Policy = (attempt: Attempt) => Maybe<Refusal | undefined>

/** A policy with the name that `explain` tells. */
export interface NamedPolicy {
  readonly name: string
  readonly policy: Policy
}

/** What a document that is fetched may take. */
export interface Bounds {
  readonly bytes: number
  /** To its last byte. */
  readonly milliseconds: number
}

/** A document that was fetched. */
export interface Fetched {
  readonly status: number
  readonly body: string
  /** For how long `Cache-Control` lets it be kept, less its age so far; undefined where it says nothing. */
  readonly maxAgeSeconds: number | undefined
}

/** Fetches a public document with GET. A redirect is an answer like any other. Rejects beyond the bounds, and without an answer. */
export type FetchDocument = (url: string, bounds: Bounds) => Promise<Fetched>

/** What every host must bring. */
export interface Host {
  now(): EpochSeconds
  /** Milliseconds from any origin, for durations. */
  elapsed(): number
  readonly digests: Digests
  readonly secrets: SecretSource
  readonly sink: Sink
}

/**
 * One stored entry. Its id is `<family>:<rest>`, visible ASCII and at most 256 characters; its value is text of at most
 * 64 KB in UTF-8. `version` changes with every write and never comes back; it means nothing else.
 */
export interface Entry {
  readonly id: string
  readonly value: string
  readonly version: string
}

/**
 * All that the path of a request may do with a store. Throws, or rejects, where the store cannot be asked; an entry that
 * is at hand (a file, a cache) is not waited for. An id that no entry can have is not found.
 */
export interface Reader {
  get(id: string): Maybe<Entry | undefined>
}

/** What an entry is found by, beside its id. */
export interface Index {
  /** For a listing by name: not empty, without control characters, at most 400 bytes in UTF-8. */
  readonly name?: string
  /** For a listing by end. */
  readonly expires?: EpochSeconds
}

export interface PutOptions {
  /** Write only over this version; null: only where there is no entry. Absent: whatever there is. */
  readonly ifVersion?: string | null
  /** From then on nobody finds the entry and its id is free; the store takes the room back when it can. */
  readonly expiresAt?: EpochSeconds
  readonly index?: Index
}

/**
 * A page of the entries whose id begins with `prefix`, in the order of `by`: ids and names by code points, equal ones by
 * id. An entry without a name (or an end) is in no listing by it.
 */
export interface ListQuery {
  /** Begins with a family, as `key:`; by name or end it is one family and no more. */
  readonly prefix: string
  /** Default `id`. */
  readonly by?: 'id' | 'name' | 'expires'
  /** A cursor that an earlier page of the same listing gave. */
  readonly from?: string
  /** More than 100 is taken for 100. */
  readonly limit: number
}

/** A page may hold fewer than were asked for, even none: only `cursor` tells whether more follow. */
export interface Page {
  readonly items: readonly Entry[]
  /** Where the next page begins, whatever is written or deleted meanwhile; absent on the last one. */
  readonly cursor?: string
}

/** A write that was done, with the version to change the entry by: a read may be behind it. */
export interface Written {
  readonly version: string
}

/**
 * A store of small texts. Each driver's head comment tells its consistency and its limits. A call that fails throws a
 * `StoreError`; a write that fails as `slow` or `down` may have been done.
 */
export interface Store extends Reader {
  put(id: string, value: string, options?: PutOptions): Promise<Written | 'conflict'>
  /** Deleting what is not there is no error; with a version it is a conflict, as is another version. */
  delete(id: string, options?: { readonly ifVersion?: string }): Promise<'deleted' | 'conflict'>
  list(query: ListQuery): Promise<Page>
}

/** What is counted: `requests` at most between `startsAt` and `endsAt`. Quotas of different windows differ by `startsAt`. */
export interface Quota {
  /** Visible ASCII, at most 200 characters: what is counted, and by which limit. */
  readonly id: string
  readonly requests: number
  readonly startsAt: EpochSeconds
  readonly endsAt: EpochSeconds
}

/** What became of a request that was counted. */
export interface Taken {
  readonly allowed: boolean
  /** How many are left of each quota, in their order; absent where the limiter cannot tell. */
  readonly remaining?: readonly number[] | undefined
}

/** Counts requests. Each driver's head comment tells how exactly. Throws, or rejects, a `StoreError`. */
export interface Limiter {
  /** Counts one request against all quotas, or against none where one of them is used up. */
  take(quotas: readonly Quota[], at: EpochSeconds): Maybe<Taken>
}

/** Learns of every decision about a genuine credential, off the request's path. Must not throw and must not wait. */
export interface Recorder {
  record(decision: Decision, access: Access, defer: Defer): void
  /** Writes what is still held, at the end of a process. */
  flush(): Promise<void>
}
