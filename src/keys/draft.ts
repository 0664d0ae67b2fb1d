import { parseRange } from '../lib/ip.ts'
import { encodeVisible } from '../lib/percent.ts'
import { PERMISSION } from '../lib/permission.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { GrantType, Limit, Surface } from '../model/principal.ts'
import type { KeyRecord } from './record.ts'

/** What may be asked for a key. Whatever is absent takes its default, or stays as it is. */
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
/** Far below what any store takes in one entry. */
const MOST_METADATA_CHARACTERS = 4096

/** All that is wrong with a draft, at once. */
export function draftFaults(draft: KeyDraft, lifetimes: LifetimePolicy, at: EpochSeconds): DraftFault[] {
  const checks: readonly (readonly [pointer: string, isRight: boolean, message: string])[] = [
    [
      '/name',
      isAbsentOr(draft.name, isName),
      'a text of 1 to 100 visible characters and spaces, 240 bytes when percent-encoded',
    ],
    ['/description', isAbsentOr(draft.description, (text) => text.length <= 500), 'a text of 500 characters at most'],
    ['/owner', isAbsentOr(draft.owner, isLine), 'a text of 1 to 100 visible characters and spaces'],
    [
      '/permissions',
      (draft.type === 'custom') === (draft.permissions !== undefined && draft.permissions.length > 0),
      'a list for "custom", and for no other type',
    ],
    ...(draft.permissions ?? []).map((permission, place) => {
      const isRight = PERMISSION.test(permission)
      return [`/permissions/${place}`, isRight, 'segments split by "." or ":", such as "orders.read"'] as const
    }),
    ...(draft.addresses ?? []).map((range, place) => {
      return [
        `/addresses/${place}`,
        parseRange(range) !== undefined,
        'an address or a block such as "10.0.0.0/8"',
      ] as const
    }),
    ...(draft.limits ?? []).map((limit, place) => {
      return [`/limits/${place}`, isLimit(limit), 'requests, and windowSeconds or per: whole numbers from 1'] as const
    }),
    [
      '/metadata',
      JSON.stringify(draft.metadata ?? {}).length <= MOST_METADATA_CHARACTERS,
      'texts, 4 KB in all at most',
    ],
    ...lifetimeChecks(draft.expiresAt, lifetimes, at),
  ]
  return checks.filter(([, isRight]) => !isRight).map(([pointer, , message]) => ({ pointer, message }))
}

function lifetimeChecks(
  expiresAt: KeyDraft['expiresAt'],
  { maxLifetimeDays, allowNever }: LifetimePolicy,
  at: EpochSeconds,
): readonly (readonly [string, boolean, string])[] {
  const most = maxLifetimeDays === undefined ? Number.POSITIVE_INFINITY : at + maxLifetimeDays * DAY_SECONDS
  if (expiresAt === 'never') {
    return [
      ['/expiresAt', allowNever && maxLifetimeDays === undefined, 'a time: keys without an end are not allowed here'],
    ]
  }
  return [
    ['/expiresAt', expiresAt === undefined || expiresAt > at, 'a time that is still to come'],
    ['/expiresAt', expiresAt === undefined || expiresAt <= most, `a time within ${maxLifetimeDays} days`],
  ]
}

/** When a draft's key ends; undefined: never. */
export function endOf(draft: KeyDraft, lifetimes: LifetimePolicy, at: EpochSeconds): EpochSeconds | undefined {
  if (draft.expiresAt === 'never') return undefined
  const { defaultLifetimeDays, maxLifetimeDays = Number.POSITIVE_INFINITY } = lifetimes
  return draft.expiresAt ?? at + Math.min(defaultLifetimeDays, maxLifetimeDays) * DAY_SECONDS
}

/** A record with what a draft asks for; what the draft does not name stays. */
export function applied(draft: KeyDraft, record: KeyRecord): KeyRecord {
  const { expiresAt, ...rest } = draft
  const changed = { ...record, ...withoutAbsent(rest) }
  // Permissions belong to one type: another type has none.
  const permissions = changed.type === 'custom' ? changed.permissions : []
  if (expiresAt === undefined) return { ...changed, permissions }
  const { expiresAt: _, ...endless } = { ...changed, permissions }
  return expiresAt === 'never' ? endless : { ...endless, expiresAt }
}

function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}

function isAbsentOr<T>(value: T | undefined, is: (value: T) => boolean): boolean {
  return value === undefined || is(value)
}

function isLine(text: string): boolean {
  return /^\P{C}{1,100}$/u.test(text) && text.trim() === text
}

/** A name is also reserved by an id, which holds no more. */
function isName(text: string): boolean {
  return isLine(text) && encodeVisible(text).length <= 240
}

const UNITS: ReadonlySet<unknown> = new Set(['hour', 'day', 'month'])

function isLimit({ requests, windowSeconds, per }: Limit): boolean {
  if (!isWhole(requests)) return false
  return windowSeconds === undefined ? UNITS.has(per) : isWhole(windowSeconds) && per === undefined
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}
