import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ENDPOINTS } from '../../../scripts/openapi/endpoints.ts'
import { OPENAPI_FILE, openapiModule } from '../../../scripts/openapi.ts'
import { OPERATIONS } from '../../../src/http/keys/operations.ts'
import { PROBLEMS } from '../../../src/http/keys/problems.ts'
import { STATUSES } from '../../../src/model/reason.ts'
import { VERSION } from '../../../src/version.ts'
import type { OperationObject, ParameterObject } from './described.ts'
import { DESCRIBED, errorsBy, expectDescribed, responseOf } from './described.ts'
import { BASE, given } from './given.ts'

/** Every value in a document that is an object, with where it stands. */
function* objectsIn(
  value: unknown,
  at = '#',
): Generator<readonly [at: string, value: Readonly<Record<string, unknown>>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [at, value as Readonly<Record<string, unknown>>]
  for (const [name, member] of Object.entries(value)) yield* objectsIn(member, `${at}/${name}`)
}

const operations = Object.entries(DESCRIBED.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
)

function parametersOf({ parameters = [] }: OperationObject): ParameterObject[] {
  return parameters.map((each) =>
    '$ref' in each ? (DESCRIBED.components.parameters[each.$ref.split('/').at(-1) as string] as ParameterObject) : each,
  )
}

describe('the OpenAPI document', () => {
  test('is what the code says: run `node scripts/openapi.ts`', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openapiModule())
  })

  test('is served with the base path of the deployment, to anybody', async () => {
    const { status, json } = await given().ask('GET', '/openapi.json', { by: 'anonymous' })
    expect(status).toBe(200)
    expect(json.servers).toEqual([{ url: BASE }])
    expect({ ...json, servers: null }).toEqual({ ...DESCRIBED, servers: null })
  })

  test('has the members that OpenAPI 3.1 wants, and no other', () => {
    const { openapi, info } = DESCRIBED as unknown as { openapi: string; info: object }
    expect(openapi).toMatch(/^3\.1\.\d+$/)
    expect(info).toMatchObject({
      title: expect.any(String),
      version: VERSION,
      license: { name: 'MIT', identifier: 'MIT' },
    })
    expect(Object.keys(DESCRIBED)).toEqual(['openapi', 'info', 'servers', 'tags', 'paths', 'components'])
    expect(Object.keys(DESCRIBED.components)).toEqual([
      'securitySchemes',
      'parameters',
      'headers',
      'responses',
      'schemas',
    ])
    for (const part of Object.values(DESCRIBED.components)) {
      for (const name of Object.keys(part)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/)
    }
  })

  test('describes every operation, and no other', () => {
    const expected = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`)
    expect(operations.map(([name]) => name).sort()).toEqual(expected.sort())
    const ids = operations.map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(OPERATIONS.length)
  })

  test('has references that lead somewhere', () => {
    const references = Array.from(objectsIn(DESCRIBED)).flatMap(([at, { $ref }]) =>
      $ref === undefined ? [] : [[at, $ref]],
    )
    expect(references.length).toBeGreaterThan(100)
    for (const [at, reference] of references as [string, string][]) {
      const found = reference
        .split('/')
        .slice(1)
        .reduce<unknown>((value, name) => Object(value)[name], DESCRIBED)
      expect({ at, reference, found: found !== undefined }).toEqual({ at, reference, found: true })
    }
  })

  test.each(operations)('%s is whole', (name, operation) => {
    const allowed = [
      'operationId',
      'tags',
      'summary',
      'description',
      'security',
      'parameters',
      'requestBody',
      'responses',
    ]
    expect(Object.keys(operation).filter((member) => !allowed.includes(member))).toEqual([])
    const parameters = parametersOf(operation)
    const inPath = parameters.filter((parameter) => parameter.in === 'path')
    expect(inPath.map((parameter) => `{${parameter.name}}`)).toEqual(name.match(/\{\w+\}/g) ?? [])
    for (const parameter of inPath) expect(parameter.required).toBe(true)
    expect(new Set(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).size).toBe(parameters.length)
    for (const requirement of operation.security) {
      for (const scheme of Object.keys(requirement))
        expect(Object.keys(DESCRIBED.components.securitySchemes)).toContain(scheme)
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^[2345]\d\d$/)
      expect(responseOf(response).description).not.toBe('')
    }
    expect(Object.keys(operation.responses).some((status) => status < '400')).toBe(true)
  })

  test.each(OPERATIONS)(
    '$operation needs what it is judged by',
    ({ operation: id, method, path, permission, passage }) => {
      const operation = DESCRIBED.paths[path.replace(':id', '{id}')]?.[method.toLowerCase()]
      const judged = { bearer: permission === undefined ? [] : [permission] }
      const byGate = { judged: [judged], optional: [judged, {}], public: [] }[passage]
      const expected = id === 'issue-token' ? [{ key: [] }, { bearer: [] }, {}] : byGate
      expect(operation?.security).toEqual(expected)
    },
  )

  test('has schemas that are JSON Schema 2020-12, and examples that they accept', () => {
    for (const schema of Object.values(DESCRIBED.components.schemas)) errorsBy(schema, null)
    const examples = Array.from(objectsIn(DESCRIBED)).filter(([, value]) => 'example' in value && 'schema' in value)
    expect(examples.length).toBeGreaterThan(15)
    for (const [at, { schema, example }] of examples) {
      expect({ at, errors: errorsBy(schema as object, example) }).toEqual({ at, errors: [] })
    }
  })

  test('tells each reason with the status that it has', () => {
    const statusOf = (reason: string) =>
      PROBLEMS[reason as keyof typeof PROBLEMS]?.status ?? STATUSES[reason as keyof typeof STATUSES]
    for (const [name, { responses }] of operations) {
      for (const [status, response] of Object.entries(responses).filter(([each]) => each >= '400')) {
        // RFC 6749 has errors of its own.
        if ('content' in response && response.content?.['application/json']) continue
        const reasons = response.description?.match(/(?<=`)[a-z-]+(?=`)/g) ?? []
        expect({ name, status, reasons }).not.toEqual({ name, status, reasons: [] })
        for (const reason of reasons) expect({ reason, status: String(statusOf(reason)) }).toEqual({ reason, status })
      }
    }
    const told = new Set(Object.values(ENDPOINTS).flatMap(({ problems }) => problems))
    for (const reason of ['name-taken', 'overlap-running', 'not-viewable', 'beyond-actor'] as const) {
      expect(told.has(reason)).toBe(true)
    }
  })

  test('holds every reply of these tests to itself', async () => {
    const { ask, create } = given()
    const { id } = await create('ci')
    const path = `/keys/${id}`
    const { reply } = await ask('GET', path)
    const headers = { 'Content-Type': 'application/problem+json', 'X-Latchkey-Request-Id': 'a', 'Retry-After': '5' }
    const problem = { type: 'a', title: 'b', status: 409, reason: 'overlap-running', requestId: 'c' }
    const { ETag: _tag, Etag: _Tag, ...untagged } = reply.headers as Record<string, string>
    expectDescribed('GET', path, reply)
    for (const wrong of [
      { ...reply, body: reply.body.replace('{', '{"secret":{"digest":"a"},') },
      { ...reply, body: reply.body.replace('"api"', '"web"') },
      { ...reply, body: '{}' },
      { ...reply, status: 202 },
      { ...reply, headers: untagged },
      { ...reply, headers: { ...reply.headers, 'Content-Type': 'text/html' } },
      { status: 304, headers: reply.headers, body: 'a' },
      { status: 409, headers, body: JSON.stringify(problem) },
      { status: 503, headers: { ...headers, 'Retry-After': 'soon' }, body: JSON.stringify(problem) },
      { status: 404, headers, body: JSON.stringify({ ...problem, reason: 'name-taken' }) },
    ]) {
      expect(() => expectDescribed('GET', path, wrong), JSON.stringify(wrong)).toThrow()
    }
  })

  test('takes what the API takes, and refuses what it refuses for its shape', async () => {
    const bodies: readonly (readonly [body: unknown, isTaken: boolean])[] = [
      [{ name: 'a' }, true],
      [{ name: 'b', expiresAt: null, limits: [{ requests: 1, per: 'day' }] }, true],
      [{ name: 'c', expiresAt: '2027-01-01T00:00:00Z' }, true],
      [{}, false],
      [{ name: 'd', colour: 'red' }, false],
      [{ name: 'd', expiresAt: 1 }, false],
      [{ name: 'd', lifetimeDays: 0 }, false],
      [{ name: 'd', metadata: { a: 1 } }, false],
      [[], false],
    ]
    const { ask } = given()
    for (const [json, isTaken] of bodies) {
      const { status } = await ask('POST', '/keys', { json })
      const isValid = (errorsBy({ $ref: '#/components/schemas/NewKey' }, json) as unknown[]).length === 0
      expect({ json, isValid, status }).toEqual({ json, isValid: isTaken, status: isTaken ? 201 : 422 })
    }
  })
})
