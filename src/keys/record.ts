import type { EpochSeconds } from '../model/access.ts'
import type { ImportScheme } from '../model/imported-key.ts'
import type { GrantType, Limit, Surface } from '../model/principal.ts'

export type { ImportScheme } from '../model/imported-key.ts'

/** Whether a key counts. A suspended one can be resumed, a revoked one never. */
export type KeyState = 'active' | 'suspended' | 'revoked'

/** A secret that counts, as it is kept: a digest, and the version of the pepper that made it. */
export interface KeptSecret {
  /** Without a scheme `digestOf` of format.ts made it, with one `importedDigestOf` of import.ts. */
  readonly digest: string
  readonly pepperVersion: string
  readonly scheme?: ImportScheme
}

/** An issued key. The secret itself is in no record; usage, counts and marks live in entries of their own. */
export interface KeyRecord {
  /** 17 base62 digits; stays through rotation. */
  readonly id: string
  /** Unique in a store. */
  readonly name: string
  readonly description?: string
  readonly type: GrantType
  /** For `custom`, and only there. */
  readonly permissions: readonly string[]
  readonly surface: Surface
  /** The customer that the key is for. */
  readonly owner?: string
  readonly createdAt: EpochSeconds
  /** Absent: never. */
  readonly expiresAt?: EpochSeconds
  readonly state: KeyState
  readonly secret: KeptSecret
  /** The secret before the last rotation, which counts until its deadline. */
  readonly previous?: KeptSecret & { readonly until: EpochSeconds }
  /** Addresses and blocks that may use the key. Absent: all. */
  readonly addresses?: readonly string[]
  readonly limits?: readonly Limit[]
  readonly metadata?: Readonly<Record<string, string>>
  /** What it was imported by, for as long as the record is there: an import that is run again must find it. */
  readonly imported?: KeptSecret
  /** The current token, encrypted, where it may be revealed again; copy.ts tells how. */
  readonly copy?: string
  readonly revoked?: { readonly at: EpochSeconds; readonly reason?: string }
}

/** The version of the stored form; docs/storage.md tells what each holds. */
const VERSION = 1

/** A stored text is no record, or one that a later Latchkey wrote: nothing is guessed about it. */
export class RecordUnreadable extends Error {
  override name = 'RecordUnreadable'
}

/** Writes a record as it is stored. */
export function encodeRecord(record: KeyRecord): string {
  return JSON.stringify({ v: VERSION, ...record })
}

/** Reads a stored record. Throws `RecordUnreadable`; its message holds nothing of the text. */
export function decodeRecord(text: string): KeyRecord {
  let stored: { readonly v?: unknown } & Partial<KeyRecord>
  try {
    stored = JSON.parse(text)
  } catch {
    throw new RecordUnreadable('a stored key is no JSON')
  }
  const { v: version, ...record } = Object(stored) as typeof stored
  if (typeof version === 'number' && version > VERSION) {
    throw new RecordUnreadable(`a stored key has version ${version}; this Latchkey reads ${VERSION} at most`)
  }
  if (version !== VERSION || !isRecord(record)) throw new RecordUnreadable('a stored key lacks what every key has')
  return record
}

const STATES: ReadonlySet<unknown> = new Set<KeyState>(['active', 'suspended', 'revoked'])
const TYPES: ReadonlySet<unknown> = new Set<GrantType>(['full-access', 'read-only', 'custom'])
const SURFACES: ReadonlySet<unknown> = new Set<Surface>(['api', 'admin', 'keys'])
const UNITS: ReadonlySet<unknown> = new Set<Limit['per']>(['hour', 'day', 'month'])
const SCHEMES: ReadonlySet<unknown> = new Set<ImportScheme>(['strapi', 'sha256'])

/** What a decision rests on must be there and of its type: a field that is missing must never read as "no limit". */
function isRecord(record: Partial<KeyRecord>): record is KeyRecord {
  return (
    typeof record.id === 'string' &&
    typeof record.name === 'string' &&
    typeof record.createdAt === 'number' &&
    STATES.has(record.state) &&
    TYPES.has(record.type) &&
    SURFACES.has(record.surface) &&
    isTexts(record.permissions) &&
    isKeptSecret(record.secret) &&
    [record.description, record.owner, record.copy].every((text) => isAbsentOr(text, isText)) &&
    isAbsentOr(record.expiresAt, isNumber) &&
    isAbsentOr(record.addresses, isTexts) &&
    isAbsentOr(record.limits, (limits) => Array.isArray(limits) && limits.every(isLimit)) &&
    isAbsentOr(record.previous, (previous) => isKeptSecret(previous) && isNumber(Object(previous).until)) &&
    isAbsentOr(record.imported, isKeptSecret) &&
    isAbsentOr(record.metadata, (metadata) => isTexts(Object.values(Object(metadata)))) &&
    isAbsentOr(record.revoked, (revoked) => isNumber(Object(revoked).at))
  )
}

export function isType(value: unknown): value is GrantType {
  return TYPES.has(value)
}

export function isSurface(value: unknown): value is Surface {
  return SURFACES.has(value)
}

/** So many requests from 1, in a window or in a calendar unit: exactly one of the two. */
export function isLimit(value: unknown): value is Limit {
  const { requests, windowSeconds, per } = Object(value) as Partial<Limit>
  if (!isWhole(requests)) return false
  return windowSeconds === undefined ? UNITS.has(per) : isWhole(windowSeconds) && per === undefined
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function isAbsentOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value)
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

function isKeptSecret(value: unknown): boolean {
  const { digest, pepperVersion, scheme } = Object(value) as Partial<KeptSecret>
  return (
    typeof digest === 'string' && typeof pepperVersion === 'string' && (scheme === undefined || SCHEMES.has(scheme))
  )
}
