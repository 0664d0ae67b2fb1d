import * as v from 'valibot'
import type { KeyState } from '../../keys/record.ts'
import type { UsageGroup } from '../../keys/usage.ts'
import type { GrantType, Surface } from '../../model/principal.ts'
import { members, oneOf, text } from './shape.ts'

/** The shape of the queries that the keys API reads. */

/** The query of `GET keys`. */
export interface ListQuery {
  readonly limit?: number
  readonly cursor?: string
  readonly sort?: 'id' | 'name' | 'expires'
  readonly owner?: string
  readonly state?: KeyState
  readonly surface?: Surface
  readonly type?: GrantType
  readonly search?: string
}

/** The query of `GET keys/:id/events`. */
export interface EventsQuery {
  readonly limit?: number
  readonly cursor?: string
}

/** The query of `GET usage`. */
export interface UsageRequest {
  readonly owner?: string
  readonly key?: string
  readonly from?: string
  readonly to?: string
  readonly group?: UsageGroup
  readonly format?: 'json' | 'csv'
}

const optional = v.exactOptional
const MOST_LISTED = 100
const LIMIT = `how many at most: 1 to ${MOST_LISTED}`
const limit = v.pipe(
  text(LIMIT),
  v.regex(/^[1-9]\d{0,2}$/, LIMIT),
  v.transform(Number),
  v.number(LIMIT),
  v.integer(LIMIT),
  v.minValue(1, LIMIT),
  v.maxValue(MOST_LISTED, LIMIT),
)
const page = { limit: optional(limit), cursor: optional(text('the cursor of an earlier page of the same listing')) }

const parameters = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  members(entries, 'parameters', 'no such parameter here')

export const listSchema: v.GenericSchema<unknown, ListQuery> = parameters({
  ...page,
  sort: optional(oneOf('id', 'name', 'expires')),
  owner: optional(text('the customer that the keys are for')),
  state: optional(oneOf('active', 'suspended', 'revoked')),
  surface: optional(oneOf('api', 'admin', 'keys')),
  type: optional(oneOf('full-access', 'read-only', 'custom')),
  search: optional(text('a part of the name or the description; letter case does not count')),
})

export const eventsSchema: v.GenericSchema<unknown, EventsQuery> = parameters(page)

const day = (message: string) => v.pipe(text(message), v.isoDate(message))

export const usageSchema: v.GenericSchema<unknown, UsageRequest> = parameters({
  owner: optional(text('the customer that the keys are for')),
  key: optional(text('the id of a key')),
  from: optional(day('the first day in UTC, such as "2026-06-01"; default 29 days before the last')),
  to: optional(day('the last day in UTC, which counts; default today')),
  group: optional(oneOf('key', 'owner', 'day')),
  format: optional(oneOf('json', 'csv')),
})
