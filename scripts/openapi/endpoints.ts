import type * as v from 'valibot'
import type { Operation } from '../../src/http/keys/operations.ts'
import type { ProblemReason } from '../../src/http/keys/problems.ts'
import { eventsSchema, listSchema, usageSchema } from '../../src/http/keys/queries.ts'
import * as examples from './examples.ts'

/** What a successful reply holds. */
export interface Success {
  readonly description: string
  /** The name of a schema; absent: no body. */
  readonly schema?: string
  readonly example?: unknown
  readonly headers?: readonly ('ETag' | 'Location' | 'Retry-After' | 'WWW-Authenticate')[]
}

/** What is told of an operation beside its row in operations.ts. */
export interface Endpoint {
  readonly tag: 'Keys' | 'Usage' | 'Tokens' | 'Holders' | 'Document'
  readonly summary: string
  readonly description?: string
  readonly query?: v.GenericSchema
  readonly json?: { readonly schema: string; readonly isOptional?: true; readonly example?: unknown }
  /** Takes a form: with a `token`, or with a `grant_type`. */
  readonly form?: 'token' | 'grant'
  readonly condition?: 'If-Match' | 'If-None-Match'
  /** By status. */
  readonly replies: Readonly<Record<number, Success>>
  /** Why it may fail, beside what may befall every operation. */
  readonly problems: readonly ProblemReason[]
}

const changed: Success = {
  description: 'the key as it is now',
  schema: 'Key',
  example: examples.key,
  headers: ['ETag'],
}
const issued: Success = {
  description: 'the key, with its new token',
  schema: 'IssuedKey',
  example: examples.issuedKey,
  headers: ['ETag'],
}

/** Every operation, in the order of the document. */
export const ENDPOINTS: Readonly<Record<Operation, Endpoint>> = {
  'list-keys': {
    tag: 'Keys',
    summary: 'List keys',
    description:
      'All filters must fit. A page may hold fewer keys than the limit, even none: only `cursor` tells whether more follow. ' +
      'By `expires` only keys that end are listed.',
    query: listSchema,
    replies: {
      200: {
        description: 'a page',
        schema: 'KeyPage',
        example: { items: [examples.key], cursor: null, unreadable: 0 },
      },
    },
    problems: [],
  },
  'create-key': {
    tag: 'Keys',
    summary: 'Create a key',
    description:
      'Read-only and of the surface `api` unless the body says otherwise. A repeated request does nothing: it is told ' +
      '`name-taken`. Whose reply was lost finds the key by its name, and rotates or deletes it.',
    json: { schema: 'NewKey', example: examples.newKey },
    replies: { 201: { ...issued, headers: ['ETag', 'Location'] } },
    problems: ['beyond-actor', 'name-taken', 'wrong-pepper'],
  },
  'import-keys': {
    tag: 'Keys',
    summary: 'Take over keys of another system',
    description:
      'Up to 100 keys by the hashes of their tokens, which go on counting. Each is done by itself and has a result of its own; ' +
      'sent again, those that are there are `already`.',
    json: { schema: 'ImportedKeys', example: examples.importedKeys },
    replies: { 200: { description: 'what became of each', schema: 'ImportResults', example: examples.importResults } },
    problems: [],
  },
  'read-key': {
    tag: 'Keys',
    summary: 'Show a key',
    condition: 'If-None-Match',
    replies: {
      200: { ...changed, description: 'the key' },
      304: { description: 'it is what If-None-Match names', headers: ['ETag'] },
    },
    problems: ['not-found'],
  },
  'update-key': {
    tag: 'Keys',
    summary: 'Change a key',
    description: 'A member that is sent replaces the old one whole, null takes it away, and what is not sent stays.',
    json: { schema: 'KeyChange', example: { description: null, lifetimeDays: 30 } },
    condition: 'If-Match',
    replies: { 200: changed },
    problems: ['beyond-actor', 'not-found', 'name-taken', 'conflict', 'revoked'],
  },
  'delete-key': {
    tag: 'Keys',
    summary: 'Delete a key',
    description: 'Frees its name. Its events are kept for their 30 days, its usage for its own time.',
    condition: 'If-Match',
    replies: { 204: { description: 'it is gone' } },
    problems: ['not-found', 'conflict'],
  },
  'rotate-key': {
    tag: 'Keys',
    summary: 'Replace the secret of a key',
    description:
      'The id stays. The old secret counts for `overlapSeconds` more; 0 ends it at once. The end stays unless one is sent.',
    json: { schema: 'Rotation', example: { overlapSeconds: 86_400 } },
    condition: 'If-Match',
    replies: { 200: issued },
    problems: ['beyond-actor', 'not-found', 'conflict', 'revoked', 'wrong-pepper'],
  },
  'suspend-key': {
    tag: 'Keys',
    summary: 'Suspend a key',
    json: { schema: 'Nothing', isOptional: true },
    condition: 'If-Match',
    replies: { 200: changed },
    problems: ['not-found', 'conflict', 'revoked'],
  },
  'resume-key': {
    tag: 'Keys',
    summary: 'Resume a suspended key',
    json: { schema: 'Nothing', isOptional: true },
    condition: 'If-Match',
    replies: { 200: changed },
    problems: ['beyond-actor', 'not-found', 'conflict', 'revoked'],
  },
  'revoke-key': {
    tag: 'Keys',
    summary: 'Revoke a key for good',
    description: 'It takes up to the revocation delay, which `latchkey check` prints, until every process refuses it.',
    json: { schema: 'Revocation', isOptional: true, example: { reason: 'leaked' } },
    condition: 'If-Match',
    replies: { 200: changed },
    problems: ['not-found', 'conflict'],
  },
  'reveal-key': {
    tag: 'Keys',
    summary: 'Tell the token of a viewable key',
    json: { schema: 'Nothing', isOptional: true },
    replies: { 200: { description: 'the token', schema: 'RevealedToken' } },
    problems: ['beyond-actor', 'not-found', 'not-viewable', 'revoked', 'wrong-pepper'],
  },
  'list-events': {
    tag: 'Keys',
    summary: 'List what happened to a key',
    description: 'Changes and refusals of the last 30 days, the newest first; also of a key that was deleted.',
    query: eventsSchema,
    replies: { 200: { description: 'a page', schema: 'EventPage', example: examples.events } },
    problems: ['not-found'],
  },
  'read-usage': {
    tag: 'Usage',
    summary: 'Tell how often keys were used',
    description:
      'By key, owner and UTC day, or summed up by one of them. What was counted in the last seconds may not be in it yet.',
    query: usageSchema,
    replies: { 200: { description: 'the counts', schema: 'Usage', example: examples.usage } },
    problems: [],
  },
  introspect: {
    tag: 'Tokens',
    summary: 'Tell whether a token counts (RFC 7662)',
    description: 'Whatever is not an active key of this deployment, and of the owner that asks, is only inactive.',
    form: 'token',
    replies: { 200: { description: 'what it is', schema: 'Introspection', example: examples.introspection } },
    problems: [],
  },
  'revoke-token': {
    tag: 'Tokens',
    summary: 'Revoke the key that a token belongs to (RFC 7009)',
    description:
      'The token proves itself: without any other credential it revokes its own key. One that is not known is as good as revoked.',
    form: 'token',
    replies: { 200: { description: 'it does not count any more' } },
    problems: [],
  },
  'rotate-own': {
    tag: 'Holders',
    summary: 'Replace the own secret',
    description:
      'Where the document says `selfRotation`. Needs the current secret in a header; never renews the end; refused while an ' +
      'earlier rotation still overlaps.',
    json: { schema: 'OwnRotation', example: { overlapSeconds: 3600 } },
    replies: { 200: { description: 'the new token', schema: 'OwnRotationResult', example: examples.ownRotation } },
    problems: [
      'rotation-not-allowed',
      'secret-not-current',
      'credential-place',
      'not-found',
      'conflict',
      'revoked',
      'overlap-running',
      'wrong-pepper',
    ],
  },
  'issue-token': {
    tag: 'Tokens',
    summary: 'Trade a key for a short token (RFC 6749 4.4)',
    description:
      'Where the document says `issuing`. The key comes by HTTP Basic, as `client_secret`, or as a bearer token. `scope` narrows ' +
      'what the token may do, and never widens it. Keys that have limits or are bound to addresses get none.',
    form: 'grant',
    replies: {
      200: { description: 'the token', schema: 'IssuedToken', example: examples.issuedToken },
      401: { description: '`invalid_client`', schema: 'OAuthError', headers: ['WWW-Authenticate'] },
      429: { description: '`slow_down`', schema: 'OAuthError', headers: ['Retry-After'] },
    },
    problems: ['dependency-unavailable', 'record-unreadable'],
  },
  'read-key-set': {
    tag: 'Tokens',
    summary: 'The public keys of issued tokens (RFC 7517)',
    description: 'Where the document says `issuing`. May be kept for as long as `Cache-Control` says.',
    replies: { 200: { description: 'the set', schema: 'PublicKeys', example: examples.publicKeys } },
    problems: ['dependency-unavailable'],
  },
  'read-openapi': {
    tag: 'Document',
    summary: 'This document',
    replies: { 200: { description: 'OpenAPI 3.1', schema: 'Document' } },
    problems: [],
  },
}
