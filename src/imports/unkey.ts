import type { Grant } from '../model/principal.ts'
import { field, flag, isRow, json, literalPermissions, rowsIn, text } from './fields.ts'
import { sha256Of } from './hash.ts'
import { endOf, lossOfZone, momentOf } from './moment.ts'
import type { Claim, Left, Proof, Row, Source } from './source.ts'

/**
 * Unkey: rows of its table `keys`, the body of `keys.migrateKeys`, or what its API lists with `decrypt`. Its hash is the
 * SHA-256 of the key in base64.
 */
export function unkey(): Source {
  return { read, rows, forms: 'a list of keys, or an object with "keys" or "data"' }
}

function rows(input: unknown): Iterable<Row> | undefined {
  if (!isRow(input)) return rowsIn(input)
  const list = field(input, 'keys', 'data')
  if (isRow(list)) return rows(list['keys'] === undefined ? [list] : list)
  return list === undefined && field(input, 'hash', 'plaintext') !== undefined ? [input] : rowsIn(list)
}

function read(row: Row): Claim | Left {
  const name = text(row, 'name')
  const spelt = text(row, 'hash') ?? ''
  const plain = text(row, 'plaintext')
  const left = (why: string): Left => ({ left: why, name })

  const gone = reasonToLeave(row)
  if (gone !== undefined) return left(gone)
  const hash = sha256Of(spelt)
  if (spelt !== '' && hash === undefined) return left('its hash is no SHA-256')
  const proof: Proof | undefined = hash ? { scheme: 'sha256', hash } : plain ? { plain } : undefined
  if (!proof) return left('the export holds neither its hash nor, by "decrypt", the key')
  const expiresAt = endOf(field(row, 'expires'), 'milliseconds')
  if (expiresAt === undefined) return left('its end cannot be read')
  const enabled = flag(row, 'enabled')
  if (enabled === 'unreadable') return left('whether it is enabled cannot be read')
  const rights = rightsOf(row)
  if ('left' in rights) return left(rights.left)

  const id = text(row, 'keyId', 'id')
  const meta = json(field(row, 'meta') ?? {})
  const identity = field(row, 'identity')
  const owner =
    text(row, 'externalId', 'external_id') ??
    (isRow(identity) ? text(identity, 'externalId', 'external_id') : undefined) ??
    text(row, 'ownerId', 'owner_id')
  return {
    name,
    proof,
    owner,
    grant: rights.grant,
    createdAt: momentOf(field(row, 'createdAt', 'created_at', 'createdAtM', 'created_at_m'), 'milliseconds'),
    expiresAt,
    suspended: enabled === false,
    ...(isRow(meta) && { metadata: meta }),
    ...(id !== undefined && { origin: id }),
    prefix: prefixOf(row),
    warnings: [...rights.warnings, ...(isRow(meta) ? [] : ['its metadata is no JSON object and is not taken'])],
    losses: [...lossesOf(row, owner), ...lossOfZone(field(row, 'expires'))],
  }
}

function reasonToLeave(row: Row): string | undefined {
  if (field(row, 'deletedAt', 'deleted_at', 'deletedAtM', 'deleted_at_m') !== undefined) return 'it is deleted'
  if (field(row, 'forWorkspaceId', 'for_workspace_id') !== undefined) return 'it is a root key of Unkey itself'
  if (field(row, 'pendingMigrationId', 'pending_migration_id') !== undefined) {
    return 'its hash was made by another system, and Unkey has not seen the key yet'
  }
  return remainingOf(row) === 0 ? 'it has no requests left' : undefined
}

function remainingOf(row: Row): number | undefined {
  const credits = field(row, 'credits')
  const remaining = isRow(credits)
    ? text(credits, 'remaining')
    : text(row, 'remaining', 'remainingRequests', 'remaining_requests')
  return remaining === undefined ? undefined : Number(remaining)
}

/** A role is a list of permissions that an export does not always spell out. */
function rightsOf(
  row: Row,
): { readonly grant?: Grant; readonly warnings: readonly string[] } | { readonly left: string } {
  const [slugs, roles] = [namesOf(row, 'permissions'), namesOf(row, 'roles')]
  if (!slugs || !roles) return { left: 'its permissions or its roles are no list of names' }
  if (slugs.length === 0) {
    return roles.length === 0
      ? { warnings: [] }
      : { left: 'its roles are not taken, and the export lists no permissions' }
  }
  const { permissions, warnings } = literalPermissions(slugs)
  const told = roles.length === 0 ? [] : ['its roles are not taken: only the permissions count that the export lists']
  return { grant: { type: 'custom', permissions }, warnings: [...warnings, ...told] }
}

function namesOf(row: Row, name: string): readonly string[] | undefined {
  const list = json(field(row, name) ?? [])
  if (!Array.isArray(list)) return undefined
  const names = list.map((each) => (isRow(each) ? text(each, 'slug', 'name') : each))
  return names.every((each) => typeof each === 'string') ? names : undefined
}

function lossesOf(row: Row, owner: string | undefined): string[] {
  const credits = field(row, 'credits')
  const limits = field(row, 'ratelimits', 'ratelimit', 'ratelimitLimit', 'ratelimit_limit')
  const refill = isRow(credits) ? field(credits, 'refill') : field(row, 'refill', 'refillAmount', 'refill_amount')
  const identity = text(row, 'identityId', 'identity_id')
  return [
    ...(limits === undefined || (Array.isArray(limits) && limits.length === 0)
      ? []
      : ['their rate limits are not taken']),
    ...(remainingOf(row) === undefined ? [] : ['how many requests they have left is not taken']),
    ...(refill === undefined ? [] : ['their refills are not taken']),
    ...(identity === undefined || owner !== undefined
      ? []
      : ['they have no owner: the export does not tell the external id of their identity']),
  ]
}

/** `start` is the prefix and a few characters more; the random part has no underscore. Absent: nobody knows. */
function prefixOf(row: Row): string | undefined {
  const start = text(row, 'start')
  return start === undefined ? undefined : (/^[A-Za-z0-9_-]{1,40}_/.exec(start)?.[0] ?? '')
}
