import { beforeAll, describe, expect, test } from 'vitest'
import type { Resources } from './templates/cloudformation.ts'
import { faultsOf, ofType } from './templates/cloudformation.ts'
import { packaged } from './templates/packaged.ts'

interface Environment {
  readonly Variables?: Readonly<Record<string, string>>
}

/** What osls makes of serverless.yml for CloudFormation. */
describe('the template', () => {
  let text: string
  let resources: Resources

  beforeAll(async () => {
    text = await packaged()
    resources = JSON.parse(text).Resources
  }, 60_000)

  const of = (type: string) => ofType(resources, type)

  test('is what the schemas of AWS take', () => {
    expect(faultsOf(text, 'serverless.yml')).toEqual([])
  })

  test('caches nothing: each answer is for one method and path', () => {
    const authorizers = [...of('AWS::ApiGateway::Authorizer'), ...of('AWS::ApiGatewayV2::Authorizer')]
    expect(authorizers).toHaveLength(4)
    for (const [name, { AuthorizerResultTtlInSeconds }] of authorizers) {
      expect({ name, AuthorizerResultTtlInSeconds }).toEqual({ name, AuthorizerResultTtlInSeconds: 0 })
    }
  })

  test('has each of the four kinds, and demands an identity source only of TOKEN', () => {
    const rest = of('AWS::ApiGateway::Authorizer').map(([, { Type, IdentitySource }]) => [Type, IdentitySource])
    expect(new Map(rest as [string, unknown][])).toEqual(
      new Map([
        ['TOKEN', 'method.request.header.Authorization'],
        ['REQUEST', undefined],
      ]),
    )
    const http = of('AWS::ApiGatewayV2::Authorizer').map(([, properties]) => properties)
    for (const properties of http) {
      expect(properties).toMatchObject({ AuthorizerPayloadFormatVersion: '2.0', IdentitySource: [] })
    }
    expect(http.map(({ EnableSimpleResponses }) => EnableSimpleResponses)).toEqual(
      expect.arrayContaining([true, false]),
    )
  })

  test('tells the function behind the policy authorizer of the HTTP API to answer by policies', () => {
    const replies = of('AWS::Lambda::Function').map(([name, { Environment }]) => {
      const variables = (Environment as { Variables: Record<string, string> } | undefined)?.Variables
      return [name, variables?.['LATCHKEY_AWS_REPLY'] ?? 'default']
    })
    expect(Object.fromEntries(replies)).toEqual({
      RequestAuthorizerLambdaFunction: 'default',
      TokenAuthorizerLambdaFunction: 'default',
      SimpleAuthorizerLambdaFunction: 'default',
      IamAuthorizerLambdaFunction: 'iam',
      AdminLambdaFunction: 'default',
      EchoLambdaFunction: 'default',
    })
  })

  test('gives the token to authorizers only', () => {
    const told = of('AWS::Lambda::Function').filter(([, each]) => JSON.stringify(each).includes('LATCHKEY_TOKEN'))
    expect(told.map(([name]) => name)).toEqual([
      'RequestAuthorizerLambdaFunction',
      'TokenAuthorizerLambdaFunction',
      'SimpleAuthorizerLambdaFunction',
      'IamAuthorizerLambdaFunction',
    ])
  })

  test('has every secret but the token of the sample looked up in Parameter Store', () => {
    const variables = of('AWS::Lambda::Function').map(([name, { Environment }]) => {
      const { Variables: { LATCHKEY_SECRETS: secrets, KEYS: keys } = {} } = (Environment ?? {}) as Environment
      return [name, secrets, keys]
    })
    const where = ['ssm:/latchkey/dev/', 'dynamodb:latchkey-sample-dev-keys']
    expect(variables).toEqual([
      ['RequestAuthorizerLambdaFunction', ...where],
      ['TokenAuthorizerLambdaFunction', ...where],
      ['SimpleAuthorizerLambdaFunction', ...where],
      ['IamAuthorizerLambdaFunction', ...where],
      ['AdminLambdaFunction', ...where],
      ['EchoLambdaFunction', undefined, undefined],
    ])
    expect(resources['Keys']?.Properties['TableName']).toBe('latchkey-sample-dev-keys')
  })

  test('gives each function a role that can do what it does', () => {
    const roles = of('AWS::Lambda::Function').map(([name, { Role }]) => [
      name,
      (Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0],
    ])
    expect(Object.fromEntries(roles)).toEqual({
      RequestAuthorizerLambdaFunction: 'AuthorizerRole',
      TokenAuthorizerLambdaFunction: 'AuthorizerRole',
      SimpleAuthorizerLambdaFunction: 'AuthorizerRole',
      IamAuthorizerLambdaFunction: 'AuthorizerRole',
      AdminLambdaFunction: 'AdminRole',
      EchoLambdaFunction: 'IamRoleLambdaExecution',
    })
    const [, admin] = of('AWS::IAM::Role').find(([name]) => name === 'AdminRole') ?? []
    const actions = JSON.stringify(admin?.['Policies']).match(/dynamodb:[A-Z]\w+/g)
    const changing = ['BatchGetItem', 'PutItem', 'DeleteItem', 'Query'].map((action) => `dynamodb:${action}`)
    expect(actions).toEqual(['dynamodb:GetItem', ...changing, 'dynamodb:UpdateItem', 'dynamodb:LeadingKeys'])
    expect(JSON.stringify(admin)).not.toMatch(/"dynamodb:\*"|"\*"/)
  })

  test('keeps logs for a month, those of all authorizers together', () => {
    const groups = of('AWS::Logs::LogGroup').map(([name, { RetentionInDays }]) => [name, RetentionInDays])
    expect(Object.fromEntries(groups)).toEqual({
      AdminLogGroup: 30,
      EchoLogGroup: 30,
      HttpApiLogGroup: 30,
      AuthorizerLog: 30,
    })
    const authorizers = of('AWS::Lambda::Function').filter(([name]) => name.includes('Authorizer'))
    for (const [, { LoggingConfig }] of authorizers)
      expect(LoggingConfig).toEqual({ LogGroup: '/latchkey/latchkey-sample-dev' })
    expect(resources['AuthorizerLog']?.Properties['LogGroupName']).toBe('/latchkey/latchkey-sample-dev')
  })

  test('deploys the REST API only when its refusals and its raw method are there', () => {
    const [, deployment] =
      Object.entries(resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment') ?? []
    expect(deployment?.DependsOn).toContain('ApiGatewayMethodHealthGet')
    const raw = ['GetOrder', 'Unauthorized', 'AccessDenied', 'AuthorizerFailure', 'AuthorizerConfigurationError']
    expect(resources['ApiGatewayMethodHealthGet']?.DependsOn).toEqual(expect.arrayContaining(raw))
  })

  test('lets the administration judge its callers itself, and wakes it daily', () => {
    expect(resources['HttpApiRouteAnyLatchkeyProxyVar']?.Properties).toMatchObject({
      RouteKey: 'ANY /_latchkey/{proxy+}',
    })
    expect(resources['HttpApiRouteAnyLatchkeyProxyVar']?.Properties).not.toHaveProperty('AuthorizerId')
    expect(of('AWS::Events::Rule').map(([, { ScheduleExpression }]) => ScheduleExpression)).toEqual(['rate(1 day)'])
  })

  test('words refusals of the REST API readably for pages, and lets nobody store them', () => {
    const responses = of('AWS::ApiGateway::GatewayResponse').map(([, properties]) => properties)
    const statuses = responses.map(({ ResponseType, StatusCode }) => [ResponseType, StatusCode])
    expect(Object.fromEntries(statuses)).toEqual({
      UNAUTHORIZED: '401',
      ACCESS_DENIED: '403',
      AUTHORIZER_FAILURE: '503',
      AUTHORIZER_CONFIGURATION_ERROR: '503',
    })
    for (const { ResponseParameters, ResponseTemplates } of responses) {
      expect(ResponseParameters).toMatchObject({
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
        'gatewayresponse.header.Cache-Control': "'no-store'",
      })
      const body = (ResponseTemplates as Record<string, string>)['application/json'] as string
      expect(JSON.parse(body)).toMatchObject({ type: expect.any(String), title: expect.any(String) })
    }
  })

  test('challenges on 401, and tells the reason on 403', () => {
    const text = JSON.stringify(resources)
    expect(text).toContain('gatewayresponse.header.WWW-Authenticate')
    expect(text).toContain('$context.authorizer.reason')
  })
})
