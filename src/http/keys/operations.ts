import type { Target } from '../../lib/path.ts'
import { parsePermission } from '../../lib/permission.ts'
import type { Match } from '../../model/decision.ts'

/** What can be asked of key management. */
export type Operation =
  | 'list-keys'
  | 'create-key'
  | 'import-keys'
  | 'read-key'
  | 'update-key'
  | 'delete-key'
  | 'rotate-key'
  | 'suspend-key'
  | 'resume-key'
  | 'revoke-key'
  | 'reveal-key'
  | 'list-events'
  | 'read-usage'
  | 'introspect'
  | 'revoke-token'
  | 'rotate-own'
  | 'issue-token'
  | 'read-key-set'
  | 'read-openapi'

/** An operation: how it is asked for, and who may. */
export interface OperationRow {
  readonly operation: Operation
  /** HEAD is taken for GET. */
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `base`; `:id` is a key's id, 17 base62 digits. */
  readonly path: string
  /** Needed of a principal of the surface `keys`; absent: a principal of any surface passes. */
  readonly permission?: string
  readonly access: Match['access']
  /** `optional`: also without any credential, as what is sent proves itself. */
  readonly passage: 'judged' | 'optional' | 'public'
}

/** Every operation. The gate judges by these rows, the app serves by them, and the OpenAPI document is made from them. */
export const OPERATIONS: readonly OperationRow[] = [
  judged('list-keys', 'GET', '/keys', 'latchkey.keys.read'),
  judged('create-key', 'POST', '/keys', 'latchkey.keys.create'),
  judged('import-keys', 'POST', '/keys/import', 'latchkey.keys.import'),
  judged('read-key', 'GET', '/keys/:id', 'latchkey.keys.read'),
  judged('update-key', 'PATCH', '/keys/:id', 'latchkey.keys.update'),
  judged('delete-key', 'DELETE', '/keys/:id', 'latchkey.keys.delete'),
  judged('rotate-key', 'POST', '/keys/:id/rotate', 'latchkey.keys.rotate'),
  judged('suspend-key', 'POST', '/keys/:id/suspend', 'latchkey.keys.update'),
  judged('resume-key', 'POST', '/keys/:id/resume', 'latchkey.keys.update'),
  judged('revoke-key', 'POST', '/keys/:id/revoke', 'latchkey.keys.revoke'),
  judged('reveal-key', 'POST', '/keys/:id/reveal', 'latchkey.keys.reveal'),
  judged('list-events', 'GET', '/keys/:id/events', 'latchkey.events.read'),
  judged('read-usage', 'GET', '/usage', 'latchkey.usage.read'),
  // RFC 7662 asks by POST, so that the token is in no URL; nothing is changed.
  { ...judged('introspect', 'POST', '/introspect', 'latchkey.introspect'), access: 'read' },
  { ...judged('revoke-token', 'POST', '/revoke', 'latchkey.keys.revoke'), passage: 'optional' },
  { operation: 'rotate-own', method: 'POST', path: '/whoami/rotate', access: 'write', passage: 'judged' },
  // The key that is traded stands where RFC 6749 (2.3.1) has it, so whoever answers judges it.
  { operation: 'issue-token', method: 'POST', path: '/token', access: 'write', passage: 'public' },
  { operation: 'read-key-set', method: 'GET', path: '/jwks.json', access: 'read', passage: 'public' },
  { operation: 'read-openapi', method: 'GET', path: '/openapi.json', access: 'read', passage: 'public' },
]

/** A body that is longer is answered 413; a host need read no more than one byte beyond. */
export const MOST_BODY_BYTES = 65_536

const KEY_ID = /^\/keys\/[0-9A-Za-z]{17}(?=\/|$)/

/** The operation that is asked for on a path below `base`, taken as it was sent; undefined where there is none. */
export function findOperation(path: string, method: string): OperationRow | undefined {
  // A pattern's own text is no path: `:id` is not an id.
  if (path.includes(':')) return undefined
  const pattern = path.replace(KEY_ID, '/keys/:id')
  const asked = method === 'HEAD' ? 'GET' : method
  return OPERATIONS.find((row) => row.path === pattern && row.method === asked)
}

/** What only a deployment that issues tokens has. */
const OF_ISSUING: ReadonlySet<Operation> = new Set(['issue-token', 'read-key-set'])

/** What a request under `base` is matched with, where it asks for an operation. `method` is the one that a preflight asks for. */
export function matchOperation(
  base: string,
  target: Target,
  method: string,
  isPreflight: boolean,
  isIssuing = false,
): Match | undefined {
  const { path, query } = target
  const row = path.startsWith(`${base}/`) ? findOperation(path.slice(base.length), method) : undefined
  if (!row || (OF_ISSUING.has(row.operation) && !isIssuing)) return undefined
  const { permission, access, passage } = row
  return {
    pattern: base + row.path,
    path,
    query,
    passage: isPreflight ? 'preflight' : passage,
    access,
    surface: permission === undefined ? undefined : 'keys',
    permissions: permission === undefined ? undefined : [parsePermission(permission)],
    credentials: undefined,
    endpoint: 'keys',
  }
}

function judged(operation: Operation, method: OperationRow['method'], path: string, permission: string): OperationRow {
  return { operation, method, path, permission, access: method === 'GET' ? 'read' : 'write', passage: 'judged' }
}
