import { parseRange } from '../lib/ip.ts'
import { encodeVisible } from '../lib/percent.ts'
import { PERMISSION } from '../lib/permission.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { GrantType, Limit, Surface } from '../model/principal.ts'
import type { KeyRecord } from './record.ts'
import { isLimit, isSurface, isType } from './record.ts'

/**
 * What may be asked for a key. Whatever is absent takes its default, or stays as it is. An empty description, owner,
 * list of addresses or limits, or set of metadata takes away what there was.
 */
export interface KeyDraft {
  readonly name?: string
  readonly description?: string
  /** Default `read-only`: least privilege. */
  readonly type?: GrantType
  readonly permissions?: readonly string[]
  /** Default `api`. */
  readonly surface?: Surface
  readonly owner?: string
  /** `never`, or a time; default: the policy's lifetime from now. */
  readonly expiresAt?: EpochSeconds | 'never'
  readonly addresses?: readonly string[]
  readonly limits?: readonly Limit[]
  readonly metadata?: Readonly<Record<string, string>>
}

/** How long keys may live. */
export interface LifetimePolicy {
  readonly defaultLifetimeDays: number
  readonly maxLifetimeDays: number | undefined
  readonly allowNever: boolean
}

export const DEFAULT_LIFETIMES: LifetimePolicy = {
  defaultLifetimeDays: 90,
  maxLifetimeDays: undefined,
  allowNever: true,
}

/** Something wrong with a draft: where (RFC 6901), and what is allowed there. */
export interface DraftFault {
  readonly pointer: string
  readonly message: string
}

const DAY_SECONDS = 86_400
/** The end of the year 9999: RFC 3339 tells no later time. */
const LATEST = 253_402_300_799
/** So that a record with all of them, another secret and a reason is below what any store takes in one entry. */
const MOST_PERMISSIONS = 1000
const MOST_PERMISSION_CHARACTERS = 32_768
const MOST_METADATA_CHARACTERS = 4096
const MOST_ADDRESSES = 100
const MOST_LIMITS = 10

type Check = readonly [pointer: string, isRight: boolean, message: string]

/** All that is wrong with a draft, at once. Whatever stands in its fields is looked at: types are checked too. */
export function draftFaults(draft: KeyDraft, lifetimes: LifetimePolicy, at: EpochSeconds): DraftFault[] {
  const { expiresAt } = draft
  const isToCome = typeof expiresAt !== 'number' || expiresAt > at
  return [
    ...fieldFaults(draft),
    ...endFaults(expiresAt, lifetimes, at),
    ...faultsOf([['/expiresAt', isToCome, 'a time that is still to come']]),
  ]
}

/** What is wrong with a draft's fields, but for its end. */
export function fieldFaults(draft: KeyDraft): DraftFault[] {
  const { type, permissions, addresses, limits } = draft
  return faultsOf([
    [
      '/name',
      isAbsentOr(draft.name, isName),
      'a text of 1 to 100 visible characters and spaces, 240 bytes when percent-encoded',
    ],
    ['/description', isAbsentOr(draft.description, isDescription), 'a text of 500 characters at most'],
    ['/owner', isAbsentOr(draft.owner, isOwner), 'a text of 1 to 100 visible characters and spaces'],
    ['/type', isAbsentOr(type, isType), '"full-access", "read-only" or "custom"'],
    ['/surface', isAbsentOr(draft.surface, isSurface), '"api", "admin" or "keys"'],
    ['/permissions', (type === 'custom') === isSome(permissions), 'a list for "custom", and for no other type'],
    ...checksOf('/permissions', permissions, isPermission, 'segments split by "." or ":", such as "orders.read"'),
    ['/permissions', isStorable(permissions), `${MOST_PERMISSIONS} at most, and 32 KB in all`],
    ...checksOf('/addresses', addresses, isRange, 'an address or a block such as "10.0.0.0/8"'),
    ['/addresses', (addresses?.length ?? 0) <= MOST_ADDRESSES, `${MOST_ADDRESSES} at most`],
    ...checksOf(
      '/limits',
      limits,
      isLimit,
      'whole requests from 1, and as whole windowSeconds or a unit to count them per',
    ),
    ['/limits', (limits?.length ?? 0) <= MOST_LIMITS, `${MOST_LIMITS} at most`],
    ['/metadata', isAbsentOr(draft.metadata, isMetadata), 'texts, 4 KB in all at most'],
  ])
}

/** What is wrong with an end, whether it is to come or not. */
export function endFaults(
  expiresAt: KeyDraft['expiresAt'],
  { maxLifetimeDays, allowNever }: LifetimePolicy,
  at: EpochSeconds,
): DraftFault[] {
  if (expiresAt === undefined) return []
  if (expiresAt === 'never') {
    const isAllowed = allowNever && maxLifetimeDays === undefined
    return faultsOf([['/expiresAt', isAllowed, 'a time: keys without an end are not allowed here']])
  }
  if (!isTime(expiresAt)) return faultsOf([['/expiresAt', false, 'epoch seconds before the year 10000, or "never"']])
  const most = maxLifetimeDays === undefined ? LATEST : at + maxLifetimeDays * DAY_SECONDS
  return faultsOf([['/expiresAt', expiresAt <= most, `a time within ${maxLifetimeDays} days`]])
}

/** When a draft's key ends; undefined: never. */
export function endOf(draft: KeyDraft, lifetimes: LifetimePolicy, at: EpochSeconds): EpochSeconds | undefined {
  if (draft.expiresAt === 'never') return undefined
  const { defaultLifetimeDays, maxLifetimeDays = Number.POSITIVE_INFINITY } = lifetimes
  return draft.expiresAt ?? at + Math.min(defaultLifetimeDays, maxLifetimeDays) * DAY_SECONDS
}

const FIELDS = [
  'name',
  'description',
  'type',
  'permissions',
  'surface',
  'owner',
  'addresses',
  'limits',
  'metadata',
] as const satisfies readonly (keyof KeyDraft)[]

/** A record with what a draft asks for; what the draft does not name stays. */
export function applied(draft: KeyDraft, record: KeyRecord): KeyRecord {
  const changed: Record<string, unknown> = { ...record }
  for (const field of FIELDS) {
    if (draft[field] !== undefined) changed[field] = draft[field]
    if (isEmpty(draft[field])) delete changed[field]
  }
  if (draft.expiresAt !== undefined) changed['expiresAt'] = draft.expiresAt
  if (draft.expiresAt === 'never') delete changed['expiresAt']
  // Permissions belong to one type: another type has none.
  const permissions = changed['type'] === 'custom' ? (changed['permissions'] ?? []) : []
  return { ...changed, permissions } as unknown as KeyRecord
}

/** Whether a value is a time that stores and RFC 3339 can tell. */
export function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= LATEST
}

/** Whether a value is one line of 1 to `most` visible characters and spaces. */
export function isLine(text: unknown, most = 100): text is string {
  return typeof text === 'string' && /^\P{C}+$/u.test(text) && [...text].length <= most && text.trim() === text
}

export function faultsOf(checks: readonly Check[]): DraftFault[] {
  return checks.filter(([, isRight]) => !isRight).map(([pointer, , message]) => ({ pointer, message }))
}

/** Each place of a list; what is no list has one fault. */
function checksOf(pointer: string, list: unknown, is: (value: unknown) => boolean, message: string): readonly Check[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) return [[pointer, false, 'a list']]
  return list.map((value, place) => [`${pointer}/${place}`, is(value), message])
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

function isAbsentOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value)
}

function isSome(list: unknown): boolean {
  return list !== undefined && !isEmpty(list)
}

function isStorable(permissions: readonly string[] | undefined): boolean {
  if (!Array.isArray(permissions)) return true
  return permissions.length <= MOST_PERMISSIONS && permissions.join().length <= MOST_PERMISSION_CHARACTERS
}

export function isOwner(text: unknown): boolean {
  return text === '' || isLine(text)
}

/** A name is also reserved by an id, which holds no more. */
function isName(text: unknown): boolean {
  return isLine(text) && encodeVisible(text).length <= 240
}

/** Lines and tabs, and no character that would steer a terminal. */
function isDescription(text: unknown): boolean {
  return typeof text === 'string' && text.length <= 500 && /^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u.test(text)
}

function isPermission(text: unknown): boolean {
  return typeof text === 'string' && PERMISSION.test(text)
}

function isRange(text: unknown): boolean {
  return typeof text === 'string' && parseRange(text) !== undefined
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return (
    Object.values(value).every((text) => typeof text === 'string') &&
    JSON.stringify(value).length <= MOST_METADATA_CHARACTERS
  )
}
