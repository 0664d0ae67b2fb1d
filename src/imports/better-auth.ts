import type { Grant } from '../model/principal.ts'
import { field, flag, isRow, json, literalPermissions, rowsIn, text } from './fields.ts'
import { sha256Of } from './hash.ts'
import { endOf, lossOfZone, momentOf } from './moment.ts'
import type { Claim, Left, Row, Source } from './source.ts'

/** SHA-256 in base64url without padding. */
const HASH = /^[A-Za-z0-9_-]{43}$/

/** better-auth: rows of the table `apikey`, of any version since 1.2. */
export function betterAuth(): Source {
  return { read, rows, forms: 'a list of rows of the table "apikey", or an object with it' }
}

function rows(input: unknown): Iterable<Row> | undefined {
  return isRow(input) ? rowsIn(field(input, 'apikey', 'apiKeys')) : rowsIn(input)
}

function read(row: Row): Claim | Left {
  const name = text(row, 'name')
  const spelt = text(row, 'key') ?? ''
  const left = (why: string): Left => ({ left: why, name })

  const hash = HASH.test(spelt) ? sha256Of(spelt) : undefined
  if (spelt === '') return left('the export does not hold its hash')
  if (hash === undefined) return left('its key is not hashed as better-auth does: plain keys are imported as csv')
  const end = field(row, 'expiresAt', 'expires_at')
  const expiresAt = endOf(end, 'either')
  if (expiresAt === undefined) return left('its end cannot be read')
  const enabled = flag(row, 'enabled')
  if (enabled === 'unreadable') return left('whether it is enabled cannot be read')
  const refill = field(row, 'refillAmount', 'refill_amount')
  const remaining = text(row, 'remaining')
  if (remaining === '0' && refill === undefined) return left('it has no requests left')
  const rights = rightsOf(row)
  if ('left' in rights) return left(rights.left)

  const id = text(row, 'id')
  const configuration = text(row, 'configId', 'config_id')
  const metadata = metadataOf(row)
  const isLimited = flag(row, 'rateLimitEnabled', 'rate_limit_enabled') === true
  return {
    name,
    proof: { scheme: 'sha256', hash },
    owner: text(row, 'userId', 'user_id', 'referenceId', 'reference_id'),
    grant: rights.grant,
    createdAt: momentOf(field(row, 'createdAt', 'created_at'), 'either'),
    expiresAt,
    suspended: enabled === false,
    metadata: { ...(configuration !== 'default' && { configId: configuration }), ...metadata },
    ...(id !== undefined && { origin: `better-auth ${id}` }),
    prefix: /^[A-Za-z0-9_-]{1,40}$/.exec(text(row, 'prefix') ?? '')?.[0] ?? '',
    warnings: [...rights.warnings, ...(metadata ? [] : ['its metadata is no JSON object and is not taken'])],
    losses: [
      ...(isLimited ? ['their rate limits are not taken'] : []),
      ...(remaining === undefined ? [] : ['how many requests they have left is not taken']),
      ...(refill === undefined ? [] : ['their refills are not taken']),
      ...lossOfZone(end),
    ],
  }
}

/** Older versions wrote the JSON twice. */
function metadataOf(row: Row): Row | undefined {
  const metadata = json(json(field(row, 'metadata') ?? {}))
  return isRow(metadata) ? metadata : metadata === null ? {} : undefined
}

/** `{"files": ["read"]}` is `files:read`. A `:` in a name is refused: two different pairs would become one permission. */
function rightsOf(
  row: Row,
): { readonly grant?: Grant; readonly warnings: readonly string[] } | { readonly left: string } {
  const resources = json(json(field(row, 'permissions') ?? {}))
  if (resources === null || resources === '') return { warnings: [] }
  if (!isRow(resources)) return { left: 'its permissions cannot be read' }
  const pairs = Object.entries(resources).flatMap(([resource, actions]) =>
    Array.isArray(actions) ? actions.map((action) => [resource, String(action)] as const) : [[resource, ':'] as const],
  )
  if (pairs.length === 0) return { warnings: [] }
  if (pairs.some((pair) => pair.some((each) => each.includes(':')))) {
    return { left: 'its permissions are no lists of actions, or have names with ":"' }
  }
  const { permissions, warnings } = literalPermissions(pairs.map(([resource, action]) => `${resource}:${action}`))
  return { grant: { type: 'custom', permissions }, warnings }
}
