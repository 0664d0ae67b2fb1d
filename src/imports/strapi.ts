import type { Grant } from '../model/principal.ts'
import { field, isRow, json, text } from './fields.ts'
import { endOf, lossOfZone, momentOf } from './moment.ts'
import type { Claim, ImportOptions, Left, Row, Source } from './source.ts'
import { openCopy, strapiHash } from './strapi-secrets.ts'
import { strapiRows } from './strapi-tables.ts'

/** The lower-case hex of an HMAC-SHA512. */
const HASH = /^[0-9a-f]{128}$/
/** 128 random bytes: what a caller sends. Strapi's API tells it where it keeps viewable copies. */
const TOKEN = /^[0-9a-f]{256}$/
const NO_SALT = 'the export holds the token, not its hash, which takes the salt'

/**
 * Strapi 4 and 5: rows of `strapi_api_tokens` with their permissions, or what `GET /admin/api-tokens/:id` answers. A
 * token ends at the first whole second at or after Strapi's own end.
 */
export function strapi(): Source {
  return { read, rows: strapiRows, forms: 'tables by their names, a list of tokens, or an answer of /admin/api-tokens' }
}

async function read(row: Row, options: ImportOptions): Promise<Claim | Left> {
  const name = text(row, 'name')
  const copy = text(row, 'encrypted_key', 'encryptedKey')
  const accessKey = text(row, 'access_key', 'accessKey') ?? ''
  const left = (why: string): Left => ({ left: why, name })

  const end = field(row, 'expires_at', 'expiresAt')
  const expiresAt = endOf(end, 'milliseconds')
  if (expiresAt === undefined) return left('its end cannot be read')
  if (expiresAt === 'never' && field(row, 'lifespan') !== undefined) return left('it has a lifespan and no end')
  const rights = rightsOf(row)
  if ('left' in rights) return left(rights.left)

  const proof = await proofOf(accessKey, options)
  if ('left' in proof) return left(proof.left)
  const viewable = proof.token ? {} : await viewableOf(copy, proof.hash, options)
  const token = options.encryptionKey === undefined ? undefined : (proof.token ?? viewable.token)
  const id = text(row, 'id')
  return {
    name,
    proof: { scheme: 'strapi', hash: proof.hash },
    description: text(row, 'description'),
    grant: rights.grant,
    surface: rights.surface,
    createdAt: momentOf(field(row, 'created_at', 'createdAt'), 'milliseconds'),
    expiresAt,
    ...(id !== undefined && { origin: `strapi ${id}` }),
    ...(token !== undefined && { token }),
    warnings: [...rights.warnings, ...(viewable.warnings ?? [])],
    losses: [...(viewable.losses ?? []), ...lossOfZone(end)],
  }
}

interface Rights {
  readonly grant: Grant
  readonly surface: 'api' | 'admin'
  readonly warnings: readonly string[]
}

function rightsOf(row: Row): Rights | { readonly left: string } {
  const kind = text(row, 'kind') ?? 'content-api'
  if (kind !== 'content-api' && kind !== 'admin') return { left: 'its kind is neither "content-api" nor "admin"' }
  const admin = field(row, 'adminPermissions')
  if (kind === 'admin' && Array.isArray(admin)) return adminRights(admin)
  const surface = kind === 'admin' ? 'admin' : 'api'
  const type = text(row, 'type')
  if (kind === 'admin' && (type ?? 'read-only') === 'read-only') {
    return { left: 'the export does not say what this admin token may do: it lacks the admin permissions' }
  }
  if (type === 'read-only' || type === 'full-access') return { grant: { type, permissions: [] }, surface, warnings: [] }
  if (type !== 'custom') return { left: 'its type is none of "read-only", "full-access" and "custom"' }
  const actions = actionsOf(field(row, 'permissions'))
  if (!actions) return { left: 'it is custom, and the export lacks its permissions' }
  return { grant: { type, permissions: actions }, surface, warnings: [] }
}

/** Names of actions, or rows that have one each. */
function actionsOf(permissions: unknown): string[] | undefined {
  if (!Array.isArray(permissions)) return undefined
  const actions = permissions.map((each) => (isRow(each) ? text(each, 'action') : each))
  return actions.every((action) => typeof action === 'string') ? actions : undefined
}

/**
 * What an admin token may do are permissions of the admin panel: its `type` is always the column's default. An action
 * bound to a content type, to fields or to conditions would be unbound here, so it is not taken.
 */
function adminRights(all: readonly unknown[]): Rights | { readonly left: string } {
  const free = all.filter((each) => isRow(each) && isFree(each))
  const actions = actionsOf(free) ?? []
  if (actions.length === 0) return { left: 'none of its admin permissions is free of a subject, fields and conditions' }
  const bound = all.length - actions.length
  const why = `not taken, as they are bound to a subject, fields or conditions: ${bound} of its admin permissions`
  const warnings = bound === 0 ? [] : [why]
  return { grant: { type: 'custom', permissions: actions }, surface: 'admin', warnings }
}

function isFree(permission: Row): boolean {
  const properties = json(field(permission, 'properties') ?? {})
  const conditions = json(field(permission, 'conditions') ?? [])
  return (
    field(permission, 'subject') === undefined &&
    isRow(properties) &&
    Object.values(properties).every((each) => Array.isArray(each) && each.length === 0) &&
    Array.isArray(conditions) &&
    conditions.length === 0
  )
}

async function proofOf(
  accessKey: string,
  { salt }: ImportOptions,
): Promise<{ readonly hash: string; readonly token?: string } | { readonly left: string }> {
  if (HASH.test(accessKey)) return { hash: accessKey }
  if (accessKey === '') return { left: 'the export does not hold its access key' }
  if (!TOKEN.test(accessKey)) return { left: 'its access key is neither 128 nor 256 digits of lower-case hex' }
  return salt === undefined ? { left: NO_SALT } : { hash: await strapiHash(accessKey, salt), token: accessKey }
}

/** The token of the viewable copy, once it has proved to be the one that the hash is of. */
async function viewableOf(
  copy: string | undefined,
  hash: string,
  { encryptionKey, salt }: ImportOptions,
): Promise<{ readonly token?: string; readonly warnings?: readonly string[]; readonly losses?: readonly string[] }> {
  if (copy === undefined || copy === '') return {}
  if (encryptionKey === undefined)
    return { losses: ['their viewable copies are not taken: no encryption key is given'] }
  if (salt === undefined)
    return { losses: ['their viewable copies are not taken: only the salt proves whose they are'] }
  const token = await openCopy(copy, encryptionKey)
  if (token === undefined) return { warnings: ['its viewable copy is not taken: the encryption key does not open it'] }
  const isOwn = (await strapiHash(token, salt)) === hash
  return isOwn
    ? { token }
    : { warnings: ['its viewable copy is not taken: it is of another token, or the salt is another'] }
}
