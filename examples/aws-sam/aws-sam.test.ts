import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { validateText } from '../../src/validate.ts'
import { faultsOf, ofType } from '../../test/aws/templates/cloudformation.ts'
import { parseTemplate } from '../../test/aws/templates/sam-facts.ts'

/** The template that README.md speaks of. What it shares with others: test/aws/templates.test.ts. */

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const text = read('template.yaml')
const { Resources: resources } = parseTemplate(text)

/** Of an OpenAPI body: each method, and what it says. */
function methodsOf(type: string): [name: string, method: Method][] {
  const bodies = ofType(resources, type).map(([, { DefinitionBody }]) => DefinitionBody as Body)
  const paths = Object.assign({}, ...bodies.map((body) => body.paths)) as Body['paths']
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, method]): [string, Method] => [`${name.toUpperCase()} ${path}`, method]),
  )
}

interface Body {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Method>>>>
}

interface Method {
  readonly security?: readonly Record<string, readonly string[]>[]
  readonly 'x-amazon-apigateway-integration': {
    readonly type: string
    readonly requestParameters?: Readonly<Record<string, string>>
  }
}

const API = 'AWS::Serverless::Api'
const HTTP_API = 'AWS::Serverless::HttpApi'

test('the document is one', () => {
  expect(validateText(read('latchkey.json'))).toMatchObject({ ok: true })
})

test('the template is what the schemas of AWS take', () => {
  expect(faultsOf(text, 'template.yaml')).toEqual([])
})

describe.each([API, HTTP_API])('%s', (type) => {
  test('asks the authorizer for every protected route, and for no public one', () => {
    const asked = methodsOf(type).map(([name, { security }]) => [
      name,
      security?.flatMap((each) => Object.keys(each)) ?? [],
    ])
    expect(Object.fromEntries(asked)).toEqual({
      'GET /health': [],
      'GET /orders': ['Latchkey'],
      'POST /orders': ['Latchkey'],
      'GET /orders/{id}': ['Latchkey'],
    })
  })
})

test('keeps the key from the origin', () => {
  const parametersOf = (type: string) =>
    methodsOf(type)
      .map(([, method]) => method['x-amazon-apigateway-integration'])
      .filter((integration) => integration.type === 'http_proxy')
      .map(({ requestParameters }) => requestParameters)
  const rest = parametersOf(API).map((each) => each?.['integration.request.header.x-api-key'])
  expect(rest).toEqual(["'removed'", "'removed'", "'removed'"])
  const http = parametersOf(HTTP_API).map((each) => each?.['remove:header.x-api-key'])
  expect(http).toEqual(["''", "''", "''", "''"])
})

test('tells the origin of a public route that nobody called', () => {
  const [, health] = methodsOf(HTTP_API).find(([name]) => name === 'GET /health') ?? []
  const removed = Object.keys(health?.['x-amazon-apigateway-integration'].requestParameters ?? {})
  expect(removed).toHaveLength(9)
  for (const each of removed) expect(each).toMatch(/^remove:header\.(x-api-key|X-Latchkey-[A-Z][A-Za-z-]+)$/)
})

test('has no stage but those that the document knows', () => {
  const { apis } = JSON.parse(read('latchkey.json')) as { apis: { stage: string }[] }
  const stages = [API, HTTP_API].map((type) => ofType(resources, type)[0]?.[1]['StageName'])
  expect(stages).toEqual(apis.map(({ stage }) => stage))
  // Or SAM makes one that is called "Stage".
  expect(ofType(resources, API)[0]?.[1]['OpenApiVersion']).toBe('3.0.1')
})

test('leaves the table where it is when the stack goes', () => {
  expect(resources['Keys']?.DeletionPolicy).toBe('Retain')
})

test('takes its code from the zip that `latchkey bundle` makes', () => {
  expect(ofType(resources, 'AWS::Serverless::Function')[0]?.[1]).toMatchObject({
    CodeUri: 'authorizer.zip',
    Handler: 'authorizer.handler',
  })
})
