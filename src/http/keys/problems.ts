import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Problem, Unchanged } from '../../keys/registry.ts'
import type { StoreTrouble } from '../../model/store-error.ts'
import type { KeysContext } from './parts.ts'

/** Why a request was not done: what the registry says, and what is wrong with the request itself. */
export type ProblemReason =
  | Problem
  | 'body-malformed'
  | 'body-too-large'
  | 'media-type-unsupported'
  | 'query-invalid'
  | 'header-malformed'
  | 'version-outdated'
  | 'rotation-not-allowed'
  | 'secret-not-current'
  | 'credential-place'
  | 'record-unreadable'
  | 'dependency-unavailable'
  | 'internal'

export interface ProblemRow {
  readonly status: ContentfulStatusCode
  /** Says what to do. */
  readonly title: string
}

/** Every reason, with its status. */
export const PROBLEMS: Readonly<Record<ProblemReason, ProblemRow>> = {
  'body-malformed': { status: 400, title: 'Send a body of JSON in UTF-8.' },
  'query-invalid': { status: 400, title: 'Send query parameters that this endpoint knows, each once.' },
  'header-malformed': { status: 400, title: 'Send If-Match and If-None-Match as "*" or as entity tags.' },
  'beyond-actor': { status: 403, title: 'Ask for no more than your own credential may do.' },
  'rotation-not-allowed': { status: 403, title: 'Ask an administrator: keys do not rotate themselves here.' },
  'secret-not-current': { status: 403, title: 'Use the current secret: the one before it replaces nothing.' },
  'credential-place': { status: 403, title: 'Send the key in a header.' },
  'not-found': { status: 404, title: 'Use the id of a key that there is.' },
  'name-taken': { status: 409, title: 'Use another name: a key has this one.' },
  conflict: { status: 409, title: 'Read the key and try again: it was changed meanwhile.' },
  revoked: { status: 409, title: 'Create another key: this one is revoked for good.' },
  'overlap-running': { status: 409, title: 'Wait until the secret before this one has ended.' },
  'not-viewable': { status: 409, title: 'Rotate the key: its token is not kept.' },
  'version-outdated': { status: 412, title: 'Read the key again: it was changed since.' },
  'body-too-large': { status: 413, title: 'Send 65,536 bytes at most.' },
  'media-type-unsupported': { status: 415, title: 'Send the media type that this endpoint takes.' },
  invalid: { status: 422, title: 'Mend what the errors tell.' },
  internal: { status: 500, title: 'Tell the operator: this failed, and the request id is in the log.' },
  'wrong-pepper': { status: 503, title: 'Tell the operator: the pepper is not the one of this store.' },
  'record-unreadable': { status: 503, title: 'Tell the operator: a stored key cannot be read.' },
  'dependency-unavailable': { status: 503, title: 'Try again: something that the gate needs is unavailable.' },
}

/** One thing that is wrong, and what is allowed there. */
export interface ProblemError {
  readonly detail: string
  /** Where in the body (RFC 6901). */
  readonly pointer?: string
  /** Which parameter of the query. */
  readonly parameter?: string
}

/** Words a problem (RFC 9457), with `reason` and `requestId` as every refusal has them, and all errors at once. */
export function problem(
  c: KeysContext,
  reason: ProblemReason,
  errors: readonly ProblemError[] = [],
  headers: Record<string, string> = {},
): Response {
  const { status, title } = PROBLEMS[reason]
  const { requestId } = c.env
  const type = `urn:latchkey:reason:${reason}`
  const body = { type, title, status, reason, requestId, ...(errors.length > 0 && { errors }) }
  return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json', ...headers })
}

/** Words why the registry has changed nothing. */
export function unchanged(c: KeysContext, result: Unchanged): Response {
  const { problem: reason } = result
  const isOutdated = reason === 'conflict' && c.env.header('if-match') !== undefined
  return problem(c, isOutdated ? 'version-outdated' : reason, errorsOf(result))
}

/** The faults that the registry has found. */
export function errorsOf({ faults = [] }: Unchanged): ProblemError[] {
  return faults.map(({ pointer, message }) => ({ detail: message, pointer }))
}

/** How soon a store may do again what it could not; where an operator has to mend it, not so soon. */
const RETRY_SECONDS: Readonly<Record<StoreTrouble, number>> = {
  down: 5,
  slow: 5,
  busy: 1,
  full: 60,
  refused: 60,
  'read-only': 60,
  unreadable: 60,
}

const CURSOR_ERROR: ProblemError = {
  detail: 'the cursor of an earlier page of the same listing',
  parameter: 'cursor',
}

/** Words what was thrown: errors are known by name, as parts of the code are bundled apart. */
export function failure(c: KeysContext, error: Error): Response {
  switch (error.name) {
    case 'StoreError': {
      const { trouble } = error as Error & { readonly trouble?: StoreTrouble }
      const seconds = (trouble && RETRY_SECONDS[trouble]) ?? RETRY_SECONDS.down
      return problem(c, 'dependency-unavailable', [], { 'Retry-After': String(seconds) })
    }
    case 'RecordUnreadable':
      return problem(c, 'record-unreadable', [], { 'Retry-After': String(RETRY_SECONDS.unreadable) })
    case 'Unstorable': {
      const isCursor = (error as Error & { readonly what?: unknown }).what === 'cursor'
      return isCursor ? problem(c, 'query-invalid', [CURSOR_ERROR]) : problem(c, 'internal')
    }
    default:
      return problem(c, 'internal')
  }
}
