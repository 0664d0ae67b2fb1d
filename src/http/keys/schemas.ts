import * as v from 'valibot'
import type { ImportedKey } from '../../keys/asked.ts'
import { parseTimestamp } from '../../lib/time.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { GrantType, Limit, Surface } from '../../model/principal.ts'
import { members, oneOf, plainObject, text } from './shape.ts'

/**
 * The shape of what is sent to the keys API: types, and no member that is not known. What a text must look like is the
 * registry's to say, which the command line asks too. Each message is what is allowed there, and its description in the
 * OpenAPI document.
 */

/** When a key ends: one of the two, or neither. */
export interface EndBody {
  /** null: never. */
  readonly expiresAt?: EpochSeconds | null
  readonly lifetimeDays?: number
}

interface MembersOfKey {
  readonly type?: GrantType
  readonly permissions?: readonly string[]
  readonly surface?: Surface
}

/** The body of `POST keys`. */
export interface NewKeyBody extends MembersOfKey, EndBody {
  readonly name: string
  readonly description?: string
  readonly owner?: string
  readonly addresses?: readonly string[]
  readonly limits?: readonly Limit[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly viewable?: boolean
  readonly force?: boolean
}

/** The body of `PATCH keys/:id`: what is absent stays, and null takes away. */
export interface KeyChangeBody extends MembersOfKey, EndBody {
  readonly name?: string
  readonly description?: string | null
  readonly owner?: string | null
  readonly addresses?: readonly string[] | null
  readonly limits?: readonly Limit[] | null
  readonly metadata?: Readonly<Record<string, string>> | null
  readonly force?: boolean
}

/** The body of `POST keys/:id/rotate`. */
export interface RotationBody extends EndBody {
  readonly overlapSeconds: number
}

/** One of the list that `POST keys/import` takes: no token, as plain ones stay where they are read. */
export interface ImportBody extends Omit<ImportedKey, 'token' | 'expiresAt'> {
  readonly expiresAt?: EpochSeconds | null
}

const flag = (message: string) => v.exactOptional(v.boolean(message))
const between = (least: number, most: number, message: string) =>
  v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message))
const optional = v.exactOptional
const nullable = v.nullable

/** RFC 3339, of which `isoTimestamp` takes more. */
const TIMESTAMP = /^[\d-]{10}T[\d:]{8}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
/** A fraction of a second must not end anything early. */
const timestamp = (message: string) =>
  v.pipe(
    text(message),
    v.isoTimestamp(message),
    v.regex(TIMESTAMP, message),
    v.check((value) => parseTimestamp(value) !== undefined, message),
    v.transform((value): EpochSeconds => Math.ceil(parseTimestamp(value) as number)),
  )

const MOST_LIFETIME_DAYS = 36_500
const expiresAt = optional(nullable(timestamp('a time such as "2027-01-31T00:00:00Z", or null for never')))
const end = {
  expiresAt,
  lifetimeDays: optional(between(1, MOST_LIFETIME_DAYS, `whole days from now, ${MOST_LIFETIME_DAYS} at most`)),
}
/** One of the two, or neither: then the policy's lifetime, or the end that a key has. */
const oneEnd = <Body extends EndBody>() =>
  v.check<Body, string>(
    ({ expiresAt, lifetimeDays }) => expiresAt === undefined || lifetimeDays === undefined,
    'expiresAt or lifetimeDays, not both',
  )

const METADATA = 'an object of texts, 4 KB in all'
const name = text('a name that no other key has: 1 to 100 visible characters and spaces')
const description = text('a text of 500 characters at most')
const owner = text('the customer that the key is for: 1 to 100 visible characters and spaces')
const addresses = v.array(
  text('an address, or a block such as "10.0.0.0/8"'),
  'a list of the only addresses that may use the key',
)
const limits = v.array(
  members(
    {
      requests: between(1, Number.MAX_SAFE_INTEGER, 'a whole number of requests'),
      windowSeconds: optional(between(1, Number.MAX_SAFE_INTEGER, 'a whole number of seconds')),
      per: optional(oneOf('hour', 'day', 'month')),
    },
    'requests, and either windowSeconds or per',
  ),
  'a list of limits, of which the tightest holds',
)
const metadata = v.pipe(plainObject(METADATA), v.record(v.string(), text(METADATA), METADATA))
const type = oneOf('full-access', 'read-only', 'custom')
const permissions = optional(
  v.array(text('a permission such as "orders.read"'), 'a list of permissions, for the type "custom" alone'),
)
const surface = optional(oneOf('api', 'admin', 'keys'))
const grant = {
  type: optional(type),
  permissions,
  surface,
  force: flag('whether permissions that no route needs are taken'),
}

export const newKeySchema: v.GenericSchema<unknown, NewKeyBody> = v.pipe(
  members(
    {
      name,
      description: optional(description),
      ...grant,
      owner: optional(owner),
      ...end,
      addresses: optional(addresses),
      limits: optional(limits),
      metadata: optional(metadata),
      viewable: flag('whether the token is kept encrypted, so that it can be revealed again'),
    },
    'an object that describes a key',
  ),
  oneEnd(),
)

export const keyChangeSchema: v.GenericSchema<unknown, KeyChangeBody> = v.pipe(
  members(
    {
      name: optional(name),
      description: optional(nullable(description)),
      ...grant,
      owner: optional(nullable(owner)),
      ...end,
      addresses: optional(nullable(addresses)),
      limits: optional(nullable(limits)),
      metadata: optional(nullable(metadata)),
    },
    'an object with what is to change',
  ),
  oneEnd(),
)

const MOST_OVERLAP_SECONDS = 31_622_400
const overlapSeconds = between(0, MOST_OVERLAP_SECONDS, 'how long the old secret still counts; 0 ends it at once')

export const rotationSchema: v.GenericSchema<unknown, RotationBody> = v.pipe(
  members({ overlapSeconds, ...end }, 'an object such as { "overlapSeconds": 86400 }'),
  oneEnd(),
)

const MOST_IMPORTED = 100
const IMPORTED = `a list of keys, ${MOST_IMPORTED} at most`

export const importSchema: v.GenericSchema<unknown, readonly ImportBody[]> = v.pipe(
  v.array(
    members(
      {
        name,
        description: optional(description),
        type,
        permissions,
        surface: optional(oneOf('api', 'admin')),
        owner: optional(owner),
        createdAt: optional(timestamp('a time such as "2026-01-31T00:00:00Z"')),
        expiresAt,
        addresses: optional(addresses),
        metadata: optional(metadata),
        scheme: oneOf('strapi', 'sha256'),
        hash: text('lower-case hex: 128 digits for "strapi", 64 for "sha256"'),
        suspended: flag('whether the key is not to count yet'),
      },
      'an object that describes a key of another system',
    ),
    IMPORTED,
  ),
  v.maxLength(MOST_IMPORTED, IMPORTED),
)

const REASON = 'a text of 1 to 200 visible characters and spaces'

/** The body of `POST keys/:id/revoke`. */
export const revocationSchema: v.GenericSchema<unknown, { readonly reason?: string }> = members(
  { reason: optional(v.pipe(text(REASON), v.regex(/^\P{C}{1,200}$/u, REASON))) },
  'an object such as { "reason": "leaked" }, or nothing',
)

/** The body of `POST whoami/rotate`: the end is not the holder's to renew. */
export const ownRotationSchema: v.GenericSchema<unknown, { readonly overlapSeconds: number }> = members(
  { overlapSeconds },
  'an object such as { "overlapSeconds": 3600 }',
)

/** The body of an action that needs no words. */
export const nothingSchema: v.GenericSchema<unknown, object> = members({}, 'nothing, or an empty object')
