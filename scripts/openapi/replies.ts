import * as v from 'valibot'
import { PROBLEMS } from '../../src/http/keys/problems.ts'
import type {
  ImportView,
  Introspection,
  IssuedToken,
  IssuedView,
  KeyPageView,
  KeyView,
  OwnRotationView,
  PageView,
  UsageView,
} from '../../src/http/keys/replies.ts'
import type { PublicKey } from '../../src/key-sets/own-key.ts'
import type { KeyRefusals, LogItem } from '../../src/keys/log.ts'
import type { KeyEvent } from '../../src/model/event.ts'
import type { Reason } from '../../src/model/reason.ts'
import { REASONS } from '../../src/model/reason.ts'

/** The shape of what the keys API answers with, for the OpenAPI document alone: nothing is checked by it when it runs. */

const told = <Schema extends v.GenericSchema>(schema: Schema, description: string) =>
  v.pipe(schema, v.description(description))
const text = (description: string) => told(v.string(), description)
const time = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description))
const day = (description: string) => v.pipe(v.string(), v.isoDate(), v.description(description))
const count = (description: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description))
const nullable = v.nullable
const reason = v.picklist(Object.keys(REASONS) as [Reason, ...Reason[]])

const id = v.pipe(v.string(), v.regex(/^[0-9A-Za-z]{17}$/), v.description('17 base62 digits; stays through rotation'))
const type = v.picklist(['full-access', 'read-only', 'custom'])
const surface = v.picklist(['api', 'admin', 'keys'])
const until = v.strictObject({ until: time('when the old secret ends') })
const token = text('told here and, unless the key is viewable, never again')
const cursor = told(nullable(v.string()), 'leads to the next page; null on the last one')
const LIMIT = v.strictObject({
  requests: count('how many'),
  windowSeconds: v.exactOptional(count('in each window of so many seconds')),
  per: v.exactOptional(v.picklist(['hour', 'day', 'month'])),
})

const keyEntries = {
  id,
  name: text('no other key has it'),
  description: nullable(v.string()),
  type,
  permissions: told(v.array(v.string()), 'empty unless the type is "custom"'),
  surface,
  owner: told(nullable(v.string()), 'the customer that the key is for'),
  createdAt: time('RFC 3339, UTC'),
  expiresAt: told(nullable(v.pipe(v.string(), v.isoTimestamp())), 'null: never'),
  state: v.picklist(['active', 'suspended', 'revoked']),
  addresses: told(nullable(v.array(v.string())), 'the only addresses that may use the key; null: all'),
  limits: v.array(LIMIT),
  metadata: v.record(v.string(), v.string()),
  revoked: nullable(v.strictObject({ at: time('when'), reason: nullable(v.string()) })),
  rotation: told(nullable(until), 'while the secret before the last rotation counts'),
  lastUsedAt: told(nullable(v.pipe(v.string(), v.isoTimestamp())), 'to the hour'),
  previousSecretUsedAt: told(
    nullable(v.pipe(v.string(), v.isoTimestamp())),
    'when the secret before the last rotation was used last',
  ),
  viewable: told(v.boolean(), 'whether the token can be revealed'),
  imported: told(
    nullable(v.picklist(['strapi', 'sha256'])),
    'how the system that the key was imported from digests its tokens',
  ),
}

export const key: v.GenericSchema<KeyView> = v.strictObject(keyEntries)
export const issuedKey: v.GenericSchema<IssuedView> = v.strictObject({ ...keyEntries, token })
export const keyPage: v.GenericSchema<KeyPageView> = v.strictObject({
  items: v.array(key),
  cursor,
  unreadable: told(v.number(), 'how many records were passed over that cannot be read'),
})
export const revealedToken: v.GenericSchema<{ token: string }> = v.strictObject({ token: v.string() })

export const ownRotation: v.GenericSchema<OwnRotationView> = v.strictObject({
  id,
  token,
  expiresAt: told(nullable(v.pipe(v.string(), v.isoTimestamp())), 'as it was: a holder cannot renew it'),
  rotation: told(nullable(until), 'null: the old secret counts no more'),
})

const errors = v.array(
  v.strictObject({
    detail: text('what is allowed there'),
    pointer: v.exactOptional(text('where in the body (RFC 6901)')),
    parameter: v.exactOptional(text('which parameter of the query')),
  }),
)
const problemReasons = Object.keys(PROBLEMS) as [keyof typeof PROBLEMS, ...(keyof typeof PROBLEMS)[]]

export const problem = v.strictObject({
  type: text('urn:latchkey:reason: and the reason'),
  title: text('what to do'),
  status: count('as the status of the reply'),
  reason: v.picklist([...new Set([...problemReasons, ...(Object.keys(REASONS) as Reason[])])]),
  requestId: text('as X-Latchkey-Request-Id, and in the logs'),
  errors: v.exactOptional(told(errors, 'all that is wrong, at once')),
})

export const oauthError = v.strictObject({
  error: v.picklist([
    'invalid_request',
    'invalid_client',
    'invalid_scope',
    'unauthorized_client',
    'unsupported_grant_type',
    'slow_down',
  ]),
  error_description: v.string(),
})

export const issuedToken: v.GenericSchema<IssuedToken> = v.strictObject({
  access_token: text('a JSON Web Token, typ at+jwt (RFC 9068)'),
  token_type: v.literal('Bearer'),
  expires_in: count('seconds'),
  scope: v.exactOptional(text('what the token may do; absent: whatever a full-access key may')),
})

export const publicKeys: v.GenericSchema<{ readonly keys: readonly PublicKey[] }> = v.strictObject({
  keys: v.array(
    v.strictObject({
      kty: v.string(),
      crv: v.string(),
      x: v.string(),
      y: v.exactOptional(v.string()),
      kid: text('the RFC 7638 thumbprint'),
      alg: v.picklist(['ES256', 'EdDSA']),
      use: v.literal('sig'),
    }),
  ),
})

export const importResults: v.GenericSchema<ImportView> = v.strictObject({
  results: v.array(
    v.variant('result', [
      v.strictObject({ name: v.string(), result: v.picklist(['imported', 'already']), id }),
      v.strictObject({ name: v.string(), result: v.literal('refused'), reason: v.picklist(problemReasons), errors }),
    ]),
  ),
})

export const introspection: v.GenericSchema<Introspection> = v.variant('active', [
  v.strictObject({ active: v.literal(false) }),
  v.strictObject({
    active: v.literal(true),
    sub: id,
    iat: count('when the key was created, epoch seconds'),
    exp: v.exactOptional(count('when it ends, epoch seconds: the key, or the old secret that was shown')),
    scope: v.exactOptional(text('the permissions of a custom key, separated by spaces')),
    name: v.string(),
    owner: v.exactOptional(v.string()),
    type,
    surface,
  }),
])

const counts = (description: string) => told(v.record(v.string(), count('requests')), description)

export const usage: v.GenericSchema<UsageView> = v.strictObject({
  from: day('the first day, UTC'),
  to: day('the last day, UTC'),
  rows: v.array(
    v.strictObject({
      key: told(nullable(v.string()), 'the id of the key; null where keys are summed up'),
      owner: told(nullable(v.string()), 'null where there is none, or where owners are summed up'),
      day: told(nullable(v.pipe(v.string(), v.isoDate())), 'UTC; null where days are summed up'),
      allowed: count('requests that were allowed'),
      refused: counts('requests that were refused, by reason'),
      routes: counts('all requests, by the path of their route'),
      firstSeen: time('when the first of them came'),
      lastSeen: time('when the last of them came'),
    }),
  ),
  unreadable: count('stored entries that cannot be read, and are not counted here'),
})

const keyEvent: v.GenericSchema<KeyEvent> = v.strictObject({
  type: v.picklist([
    'key-created',
    'key-imported',
    'key-updated',
    'key-rotated',
    'key-suspended',
    'key-resumed',
    'key-revoked',
    'key-deleted',
    'key-revealed',
    'key-used-old-secret',
    'key-near-expiry',
    'key-expired',
  ]),
  time: time('when'),
  keyId: id,
  name: told(nullable(v.string()), 'of the key'),
  owner: nullable(v.string()),
  actor: told(nullable(v.string()), 'who did it: the kind and subject of a credential, or "operator"'),
  until: told(nullable(v.pipe(v.string(), v.isoTimestamp())), 'when the key ends, or the old secret'),
  detail: told(nullable(v.string()), 'which fields were changed, or why a key was revoked'),
})

const refusals: v.GenericSchema<KeyRefusals> = v.strictObject({
  type: v.literal('key-refused'),
  time: time('when the last of them was refused'),
  keyId: id,
  owner: nullable(v.string()),
  refusals: v.array(
    v.strictObject({
      time: time('when'),
      requestId: v.string(),
      reason,
      method: v.string(),
      route: told(nullable(v.string()), 'the path of the route, as configured'),
      path: v.string(),
      address: nullable(v.string()),
    }),
  ),
  more: count('how many more were refused'),
})

export const eventPage: v.GenericSchema<PageView<LogItem>> = v.strictObject({
  items: v.array(v.union([keyEvent, refusals])),
  cursor,
})
