import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverless } from './offline.ts'

interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
}

/** What osls makes of serverless.yml for CloudFormation. */
describe('the template', () => {
  let folder: string
  let resources: Record<string, Resource>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-package-'))
    const child = serverless(['package', '--package', folder], { LATCHKEY_TOKEN: 'not a token, only its place' })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk))
    const code = await new Promise((resolve) => child.once('exit', resolve))
    if (code !== 0) throw new Error(`serverless package ended with ${code}:\n${output}`)
    const text = await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8')
    resources = JSON.parse(text).Resources
  }, 60_000)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  function of(type: string): [name: string, Properties: Record<string, unknown>][] {
    const found = Object.entries(resources).filter(([, resource]) => resource.Type === type)
    return found.map(([name, { Properties }]) => [name, Properties])
  }

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
      EchoLambdaFunction: 'default',
    })
  })

  test('gives the secret to authorizers only', () => {
    const [echo] = of('AWS::Lambda::Function').filter(([name]) => name === 'EchoLambdaFunction')
    expect(JSON.stringify(echo)).not.toContain('LATCHKEY_TOKEN')
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
