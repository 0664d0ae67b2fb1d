import type { KeptSecret, KeyRecord } from '../keys/record.ts'
import { decodeRecord, RecordUnreadable } from '../keys/record.ts'
import type { Range } from '../lib/ip.ts'
import { parseRange } from '../lib/ip.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after, isLater } from '../lib/maybe.ts'
import { coveredBy } from '../lib/permission.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import type { Digests, Entry, Reader } from '../model/ports.ts'
import type { Constraints, Grant, Principal } from '../model/principal.ts'
import { nameOfError } from '../model/store-error.ts'

/** What a configured credential says of all its keys. */
export interface KeyCredential {
  readonly name: string
  /** The most that any of its keys may do. */
  readonly ceiling: Grant | undefined
}

/** The principal of a secret that is proved, or why it does not count; undefined where the key has no such secret. */
export type Judge = (digest: string, at: EpochSeconds) => Principal | Refusal | undefined

/**
 * Finds a key by its id; `anew`: as it is now, not as it is remembered. Rejects, or throws, where the store cannot be asked
 * or the record cannot be read.
 */
export type FindKey = (id: string, anew?: boolean) => Maybe<Judge | undefined>

/** Reads records; `getAnew` where it remembers them. */
export interface RecordReader extends Reader {
  getAnew?(id: string): Maybe<Entry | undefined>
}

/** Reads keys; each version of a record is decoded once, as long as the reader remembers it. */
export function knownKeys(reader: RecordReader, credential: KeyCredential, digests: Digests): FindKey {
  const known = new WeakMap<Entry, Judge>()

  function judgeOf(entry: Entry | undefined): Judge | undefined {
    if (!entry) return undefined
    let judge = known.get(entry)
    if (!judge) {
      judge = judgeBy(decodeRecord(entry.value), credential, digests)
      known.set(entry, judge)
    }
    return judge
  }
  return (id, anew) => {
    const entryId = `key:${id}`
    return after(anew && reader.getAnew ? reader.getAnew(entryId) : reader.get(entryId), judgeOf)
  }
}

/**
 * Asks for a key. What a store or a record is at fault for is no answer about the credential: it is told where nobody
 * else proves it.
 */
export function orUnavailable<T>(work: () => Maybe<T>): Maybe<T | Refusal> {
  const unavailable = (error: unknown): Refusal => {
    const { name } = Object(error) as { readonly name?: unknown }
    if (name !== 'StoreError' && name !== 'RecordUnreadable') throw error
    const detail = name === 'StoreError' ? (error as Error).message : nameOfError(error)
    return { reason: 'dependency-unavailable', detail }
  }
  try {
    const result = work()
    return isLater(result) ? result.catch(unavailable) : result
  } catch (error) {
    return unavailable(error)
  }
}

function judgeBy(record: KeyRecord, credential: KeyCredential, digests: Digests): Judge {
  const constraints = constraintsOf(record)
  const principals = [record.expiresAt, earlier(record.expiresAt, record.previous?.until)].map((expiresAt, slot) =>
    principalOf(record, credential, constraints, expiresAt, slot),
  ) as [Principal, Principal]
  const holds = (kept: KeptSecret | undefined, digest: string) =>
    kept !== undefined && digests.equal(kept.digest, digest)

  return (digest, at) => {
    const slot = holds(record.secret, digest) ? 0 : 1
    if (slot === 1 && !holds(record.previous, digest)) return undefined
    const principal = principals[slot]
    if (principal.expiresAt !== undefined && at >= principal.expiresAt) {
      return {
        reason: 'token-expired',
        detail: slot === 0 ? 'the key has ended' : 'the old secret has ended',
        principal,
      }
    }
    return record.state === 'active' ? principal : { reason: 'token-revoked', detail: record.state, principal }
  }
}

function principalOf(
  record: KeyRecord,
  { name, ceiling }: KeyCredential,
  constraints: Constraints | undefined,
  expiresAt: EpochSeconds | undefined,
  slot: number,
): Principal {
  const { id, owner, surface, type, permissions } = record
  const usagePlanKey = record.metadata?.['usagePlanKey']
  return {
    kind: 'api-key',
    credential: name,
    subject: id,
    ...(owner !== undefined && { owner }),
    surface,
    grant: { type, permissions },
    ...(ceiling && { ceiling }),
    ...(ceiling?.type === 'custom' && { covered: coveredBy(ceiling.permissions, permissions) }),
    ...(constraints && { constraints }),
    ...(usagePlanKey !== undefined && { usagePlanKey }),
    ...(expiresAt !== undefined && { expiresAt }),
    slot,
  }
}

function constraintsOf({ addresses, limits }: KeyRecord): Constraints | undefined {
  if (!addresses && !limits) return undefined
  return { ...(addresses && { addresses: addresses.map(rangeOf) }), ...(limits && { limits }) }
}

/** A block that cannot be read must not read as "all addresses". */
function rangeOf(text: string): Range {
  const range = parseRange(text)
  if (!range) throw new RecordUnreadable('a stored key has an address that is none')
  return range
}

function earlier(a: EpochSeconds | undefined, b: EpochSeconds | undefined): EpochSeconds | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
