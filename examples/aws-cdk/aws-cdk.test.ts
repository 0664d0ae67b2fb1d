import { readFileSync } from 'node:fs'
import { App, Stack } from 'aws-cdk-lib'
import { Deployment, HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { beforeAll, describe, expect, test } from 'vitest'
import { validateText } from '../../src/validate.ts'
import type { Resources } from '../../test/aws/templates/cloudformation.ts'
import { faultsOf, ofType } from '../../test/aws/templates/cloudformation.ts'
import type { TemplateDocument } from './caching.ts'
import document from './latchkey.json' with { type: 'json' }
import type { LatchkeyAuthorizerProps } from './latchkey-authorizer.ts'
import { LatchkeyAuthorizer } from './latchkey-authorizer.ts'
import { sample, synthesised } from './synthesised.ts'

/** The stacks that README.md speaks of, as the CDK synthesises them. What they share with others: test/aws/templates.test.ts. */

test('the document is one', () => {
  const result = validateText(readFileSync(new URL('latchkey.json', import.meta.url), 'utf8'))
  expect(result).toMatchObject({ ok: true })
})

describe('the sample', () => {
  let template: Record<string, unknown>
  let resources: Resources
  const of = (type: string) => ofType(resources, type).map(([, properties]) => properties)

  beforeAll(() => {
    template = sample(document)
    resources = template['Resources'] as Resources
  }, 60_000)

  test('is what the schemas of AWS take', () => {
    expect(faultsOf(JSON.stringify(template), 'latchkey-orders')).toEqual([])
  })

  test('keeps the key from the origin', () => {
    const rest = of('AWS::ApiGateway::Method').flatMap(({ Integration }) => {
      const { Type, RequestParameters } = Integration as { Type: string; RequestParameters?: Record<string, string> }
      return Type === 'HTTP_PROXY' ? [RequestParameters?.['integration.request.header.x-api-key']] : []
    })
    expect(rest).toEqual(["'removed'", "'removed'", "'removed'"])
    const http = of('AWS::ApiGatewayV2::Integration').map(
      ({ RequestParameters }) => (RequestParameters as Record<string, string>)['remove:header.x-api-key'],
    )
    expect(http).toEqual(["''", "''", "''"])
  })

  test('tells the origin of a public route that nobody called', () => {
    const [health] = of('AWS::ApiGatewayV2::Integration').filter(({ IntegrationUri }) =>
      `${IntegrationUri}`.endsWith('/health'),
    )
    const removed = Object.keys(health?.['RequestParameters'] as object)
    expect(removed).toHaveLength(9)
    for (const each of removed) expect(each).toMatch(/^remove:header\.(x-api-key|X-Latchkey-[A-Z][A-Za-z-]+)$/)
  })

  test('asks the authorizer for every protected route, and for no public one or preflight', () => {
    const rest = of('AWS::ApiGateway::Method').map(
      ({ HttpMethod: method, AuthorizationType }) => `${method} ${AuthorizationType}`,
    )
    expect(rest.sort()).toEqual([
      'GET CUSTOM',
      'GET CUSTOM',
      'GET NONE',
      ...Array.from({ length: 4 }, () => 'OPTIONS NONE'),
      'POST CUSTOM',
    ])
    const http = of('AWS::ApiGatewayV2::Route').map(
      ({ RouteKey, AuthorizationType = 'NONE' }) => `${RouteKey} ${AuthorizationType}`,
    )
    expect(http.sort()).toEqual([
      'GET /health NONE',
      'GET /orders CUSTOM',
      'GET /orders/{id} CUSTOM',
      'POST /orders CUSTOM',
    ])
  })

  test('deploys the REST API when its refusals are there', () => {
    const [, deployment] =
      Object.entries(resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment') ?? []
    const responses = ofType(resources, 'AWS::ApiGateway::GatewayResponse').map(([name]) => name)
    expect(responses).toHaveLength(4)
    expect(deployment?.DependsOn).toEqual(expect.arrayContaining(responses))
  })

  test('leaves the table where it is when the stack goes', () => {
    const [, table] = Object.entries(resources).find(([, { Type }]) => Type === 'AWS::DynamoDB::Table') ?? []
    expect(table?.DeletionPolicy).toBe('Retain')
  })
})

const NOWHERE = 'https://origin.example'

/** A stack of one's own, with the authorizer in it. */
function stackWith(
  build: (stack: Stack, latchkey: LatchkeyAuthorizer) => void,
  props: Partial<LatchkeyAuthorizerProps> = {},
): Resources {
  const stack = new Stack(new App(), 'own')
  const code = Code.fromInline('exports.handler = undefined')
  build(stack, new LatchkeyAuthorizer(stack, 'Latchkey', { code, document, secrets: '/latchkey/prod/', ...props }))
  return synthesised(stack)['Resources'] as Resources
}

/** An API that another stack, or nobody's stack, has made. */
function onExisting(stack: Stack, latchkey: LatchkeyAuthorizer): void {
  const api = RestApi.fromRestApiAttributes(stack, 'Existing', {
    restApiId: 'a1b2c3d4e5',
    rootResourceId: 'f6g7h8i9j0',
  })
  const authorizer = latchkey.forRestApi(api)
  const options = { requestParameters: latchkey.originHeaders().rest }
  api.root.addResource('orders').addMethod('GET', new HttpIntegration(NOWHERE, { options }), { authorizer })
  new Deployment(stack, 'Redeployment', { api, stageName: 'prod' })
}

describe('the construct', () => {
  test('takes a REST API that exists', () => {
    const resources = stackWith(onExisting)
    expect(ofType(resources, 'AWS::ApiGateway::RestApi')).toEqual([])
    const [[, authorizer] = []] = ofType(resources, 'AWS::ApiGateway::Authorizer')
    expect(authorizer).toMatchObject({ RestApiId: 'a1b2c3d4e5', AuthorizerResultTtlInSeconds: 300 })
    const responses = ofType(resources, 'AWS::ApiGateway::GatewayResponse')
    expect(responses.map(([, { RestApiId }]) => RestApiId)).toEqual(Array.from({ length: 4 }, () => 'a1b2c3d4e5'))
    const [[, deployment] = []] = ofType(resources, 'AWS::ApiGateway::Deployment')
    expect(deployment).toMatchObject({ RestApiId: 'a1b2c3d4e5', StageName: 'prod' })
  })

  test('keys a cache as the document says', () => {
    const apis = [{ resultTtlSeconds: 60, cachedBy: ['method', 'path', 'address'] }]
    const resources = stackWith(
      (stack, latchkey) => {
        onExisting(stack, latchkey)
        const integration = new HttpUrlIntegration('Origin', NOWHERE)
        const authorizer = latchkey.forHttpApi()
        new HttpApi(stack, 'Http').addRoutes({ path: '/orders', methods: [HttpMethod.GET], integration, authorizer })
      },
      { document: { ...document, apis } },
    )
    expect(ofType(resources, 'AWS::ApiGateway::Authorizer')[0]?.[1]).toMatchObject({
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: 'method.request.header.x-api-key,context.httpMethod,context.path,context.identity.sourceIp',
    })
    expect(ofType(resources, 'AWS::ApiGatewayV2::Authorizer')[0]?.[1]).toMatchObject({
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: [
        '$request.header.x-api-key',
        '$context.httpMethod',
        '$context.path',
        '$context.identity.sourceIp',
      ],
    })
  })

  const faulty: [
    name: string,
    document: TemplateDocument,
    ask: (latchkey: LatchkeyAuthorizer) => unknown,
    message: RegExp,
  ][] = [
    [
      'a stage that the document does not know',
      { ...document, apis: [{ stage: 'test' }] },
      (latchkey) => latchkey.forHttpApi('$default'),
      /no entry of "apis" takes stage \$default/,
    ],
    [
      'a yes that is kept for every route',
      { ...document, apis: [{ resultTtlSeconds: 60, cachedBy: ['method'] }] },
      (latchkey) => latchkey.forHttpApi(),
      /"cachedBy" must have "method" and "path"/,
    ],
    [
      'two places of credentials',
      { ...document, credentials: [...document.credentials, {}] },
      (latchkey) => latchkey.originHeaders(),
      /"from" must name one header/,
    ],
    [
      'a credential in no header',
      { ...document, credentials: [{ from: [{}] }] },
      (latchkey) => latchkey.originHeaders(),
      /"from" must name one header/,
    ],
  ]

  test.each(faulty)('refuses %s', (_, given, ask, message) => {
    expect(() => stackWith((_stack, latchkey) => void ask(latchkey), { document: given })).toThrow(message)
  })

  test('takes a table that exists, and tells whom it is to tell', () => {
    const stack = new Stack(new App(), 'others')
    const topic = new Topic(stack, 'Topic')
    const table = Table.fromTableName(stack, 'Table', 'latchkey')
    const code = Code.fromInline('exports.handler = undefined')
    const alarmActions = [new SnsAction(topic)]
    new LatchkeyAuthorizer(stack, 'Latchkey', { code, document, secrets: '/latchkey/prod/', table, alarmActions })
    const resources = synthesised(stack)['Resources'] as Resources
    expect(ofType(resources, 'AWS::DynamoDB::Table')).toEqual([])
    const alarms = ofType(resources, 'AWS::CloudWatch::Alarm')
    expect(alarms).toHaveLength(6)
    for (const [, { AlarmActions }] of alarms) expect(AlarmActions).toHaveLength(1)
  })
})
