import * as v from 'valibot'
import type { KeyState } from '../../keys/record.ts'
import type { GrantType, Surface } from '../../model/principal.ts'

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

const optional = v.exactOptional
const text = (message: string) => v.string(message)
const oneOf = <const Options extends readonly [string, ...string[]]>(...options: Options) =>
  v.picklist(options, `one of ${options.map((option) => `"${option}"`).join(', ')}`)

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

/** Parameters of these names alone. */
function parameters<const Entries extends v.ObjectEntries>(entries: Entries) {
  type Strict = v.StrictObjectSchema<Entries, undefined>
  type Schema = v.GenericSchema<v.InferInput<Strict>, v.InferOutput<Strict>>
  const strict: unknown = v.objectWithRest(entries, v.never('no such parameter here'))
  return strict as Schema
}

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

/** For what takes no parameters. */
export const noQuerySchema: v.GenericSchema<unknown, object> = parameters({})
