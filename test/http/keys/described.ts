import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { expect } from 'vitest'
import { openapi } from '../../../src/http/keys/openapi.generated.ts'
import { findOperation } from '../../../src/http/keys/operations.ts'
import type { Reply } from '../../../src/respond.ts'

/** What is read of the OpenAPI document here. */
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, ResponseObject>>
    readonly headers: Readonly<Record<string, HeaderObject>>
    readonly parameters: Readonly<Record<string, ParameterObject>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

export interface OperationObject {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly (ParameterObject | Reference)[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, ResponseObject | Reference>>
}

export interface Reference {
  readonly $ref: string
  readonly description?: string
}

export interface ParameterObject {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: object
}

export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<Record<string, Reference>>
  readonly content?: Content
}

interface HeaderObject {
  readonly required?: boolean
  readonly schema: object
}

type Content = Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>

export const DESCRIBED = openapi as unknown as Described

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
formats.default.default(ajv)

const accepting = new Map<string, (value: unknown) => unknown>()

/** What is wrong with a value by a schema of the document. */
export function errorsBy(schema: object, value: unknown): unknown {
  const text = JSON.stringify(schema)
  let accepts = accepting.get(text)
  if (!accepts) {
    const defined = { ...schema, $defs: DESCRIBED.components.schemas }
    const validate = ajv.compile(JSON.parse(JSON.stringify(defined).replaceAll('#/components/schemas/', '#/$defs/')))
    accepts = (given) => (validate(given) ? [] : validate.errors)
    accepting.set(text, accepts)
  }
  return accepts(value)
}

/** Follows a reference to a response of the document. */
export function responseOf(response: ResponseObject | Reference): ResponseObject {
  if (!('$ref' in response)) return response
  return DESCRIBED.components.responses[response.$ref.split('/').at(-1) as string] as ResponseObject
}

/** Expects that the document describes a reply: its status, reason, media type, fields and every member of its body. */
export function expectDescribed(method: string, path: string, reply: Reply): void {
  const row = findOperation(path, method)
  const operation = DESCRIBED.paths[row?.path.replace(':id', '{id}') ?? '']?.[row?.method.toLowerCase() ?? '']
  const entry = operation?.responses[reply.status]
  const told = { operation: row?.operation, status: reply.status, body: reply.body }
  expect(entry, JSON.stringify(told)).toBeDefined()
  const response = responseOf(entry as ResponseObject | Reference)
  for (const name of Object.keys(response.headers ?? {})) {
    const { required, schema } = DESCRIBED.components.headers[name] as HeaderObject
    const value = fieldOf(reply, name)
    if (required === true) expect({ ...told, name, value }).toMatchObject({ value: expect.any(String) })
    if (value !== undefined) expect({ name, errors: errorsBy(schema, value) }).toEqual({ name, errors: [] })
  }
  const media = fieldOf(reply, 'Content-Type')?.split(';')[0]
  if (!response.content) {
    expect({ ...told, media }).toEqual({ ...told, body: '', media: undefined })
    return
  }
  const content = response.content[media ?? '']
  expect(content, JSON.stringify({ ...told, media })).toBeDefined()
  const value: unknown = media === 'text/csv' ? reply.body : JSON.parse(reply.body)
  expect({ ...told, errors: errorsBy(content?.schema as object, value) }).toEqual({ ...told, errors: [] })
  const { reason } = Object(value) as { readonly reason?: string }
  if (media === 'application/problem+json') expect((entry as Reference).description).toContain(`\`${reason}\``)
}

/** A field of a reply, whatever its spelling. */
export function fieldOf({ headers }: Reply, name: string): string | undefined {
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name.toLowerCase())
  return found?.[1] === undefined ? undefined : String(found[1])
}
