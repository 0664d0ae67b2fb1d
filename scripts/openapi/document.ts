import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import * as v from 'valibot'
import type { OperationRow } from '../../src/http/keys/operations.ts'
import { OPERATIONS } from '../../src/http/keys/operations.ts'
import type { ProblemReason } from '../../src/http/keys/problems.ts'
import { PROBLEMS } from '../../src/http/keys/problems.ts'
import {
  importSchema,
  keyChangeSchema,
  newKeySchema,
  nothingSchema,
  ownRotationSchema,
  revocationSchema,
  rotationSchema,
} from '../../src/http/keys/schemas.ts'
import type { Reason } from '../../src/model/reason.ts'
import { STATUSES } from '../../src/model/reason.ts'
import { VERSION } from '../../src/version.ts'
import type { Endpoint, Success } from './endpoints.ts'
import { ENDPOINTS } from './endpoints.ts'
import * as examples from './examples.ts'
import * as replies from './replies.ts'

type Json = Readonly<Record<string, unknown>>

const SCHEMAS = {
  Key: replies.key,
  IssuedKey: replies.issuedKey,
  KeyPage: replies.keyPage,
  NewKey: newKeySchema,
  KeyChange: keyChangeSchema,
  Rotation: rotationSchema,
  Revocation: revocationSchema,
  Nothing: nothingSchema,
  RevealedToken: replies.revealedToken,
  ImportedKeys: importSchema,
  ImportResults: replies.importResults,
  EventPage: replies.eventPage,
  Usage: replies.usage,
  Introspection: replies.introspection,
  OwnRotation: ownRotationSchema,
  OwnRotationResult: replies.ownRotation,
  IssuedToken: replies.issuedToken,
  PublicKeys: replies.publicKeys,
  Problem: replies.problem,
  OAuthError: replies.oauthError,
  Document: v.looseObject({ openapi: v.string() }),
} as const

type Conversion = NonNullable<Parameters<typeof toJsonSchemaDefs>[1]>

/** What is allowed at a place is its message, and so its description; what only code can say is left out. */
const CONVERSION: Conversion = {
  target: 'draft-2020-12',
  typeMode: 'output',
  errorMode: 'ignore',
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideSchema: ({ valibotSchema, jsonSchema }) => {
    const { message } = valibotSchema as { readonly message?: unknown }
    const isClosed = valibotSchema.type === 'object_with_rest'
    return {
      ...jsonSchema,
      ...(isClosed && { additionalProperties: false }),
      ...(typeof message === 'string' && { description: message }),
    }
  },
}

/** The OpenAPI 3.1 document of the keys API, as far as it is the same in every deployment. */
export function openapiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const row of OPERATIONS) {
    const path = row.path.replace(':id', '{id}')
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationOf(row) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Latchkey keys API',
      version: VERSION,
      description:
        'Issues, rotates and revokes keys, and tells how they are used. Times are RFC 3339; null stands where there is nothing.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/_latchkey' }],
    tags: ['Keys', 'Usage', 'Tokens', 'Holders', 'Document'].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'basic',
          description: 'An issued key: its id or its name as the user, and the key itself as the password.',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'Any credential of the deployment, wherever its document reads one. What is required of it is a permission on the surface "keys".',
        },
      },
      parameters: {
        id: { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9A-Za-z]{17}$' } },
        'If-Match': {
          name: 'If-Match',
          in: 'header',
          description: 'Changes the key only where it still has one of these entity tags.',
          schema: { type: 'string' },
        },
        'If-None-Match': {
          name: 'If-None-Match',
          in: 'header',
          description: 'Answers 304 where the key has one of these entity tags.',
          schema: { type: 'string' },
        },
      },
      headers: {
        ETag: { required: true, description: "The key's version.", schema: { type: 'string', pattern: '^"[^"]*"$' } },
        Location: { required: true, description: 'Where the key is.', schema: { type: 'string' } },
        'X-Latchkey-Request-Id': { required: true, description: 'As in the logs.', schema: { type: 'string' } },
        'WWW-Authenticate': { required: true, description: 'How a key is shown.', schema: { type: 'string' } },
        'Retry-After': { description: 'How many seconds to wait.', schema: { type: 'string', pattern: '^\\d+$' } },
      },
      responses: problemResponses(),
      schemas: withoutDialect(toJsonSchemaDefs(SCHEMAS as Record<string, v.GenericSchema>, CONVERSION)),
    },
  }
}

function operationOf(row: OperationRow): Json {
  const { operation, permission, passage } = row
  const endpoint = ENDPOINTS[operation]
  const { tag, summary, description, json, form } = endpoint
  const parameters = parametersOf(row, endpoint)
  const required = [{ bearer: permission === undefined ? [] : [permission] }]
  return {
    operationId: operation.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security:
      form === 'grant'
        ? [{ key: [] }, { bearer: [] }, {}]
        : passage === 'public'
          ? []
          : passage === 'optional'
            ? [...required, {}]
            : required,
    ...(parameters.length > 0 && { parameters }),
    ...(json && {
      requestBody: {
        required: json.isOptional !== true,
        content: { 'application/json': content(json.schema, json.example) },
      },
    }),
    ...(form && {
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: FORMS[form] } } },
    }),
    responses: { ...successes(endpoint), ...failures(row, endpoint) },
  }
}

const FORMS: Readonly<Record<NonNullable<Endpoint['form']>, Json>> = {
  token: {
    type: 'object',
    properties: {
      token: { type: 'string', description: 'the token that is asked about' },
      token_type_hint: { type: 'string', description: 'ignored: there is one type' },
    },
    required: ['token'],
  },
  grant: {
    type: 'object',
    properties: {
      grant_type: { const: 'client_credentials' },
      scope: { type: 'string', description: 'permissions, split by spaces, or latchkey.read-only; absent: all' },
      client_id: { type: 'string', description: "the key's id or name; may be left out" },
      client_secret: { type: 'string', description: 'the key, where it is not in Authorization' },
    },
    required: ['grant_type'],
  },
}

function parametersOf({ path }: OperationRow, { query, condition }: Endpoint): Json[] {
  const { properties = {}, required = [] } = (query ? toJsonSchema(query, CONVERSION) : {}) as unknown as {
    readonly properties?: Readonly<Record<string, Json>>
    readonly required?: readonly string[]
  }
  const reference = (name: string) => ({ $ref: `#/components/parameters/${name}` })
  return [
    ...(path.includes(':id') ? [reference('id')] : []),
    ...(condition ? [reference(condition)] : []),
    ...Object.entries(properties).map(([name, { description, ...schema }]) => {
      return {
        name,
        in: 'query',
        required: required.includes(name),
        ...(description !== undefined && { description }),
        schema,
      }
    }),
  ]
}

function successes({ replies: given, query }: Endpoint): Json {
  return Object.fromEntries(
    Object.entries(given).map(([status, success]) => {
      const csv = query && success.schema === 'Usage' ? { 'text/csv': { schema: { type: 'string' } } } : {}
      const { description, schema, example } = success
      const media = schema === undefined ? {} : { content: { 'application/json': content(schema, example), ...csv } }
      return [status, { description, headers: headersOf(success), ...media }]
    }),
  )
}

function headersOf({ headers = [] }: Pick<Success, 'headers'>, ...more: readonly string[]): Json {
  const names = ['X-Latchkey-Request-Id', ...headers, ...more]
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

function content(schema: string, example: unknown): Json {
  return { schema: { $ref: `#/components/schemas/${schema}` }, ...(example !== undefined && { example }) }
}

/** What the gate itself refuses, before an operation is reached. */
const OF_THE_GATE: readonly Reason[] = [
  'request-ambiguous',
  'credential-missing',
  'credential-malformed',
  'token-unknown',
  'token-expired',
  'token-revoked',
  'surface-mismatch',
  'permission-missing',
  'address-refused',
  'request-cross-site',
  'transport-insecure',
  'limit-exceeded',
  'not-configured',
]
const OF_PUBLIC: readonly Reason[] = ['request-ambiguous', 'address-refused']

/** Every reason that an operation may fail for, by its status. */
function failures({ passage }: OperationRow, { problems, json, form, condition }: Endpoint): Json {
  const ours: ProblemReason[] = [
    'query-invalid',
    ...(json ? (['body-malformed', 'invalid'] as const) : []),
    ...(json || form ? (['body-too-large', 'media-type-unsupported'] as const) : []),
    ...(condition ? (['header-malformed'] as const) : []),
    ...(condition === 'If-Match' ? (['version-outdated'] as const) : []),
    ...problems,
    ...(passage === 'public' ? [] : (['dependency-unavailable', 'record-unreadable'] as const)),
    'internal',
  ]
  const all: (readonly [reason: string, status: number])[] = [
    ...ours.map((reason) => [reason, PROBLEMS[reason].status] as const),
    ...(passage === 'public' ? OF_PUBLIC : OF_THE_GATE).map((reason) => [reason, STATUSES[reason]] as const),
  ]
  const statuses = [...new Set(all.map(([, status]) => status))].sort()
  return Object.fromEntries(
    statuses.map((status) => {
      const reasons = all.filter((each) => each[1] === status).map(([reason]) => `\`${reason}\``)
      const component = form && status === 400 ? 'Form400' : `Problem${status}`
      return [status, { $ref: `#/components/responses/${component}`, description: reasons.join(', ') }]
    }),
  )
}

/** A problem of each status; an operation's own reference tells its reasons. */
function problemResponses(): Json {
  const statuses = new Set([
    ...Object.values(PROBLEMS).map(({ status }) => status as number),
    ...OF_THE_GATE.map((reason) => STATUSES[reason]),
  ])
  const problem = (status: number) => ({
    'application/problem+json': content('Problem', status === examples.problem.status ? examples.problem : undefined),
  })
  const responses = [...statuses].sort().map((status) => {
    const headers = status === 503 || status === 429 ? headersOf({}, 'Retry-After') : headersOf({})
    return [`Problem${status}`, { description: `a problem of status ${status}`, headers, content: problem(status) }]
  })
  const form = {
    description: 'a problem, or what RFC 6749 (5.2) says of a form',
    headers: headersOf({}),
    content: { ...problem(400), 'application/json': content('OAuthError', undefined) },
  }
  return { ...Object.fromEntries(responses), Form400: form }
}

function withoutDialect(schemas: Readonly<Record<string, object>>): Json {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...schema, $schema: undefined }]))
}
