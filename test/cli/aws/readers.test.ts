import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { FindingCode } from '../../../src/cli/aws/findings.ts'
import type { Document } from '../../../src/document.ts'
import { DOCUMENT, edited, findings, KINDS, template } from './given.ts'

const { apis: _, ...SILENT } = DOCUMENT

function codes(text: string, document: Document = SILENT, files: Readonly<Record<string, string>> = {}): string[] {
  return findings(text, document, files).map(({ code, line }) => `${line} ${code}`)
}

function messages(text: string, code: FindingCode, document: Document = SILENT): string[] {
  return findings(text, document).flatMap((each) => (each.code === code ? each.message : []))
}

describe('serverless.yml', () => {
  const HEAD = 'service: a\nprovider: { name: aws, stage: prod }\nfunctions:\n'

  it.each([
    [
      'the name of a function: a TOKEN authorizer, kept for 300 s by the Authorization header',
      'keeper',
      ['7 response-missing', '7 source-of-no-credential', '7 ttl-over-document', '7 key-lacks-path'],
    ],
    [
      'an ARN',
      'arn:aws:lambda:eu-central-1:123456789012:function:else',
      ['7 response-missing', '7 source-of-no-credential', '7 ttl-over-document', '7 key-lacks-path', '7 unseen'],
    ],
    ['AWS itself', 'aws_iam', ['7 no-authorizer']],
    ['one that is elsewhere', '{ type: request, authorizerId: abc }', ['7 unseen']],
    ['Cognito', '{ arn: "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/x", name: pool }', ['7 no-authorizer']],
    [
      'a call',
      '{ arn: !ImportValue x, name: there, type: request, resultTtlInSeconds: 0 }',
      ['7 response-missing', '7 unseen'],
    ],
  ])('an event under %s', (_, authorizer, expected) => {
    const event = `{ method: post, path: /orders/, authorizer: ${authorizer} }`
    const text = `${HEAD}  keeper: { handler: a }\n  orders:\n    events:\n      - http: ${event}\n      - http: GET /health`
    const found = codes(text).filter((each) => !/route-unserved/.test(each))
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  it('is told by all that functions and resources say of one authorizer, and by logical ids of what is generated', () => {
    const text = `${HEAD}  keep-er: { handler: a }
  orders:
    events:
      - http: { method: post, path: orders, authorizer: { name: keep-er, type: request, resultTtlInSeconds: 0 } }
      - httpApi: GET /health
resources:
  - Resources:
      Method:
        Type: AWS::ApiGateway::Method
        Properties:
          RestApiId: !Ref ApiGatewayRestApi
          ResourceId: !Ref Order
          HttpMethod: GET
          AuthorizationType: CUSTOM
          AuthorizerId: !Ref KeepDasherApiGatewayAuthorizer
          Integration: { Type: HTTP_PROXY }
  - Resources:
      Order:
        Type: AWS::ApiGateway::Resource
        Properties: { ParentId: !Ref ApiGatewayResourceOrders, PathPart: '{id}' }
`
    expect(messages(text, 'identity-passes')).toEqual([expect.stringMatching(/^GET \/orders\/\{id\} hands/)])
    expect(codes(text).filter((each) => each.endsWith('unseen'))).toEqual([])
  })

  it('reads other files where it names them, and tells their lines', () => {
    const text = `service: a
custom: { stage: prod, keeper: '\${file(parts/keeper.yml):authorizer}' }
provider: { name: aws, stage: '\${self:custom.stage}' }
functions: \${file(functions.yml)}
resources:
  - \${file(missing.yml)}
  - \${file(code.js)}
`
    const files = {
      'functions.yml': `orders:
  events:
    - http:
        method: post
        path: orders
        authorizer: \${self:custom.keeper}
keeper: { handler: a }
`,
      'parts/keeper.yml': `authorizer:
  name: keeper
  type: request
  resultTtlInSeconds: 30
`,
    }
    const document = {
      ...DOCUMENT,
      apis: [{ stage: 'live' }, { stage: 'prod', resultTtlSeconds: 0 }],
    } satisfies Document
    const found = findings(text, document, files).map(({ file, line, code }) => `${file}:${line} ${code}`)
    expect(found).toEqual(
      expect.arrayContaining([
        'parts/keeper.yml:4 ttl-over-document',
        'template:6 unseen',
        'template:7 unseen',
        'template:3 stage-not-deployed',
      ]),
    )
    expect(found.filter((each) => each.endsWith('api-not-configured'))).toEqual([])
  })

  it('takes no default of a variable for what will be deployed', () => {
    const text = edited(template('serverless.yml'), [['stage: prod', `stage: \${opt:stage, 'prod'}`]])
    const document = {
      ...DOCUMENT,
      apis: [{ stage: 'live', resultTtlSeconds: 60, cachedBy: ['method', 'path'] }],
    } as const
    expect(codes(text, document).filter((each) => /stage|configured/.test(each))).toEqual(['7 api-not-configured'])
  })

  it.each([
    ['itself', `a: '\${self:custom.a}'`],
    ['in a circle', `a: 'x\${self:custom.b}'\n  b: '\${self:custom.a}y'`],
    ['all of it', `a: \${self:custom}\n  b: \${self:custom}\n  c: \${self:custom}`],
    ['the file', `a: \${self:}\n  b: \${file(template)}`],
    ['what makes more of them', `a: '\${self:custom.d}{self:custom.a}'\n  d: $`],
  ])('a variable that names %s is not known', (_, custom) => {
    const text = edited(template('serverless.yml'), [
      ['service: orders', `service: orders\ncustom:\n  ${custom}`],
      ['resultTtlInSeconds: 60\nfunctions', `resultTtlInSeconds: \${self:custom.a}\nfunctions`],
    ])
    expect(messages(text, 'unseen', DOCUMENT)).toEqual(['cannot be seen here: the result TTL of latchkey'])
  })

  it('a WebSocket API asks at $connect alone, by the header that the framework takes for granted', () => {
    const text = `${HEAD}  keeper: { handler: a }
  chat:
    events:
      - websocket: { route: $connect, authorizer: { name: keeper } }
      - websocket: $default
      - websocket: { route: send }
`
    const document: Document = {
      ...SILENT,
      routes: [{ path: '/$connect', methods: ['GET'] }],
      revocation: { withinSeconds: 400 },
    }
    expect(codes(text, document)).toEqual(['7 source-of-no-credential', '7 websocket-outlives'])
    const named = edited(text, [['name: keeper }', 'name: keeper, identitySource: [route.request.header.x-api-key] }']])
    expect(codes(named, document)).toEqual(['7 websocket-outlives'])
    expect(codes(named, { ...document, routes: DOCUMENT.routes })).toContain('7 method-unmatched')
  })

  it('what plugins and extensions make of it is told to be unread', () => {
    const more =
      'appSync: { name: x }\nresources:\n  extensions:\n    A: { DependsOn: [B] }\n    B: { Properties: { C: 1 } }\n'
    const text = `${HEAD}  keeper: { handler: a }\n${more}`
    expect(messages(`${text}`, 'no-authorizer')).toHaveLength(1)
    const events = edited(text, [['{ handler: a }', '{ handler: a, events: [{ httpApi: GET /health }] }']])
    expect(messages(events, 'unseen')).toEqual([
      'cannot be seen here: what a plugin makes of "appSync" is not read: check the packaged template',
      'cannot be seen here: extensions of generated resources are not read',
    ])
  })
})

describe('SAM', () => {
  it('reads the APIs that events have without naming them, by what Globals say', () => {
    const text = `Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Globals:
  Api:
    Auth:
      DefaultAuthorizer: Keeper
      Authorizers: { Keeper: { FunctionArn: !GetAtt Keeper.Arn } }
  HttpApi:
    Auth:
      Authorizers:
        Keeper:
          FunctionArn: !GetAtt Keeper.Arn
          AuthorizerPayloadFormatVersion: 2.0
          EnableSimpleResponses: yes
Resources:
  Keeper: { Type: AWS::Serverless::Function }
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        One: { Type: Api, Properties: { Path: '/orders/{id}', Method: GET } }
        Two: { Type: HttpApi, Properties: { Path: /orders, Method: POST, Auth: { Authorizer: Keeper } } }
        Three: { Type: HttpApi, Properties: { Path: /health, Method: GET } }
        Four: { Type: Schedule }
`
    expect(codes(text)).toEqual([
      '6 ttl-over-document',
      '6 source-of-no-credential',
      '6 key-lacks-path',
      '6 response-missing',
    ])
    const stages = { ...DOCUMENT, apis: [{ stage: 'Prod' }, { stage: 'live' }] } satisfies Document
    expect(messages(text, 'stage-not-deployed', stages)).toEqual([expect.stringContaining('deploys Prod, $default')])
    expect(messages(text, 'api-not-configured', stages)).toEqual([expect.stringContaining('at stage $default')])
  })

  it('guards by AWS, by Cognito, by nobody and by names that are nowhere', () => {
    const text = edited(template('sam.yml'), [
      [
        'Path: /orders\n            Method: post',
        'Path: /orders\n            Method: post\n            Auth: { Authorizer: AWS_IAM }',
      ],
      ["Path: '/orders/{id}', Method: GET", "Path: '/orders/{id}', Method: GET, Auth: { Authorizer: Nowhere }"],
    ])
    expect(messages(text, 'unseen', DOCUMENT)).toEqual(['cannot be seen here: the authorizer of GET /orders/{id}'])
    const cognito = edited(template('sam.yml'), [
      ['FunctionPayloadType: REQUEST\n            FunctionArn: !GetAtt Authorizer.Arn', 'UserPoolArn: x'],
    ])
    expect(codes(cognito, DOCUMENT)).toEqual([])
  })

  it('GraphQL APIs are judged as POST /graphql, and keep answers for what their configuration says', () => {
    const text = `Resources:
  Keeper: { Type: AWS::Serverless::Function }
  Api:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      Auth:
        Type: AWS_LAMBDA
        LambdaAuthorizer: { AuthorizerUri: !GetAtt Keeper.Arn, AuthorizerResultTtlInSeconds: 60 }
`
    const document: Document = {
      ...SILENT,
      routes: [{ path: '/graphql', methods: ['POST'] }, { path: '/graphql/Query/orders' }],
    }
    expect(codes(text, document)).toEqual(['8 ttl-overridden'])
    expect(codes(text, { ...document, addresses: { allow: ['10.0.0.0/8'] } })).toEqual([
      ...['8 ttl-overridden', '8 addresses-untold'],
    ])
    expect(codes(edited(text, [[', AuthorizerResultTtlInSeconds: 60', '']]), document)).toEqual([])
    expect(codes(edited(text, [['TtlInSeconds: 60', 'TtlInSeconds: 0']]))).toEqual([
      ...['3 route-unserved', '3 route-unserved', '3 route-unserved', '8 method-unmatched'],
    ])
  })
})

describe('CloudFormation', () => {
  it('AppSync keeps answers for its own TTL, and its fields are no paths', () => {
    const text = `Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties:
      AuthenticationType: API_KEY
      AdditionalAuthenticationProviders:
        - AuthenticationType: AWS_LAMBDA
          LambdaAuthorizerConfig:
            AuthorizerUri: !GetAtt Keeper.Arn
            AuthorizerResultTtlInSeconds: 300
  Keeper: { Type: AWS::Lambda::Function }
`
    const document: Document = {
      ...{ ...SILENT, revocation: { withinSeconds: 100 }, apis: [{ resultTtlSeconds: 10 }], staleSeconds: 60 },
      routes: [{ path: '/graphql', methods: ['POST'] }, { path: '/graphql/Query/:field' }],
    }
    expect(codes(text, document)).toEqual(['10 ttl-overridden'])
    expect(messages(text, 'ttl-overridden', document)).toEqual([
      'the result TTL is 300 s, which never counts, as each answer has a ttlOverride of its own by "resultTtlSeconds": set AuthorizerResultTtlInSeconds to 0, or let them agree',
    ])
    expect(codes(text, { ...document, addresses: { allow: ['10.0.0.0/8'] }, apis: [{}] })).toContain(
      '8 addresses-untold',
    )
  })

  const OPENAPI = `
        paths:
          /orders/{id}:
            get:
              security: [{ keeper: [] }]
              x-amazon-apigateway-integration: { $ref: '#/components/x-amazon-apigateway-integrations/origin' }
          /orders:
            post: { security: [{ keeper: [] }], x-amazon-apigateway-integration: { type: aws_proxy } }
            parameters: []
          /health:
            x-amazon-apigateway-any-method: { x-amazon-apigateway-integration: { type: mock } }
          /$default: { x-amazon-apigateway-any-method: { security: [{ elsewhere: [] }] } }
        x-amazon-apigateway-gateway-responses:
          DEFAULT_4XX: { responseParameters: { gatewayresponse.header.Cache-Control: "'no-store'" } }
        components:
          x-amazon-apigateway-integrations: { origin: { type: http_proxy, requestParameters: {} } }
          securitySchemes:
            keeper:
              type: apiKey
              in: header
              name: KIND
              x-amazon-apigateway-authorizer: { type: request, identitySource: 'SOURCE', authorizerUri: !Sub 'x/\${Keeper.Arn}/y' }
`

  it.each([
    [
      'a REST API',
      'AWS::ApiGateway::RestApi',
      'method.request.header.x-api-key',
      ['27 ttl-over-document', '27 key-lacks-path', '27 response-missing'],
    ],
    ['an HTTP API', 'AWS::ApiGatewayV2::Api', '$request.header.x-api-key', ['27 payload-version']],
    [
      'an API of SAM',
      'AWS::Serverless::Api',
      'method.request.header.x-api-key',
      ['27 ttl-over-document', '27 key-lacks-path', '27 response-missing'],
    ],
  ])('reads the OpenAPI document of %s', (_, type, source, expected) => {
    const property = type.includes('Serverless') ? 'DefinitionBody' : 'Body'
    const body = edited(OPENAPI, [
      ['SOURCE', source],
      ['KIND', 'Unused'],
    ])
    const text = `Resources:\n  Keeper: { Type: AWS::Lambda::Function }\n  Api:\n    Type: ${type}\n    Properties:\n      ${property}:${body.slice(0, -1)}`
    const found = codes(text).filter((each) => !/passes/.test(each))
    expect(found).toEqual(['17 unseen', ...expected])
    expect(messages(text, 'identity-passes')).toEqual([expect.stringMatching(/^GET \/orders\/\{id\} hands/)])
    expect(messages(text, 'token-passes')).toEqual([expect.stringMatching(/^GET \/orders\/\{id\} hands/)])
  })

  it('the header of a TOKEN authorizer is that of its scheme', () => {
    const body = edited(OPENAPI, [
      ['SOURCE', ''],
      ['KIND', 'X-Api-Key'],
      ['type: request', 'type: token'],
    ])
    const text = `Resources:\n  Keeper: { Type: AWS::Lambda::Function }\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body:${body}`
    expect(messages(text, 'source-of-no-credential')).toEqual([])
    const other = findings(edited(text, [['X-Api-Key', 'X-Else']]), SILENT)
    expect(other.filter(({ code }) => code === 'source-of-no-credential').map((each) => each.text.trim())).toEqual([
      'name: X-Else',
    ])
  })

  it('an OpenAPI document of its own is told to be unread, and so is a nested stack', () => {
    const text = `Resources:
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { BodyS3Location: { Bucket: a, Key: b } } }
  Other: { Type: AWS::ApiGatewayV2::Api, Properties: { Body: !Ref Somewhere } }
  Nested: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: x } }
`
    expect(messages(text, 'unseen')).toEqual([
      'cannot be seen here: the methods of Api stand in a document of their own',
      'cannot be seen here: the methods of Other stand in a document of their own',
      'cannot be seen here: Nested is a stack with a template of its own: check that too',
    ])
  })

  it('an API that is there already is judged by what the template adds to it', () => {
    const text = `Resources:
  Keeper: { Type: AWS::Lambda::Function }
  Live: { Type: AWS::Lambda::Alias, Properties: { FunctionName: !Ref Keeper, Name: live } }
  Authorizer:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: a1b2c3d4e5
      Type: REQUEST
      AuthorizerResultTtlInSeconds: 300
      AuthorizerUri: !Sub x/\${Live}/invocations
  Root:
    Type: AWS::ApiGateway::Method
    Properties: { RestApiId: a1b2c3d4e5, ResourceId: !Ref RootId, HttpMethod: ANY, AuthorizationType: CUSTOM, AuthorizerId: !Ref Authorizer }
`
    const document = { ...DOCUMENT, apis: [{ api: 'a1b2c3d4e5', resultTtlSeconds: 300 }, {}] } satisfies Document
    expect(codes(text, document)).toEqual(['4 credential-not-in-key', '11 unseen'])
    expect(codes(text, { ...document, apis: [{ api: 'other' }] })).toContain('4 api-not-configured')
  })

  it('a WebSocket API asks at $connect alone', () => {
    const text = `Resources:
  Keeper: { Type: AWS::Lambda::Function }
  Chat: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: WEBSOCKET } }
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties: { ApiId: !Ref Chat, AuthorizerType: REQUEST, AuthorizerUri: !GetAtt Keeper.Arn }
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Chat, RouteKey: $connect, AuthorizationType: CUSTOM, AuthorizerId: !Ref Authorizer }
  Send: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Chat, RouteKey: send } }
`
    const document: Document = { ...SILENT, routes: [{ path: '/$connect', methods: ['GET'] }] }
    expect(codes(text, document)).toEqual([])
    expect(codes(text, { ...document, revocation: { withinSeconds: 7200 } })).toEqual([])
    expect(codes(text, { ...document, revocation: { withinSeconds: 7199 } })).toEqual(['3 websocket-outlives'])
    expect(codes(text)).toContain('7 method-unmatched')
  })

  it('an HTTP API that is made with a target has one open route', () => {
    const text = `Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP, Target: https://origin.example } }
`
    expect(codes(text)).toEqual(['2 no-authorizer'])
  })

  it('a document that has more than one entry is held against all that may be meant', () => {
    const apis = [
      { api: 'abc', resultTtlSeconds: 0 },
      { stage: 'prod', resultTtlSeconds: 60, cachedBy: ['method', 'path'] },
    ] as const
    expect(codes(template('cloudformation.yml'), { ...DOCUMENT, apis })).toEqual([])
  })
})

describe('what is no template', () => {
  it.each([
    ['nothing', ''],
    ['a list', '- a'],
    ['a document of ours', JSON.stringify(DOCUMENT)],
    ['HCL', 'resource "aws_api_gateway_authorizer" "a" {\n  name = "x"\n}'],
    ['a plan of Terraform', '{"format_version":"1.2","planned_values":{}}'],
    ['half a file', '{"Resources": {'],
  ])('%s is told to be unreadable', (_, text) => {
    const found = findings(text, SILENT)
    expect(found.map(({ code }) => code)).toEqual(['unreadable'])
    if (/resource|format_version/.test(text)) expect(found[0]?.message).toMatch(/Terraform's, which is not read/)
  })

  it.each(['Resources: {}', 'Resources: { A: { Type: AWS::S3::Bucket } }', 'service: a\nprovider: {}\nfunctions: {}'])(
    '%j has nothing that could ask, which is a fault',
    (text) => expect(codes(text)).toEqual(['1 no-authorizer']),
  )
})

/** What may stand anywhere in a template instead of what should. */
const STRANGE = [
  '!Ref X',
  '!If [a, b, c]',
  `!Sub "\${X}"`,
  '{}',
  '[]',
  '[[a]]',
  '~',
  'true',
  '-1',
  '{ Ref: { Ref: x } }',
  `"\${self:x}"`,
  '{ Fn::GetAtt: ~ }',
]

test('whatever stands in place of a value, nothing throws', () => {
  const lines = KINDS.filter((kind) => kind !== 'cdk.json').map((kind) => template(kind).split('\n'))
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...STRANGE)), { minLength: 1, maxLength: 4 })
  let read = 0
  fc.assert(
    fc.property(fc.constantFrom(...lines), edits, (text, changes) => {
      const changed = [...text]
      for (const [at, value] of changes) {
        const place = at % changed.length
        changed[place] = (changed[place] as string).replace(/: [^&{[]\S.*$|:$/, `: ${value}`)
      }
      // What stood below a value is below it no more.
      const found = findings(changed.join('\n'), DOCUMENT)
      if (!found.some(({ code }) => code === 'unreadable')) read++
    }),
    { numRuns: 400 },
  )
  // About a third: the rest is no YAML any more.
  expect(read).toBeGreaterThan(40)
})
