import { describe, expect, it, test } from 'vitest'
import type { FindingCode } from '../../../src/cli/aws/findings.ts'
import { FINDINGS } from '../../../src/cli/aws/findings.ts'
import type { Document } from '../../../src/document.ts'
import type { Kind } from './given.ts'
import { DOCUMENT, edited, findings, KINDS, template } from './given.ts'

const [APP] = DOCUMENT.credentials as [Document['credentials'][number]]

/** A document that differs from the one that the templates agree with. */
function but(more: Partial<Document>): Document {
  return { ...DOCUMENT, ...more }
}

function reading(...places: NonNullable<typeof APP.from>): Document {
  const credentials = [{ ...APP, from: places }]
  // A document that knows of the TTL cannot have two places.
  return places.length === 1 ? but({ credentials }) : but({ credentials, apis: [{ resultTtlSeconds: 0 }] })
}

type Edit = readonly [from: string | RegExp, to: string]

interface Planted {
  readonly code: FindingCode
  readonly kind: Kind
  readonly edits?: readonly Edit[]
  readonly document?: Document
  /** What stands in the line that is told. */
  readonly at: string | RegExp
  readonly says: RegExp
  /** Default 1. */
  readonly times?: number
}

/** Nothing of identity sources, and answers that are not kept. */
const NOT_KEPT: Readonly<Record<'serverless.yml' | 'cloudformation.yml' | 'sam.yml', readonly Edit[]>> = {
  'serverless.yml': [
    ['        identitySource: [$request.header.x-api-key, $context.httpMethod, $context.path]\n', ''],
    ['resultTtlInSeconds: 60', 'resultTtlInSeconds: 0'],
    ['            identitySource: method.request.header.x-api-key, context.httpMethod, context.path\n', ''],
    ['resultTtlInSeconds: 60', 'resultTtlInSeconds: 0'],
  ],
  'cloudformation.yml': [
    ['      IdentitySource: method.request.header.x-api-key, context.httpMethod, context.path\n', ''],
    ['AuthorizerResultTtlInSeconds: 60', 'AuthorizerResultTtlInSeconds: 0'],
    ['      IdentitySource: [$request.header.x-api-key, $context.httpMethod, $context.path]\n', ''],
    ['AuthorizerResultTtlInSeconds: 60', "AuthorizerResultTtlInSeconds: '0'"],
  ],
  'sam.yml': [
    ['              Headers: [x-api-key]\n              Context: [httpMethod, path]\n', ''],
    ['ReauthorizeEvery: 60', 'ReauthorizeEvery: 0'],
    ['              Headers: [x-api-key]\n              Context: [httpMethod, path]\n', ''],
    ['ReauthorizeEvery: 60', 'ReauthorizeEvery: 0'],
  ],
}

const DEFAULT_TTL: readonly Planted[] = [
  {
    ...{ code: 'ttl-over-document', kind: 'serverless.yml', at: 'resultTtlInSeconds: 300' },
    edits: [['resultTtlInSeconds: 60\n          request', 'resultTtlInSeconds: 300\n          request']],
    says: /TTL is 300 s, and the document says resultTtlSeconds 60: set resultTtlInSeconds to 60/,
  },
  {
    ...{ code: 'ttl-over-document', kind: 'serverless.yml', at: /authorizer: &latchkey/ },
    edits: [['            resultTtlInSeconds: 60\n          request', '          request']],
    says: /TTL is 300 s, as nothing sets resultTtlInSeconds/,
  },
  {
    ...{ code: 'ttl-over-document', kind: 'cloudformation.yml', at: 'RestAuthorizer:' },
    edits: [['      AuthorizerResultTtlInSeconds: 60\n', '']],
    says: /TTL is 300 s, as nothing sets AuthorizerResultTtlInSeconds/,
  },
  {
    ...{ code: 'ttl-over-document', kind: 'cdk.json', at: '"AuthorizerResultTtlInSeconds": 61' },
    edits: [['"AuthorizerResultTtlInSeconds": 60', '"AuthorizerResultTtlInSeconds": 61']],
    says: /61 s, and the document says resultTtlSeconds 60/,
  },
  {
    ...{ code: 'ttl-over-document', kind: 'sam.yml', at: 'Latchkey:' },
    edits: [['              ReauthorizeEvery: 60\n', '']],
    says: /TTL is 300 s, as nothing sets ReauthorizeEvery/,
  },
  ...(['serverless.yml', 'sam.yml', 'cloudformation.yml'] as const).map(
    (kind): Planted => ({
      ...{ code: 'ttl-over-document', kind, at: /: 60$/, times: 2 },
      document: but({ apis: [{ resultTtlSeconds: 0 }] }),
      says: /the document says resultTtlSeconds 0: set \w+ to 0, or say 60 in "apis"/,
    }),
  ),
  // Without a word an HTTP API keeps nothing, and so less than the document says.
  {
    ...{ code: 'ttl-under-document', kind: 'cloudformation.yml', at: 'HttpAuthorizer:' },
    edits: [[/ {6}AuthorizerResultTtlInSeconds: 60\n(?=[\s\S]*HttpStage)(?![\s\S]*HttpAuthorizer:)/, '']],
    says: /TTL is 0 s, as nothing sets AuthorizerResultTtlInSeconds, and the document reckons with resultTtlSeconds 60/,
  },
  {
    ...{ code: 'ttl-under-document', kind: 'sam.yml', at: 'ReauthorizeEvery: 30' },
    edits: [['ReauthorizeEvery: 60', 'ReauthorizeEvery: 30']],
    says: /30 s/,
  },
  ...(['serverless.yml', 'cdk.json'] as const).map(
    (kind): Planted => ({
      ...{ code: 'ttl-over-budget', kind, at: /TtlInSeconds"?: 60/, times: 2 },
      document: but({
        ...{ apis: [{ resultTtlSeconds: 30, cachedBy: ['method', 'path'] }] },
        ...{ revocation: { withinSeconds: 65 }, staleSeconds: 0 },
      }),
      says: /with it a revocation takes 90 s, where "revocation" allows 65: set \w+ to 35 or less/,
    }),
  ),
]

const KEPT: readonly Planted[] = (['serverless.yml', 'sam.yml', 'cloudformation.yml'] as const).flatMap((kind) => [
  {
    ...{ code: 'limits-under-ttl', kind, at: /: 60$/, times: 2 },
    document: but({
      apis: [{ resultTtlSeconds: 0 }],
      credentials: [{ ...APP, limits: [{ requests: 5, per: 'day' }] }],
    }),
    says: /count no request that API Gateway answers by itself: set \w+ to 0/,
  },
  {
    ...{ code: 'addresses-under-ttl', kind, at: /: 60$/, times: 2 },
    document: but({ apis: [{ resultTtlSeconds: 0 }], addresses: { allow: ['10.0.0.0/8'] } }),
    says: /one serves every address.*add context\.identity\.sourceIp/,
  },
])

const SOURCES: readonly Planted[] = [
  ...(['serverless.yml', 'cloudformation.yml', 'sam.yml', 'cdk.json'] as const).flatMap((kind): Planted[] => [
    {
      ...{ code: 'credential-not-in-key', kind, at: /[Ii]dentity/, times: 2 },
      document: reading({ header: 'x-api-key' }, { query: 'key' }),
      says: /no identity source holds query key, where the document reads app: add (?:method\.request|\$request)\.querystring\.key/,
    },
    {
      ...{ code: 'source-not-everywhere', kind, at: /[Ii]dentity/, times: 2 },
      document: reading({ header: 'x-api-key' }, { cookie: 'session' }),
      says: /x-api-key is an identity source, and credentials in cookie session \(app\) come without it: API Gateway answers them 401/,
    },
    {
      ...{ code: 'source-of-no-credential', kind, at: /[Ii]dentity/, times: 2 },
      document: reading({ header: 'authorization', scheme: 'bearer' }),
      says: /the document reads credentials from authorization: bearer: API Gateway answers 401 to every caller/,
    },
  ]),
  {
    ...{ code: 'source-beside-credentials', kind: 'sam.yml', at: 'Identity:' },
    edits: [['Headers: [x-api-key]', 'Headers: [x-api-key, x-tenant]']],
    says: /x-tenant is no place of a credential/,
  },
  {
    ...{
      code: 'source-beside-credentials',
      kind: 'cloudformation.yml',
      at: 'IdentitySource: method.request.querystring.v',
    },
    edits: [['IdentitySource: method', 'IdentitySource: method.request.querystring.v, method']],
    says: /method\.request\.querystring\.v is no place of a credential/,
  },
  ...(['serverless.yml', 'sam.yml'] as const).flatMap((kind): Planted[] => {
    const edits: readonly Edit[] =
      kind === 'sam.yml'
        ? [
            ['FunctionPayloadType: REQUEST', 'FunctionPayloadType: TOKEN'],
            ['Headers: [x-api-key]', 'Header: x-api-key'],
          ]
        : [
            [
              '            type: request\n            identitySource',
              '            type: token\n            identitySource',
            ],
          ]
    return [
      {
        ...{ code: 'token-sees-one-header', kind, edits, at: /Latchkey:|&latchkey/ },
        document: reading({ header: 'x-api-key' }, { header: 'authorization', scheme: 'bearer' }),
        says: /reads credentials from x-api-key; authorization: bearer: every request is 503\. Use a REQUEST authorizer/,
      },
      {
        ...{ code: 'token-sees-one-header', kind, edits, at: /Latchkey:|&latchkey/ },
        document: but({ apis: [{ resultTtlSeconds: 0 }], addresses: { allow: ['10.0.0.0/8'] } }),
        says: /the document reads addresses: every request is 503/,
      },
      {
        ...{ code: 'key-lacks-promised', kind, edits, at: /Identity:|identitySource/ },
        says: /promises method and path, .*as a TOKEN one keeps answers by the token alone/,
      },
    ]
  }),
]

const WITHOUT_PATH: readonly { readonly kind: Kind; readonly edits: readonly Edit[] }[] = [
  {
    kind: 'serverless.yml',
    edits: [
      ['$context.httpMethod, $context.path', '$context.routeKey'],
      ['context.httpMethod, ', ''],
    ],
  },
  {
    kind: 'sam.yml',
    edits: [
      ['Context: [httpMethod, path]', 'Context: [path]'],
      ['Context: [httpMethod, path]', 'Context: [routeKey]'],
    ],
  },
  {
    kind: 'cloudformation.yml',
    edits: [
      ['context.httpMethod, context.path', 'context.resourcePath'],
      ['$context.httpMethod, $context.path', '$context.routeKey'],
    ],
  },
]

const KEYS: readonly Planted[] = [
  ...WITHOUT_PATH.flatMap(({ kind, edits }): Planted[] => [
    {
      ...{ code: 'key-lacks-promised', kind, edits, at: /[Ii]dentity/, times: 2 },
      says: /"cachedBy" of "apis" promises (?:path|method|method and path), and no identity source holds (?:it|them): add \$?context/,
    },
    {
      ...{ code: 'simple-under-ttl', kind, edits, at: /[Ii]dentity/ },
      says: /a yes is kept for every route with the same identity sources: add \$context\.httpMethod and \$context\.path/,
    },
    {
      ...{ code: 'key-lacks-path', kind, edits, at: /[Ii]dentity/ },
      document: but({ apis: [{ resultTtlSeconds: 0 }] }),
      says: /names the one method and path that was judged, and is kept for all: other routes are 403/,
    },
  ]),
  ...(['serverless.yml', 'cdk.json'] as const).map(
    (kind): Planted => ({
      ...{ code: 'key-lacks-promised', kind, at: /[Ii]dentity/, times: 2 },
      document: but({ apis: [{ resultTtlSeconds: 60, cachedBy: ['method', 'path', 'address'] }] }),
      says: /promises address, and no identity source holds it: add \$?context\.identity\.sourceIp/,
    }),
  ),
]

const FORMS: readonly Planted[] = [
  {
    ...{ code: 'reply-form', kind: 'serverless.yml', at: 'latchkey:' },
    edits: [['      STAGE:', '      LATCHKEY_AWS_REPLY: iam\n      STAGE:']],
    says: /simple responses are on, and authorizer answers by policies, as LATCHKEY_AWS_REPLY is iam/,
  },
  {
    ...{ code: 'reply-form', kind: 'sam.yml', at: 'Latchkey:' },
    edits: [['Variables: { APP', 'Variables: { LATCHKEY_AWS_REPLY: iam, APP']],
    says: /simple responses are on/,
  },
  ...(['cloudformation.yml', 'cdk.json', 'sam.yml'] as const).map(
    (kind): Planted => ({
      ...{ code: 'reply-form', kind, at: kind === 'sam.yml' ? 'Latchkey:' : /HttpAuthorizer"?:/ },
      edits: [[/"?EnableSimpleResponses"?: "?true"?,?/, kind === 'cdk.json' ? '' : 'EnableSimpleResponses: no']],
      says: /simple responses are off, and (?:AuthorizerFunction|Authorizer) answers yes or no: set its LATCHKEY_AWS_REPLY to iam/,
    }),
  ),
  {
    ...{ code: 'payload-version', kind: 'serverless.yml', at: "payloadVersion: '1.0'" },
    edits: [['        enableSimple', "        payloadVersion: '1.0'\n        enableSimple"]],
    says: /payload format 1\.0 has no simple responses: say 2\.0/,
  },
  {
    ...{ code: 'payload-version', kind: 'cloudformation.yml', at: 'HttpAuthorizer:' },
    edits: [["      AuthorizerPayloadFormatVersion: '2.0'\n", '']],
    says: /no payload format is named/,
  },
  {
    ...{ code: 'payload-version', kind: 'sam.yml', at: 'AuthorizerPayloadFormatVersion: 3' },
    edits: [["AuthorizerPayloadFormatVersion: '2.0'", 'AuthorizerPayloadFormatVersion: 3']],
    says: /payload formats are 1\.0 and 2\.0/,
  },
]

const PREFLIGHTS: readonly Planted[] = [
  {
    ...{ code: 'preflight-refused', kind: 'sam.yml', at: 'DefaultAuthorizer: Latchkey' },
    edits: [['        AddDefaultAuthorizerToCorsPreflight: false\n', '']],
    says: /OPTIONS \/orders\/\{id\}, OPTIONS \/orders, OPTIONS \/health: preflights are under an authorizer that needs a token/,
  },
  {
    ...{ code: 'preflight-refused', kind: 'cloudformation.yml', at: 'GetOrderPreflight:' },
    edits: [
      [
        /HttpMethod: OPTIONS\n {6}AuthorizationType: NONE/,
        'HttpMethod: OPTIONS\n      AuthorizationType: CUSTOM\n      AuthorizerId: !Ref RestAuthorizer',
      ],
    ],
    says: /OPTIONS \/orders\/\{id\}: preflights .* give OPTIONS a method of its own, without an authorizer/,
  },
  {
    ...{ code: 'preflight-refused', kind: 'serverless.yml', at: 'method: any' },
    edits: [
      ['      - http: { method: post, path: orders, cors: true', '      - http: { method: any, path: orders'],
      ['    cors: true\n    authorizers', '    authorizers'],
    ],
    says: /ANY \/orders: preflights are under an authorizer that needs a token/,
  },
  {
    ...{ code: 'preflight-refused', kind: 'cloudformation.yml', at: 'PostOrderRoute:' },
    edits: [
      ["      CorsConfiguration: { AllowOrigins: ['https://app.example'] }\n", ''],
      ['RouteKey: POST /orders', 'RouteKey: OPTIONS /orders'],
    ],
    says: /OPTIONS \/orders: .* give the API a CORS configuration, or OPTIONS a route without an authorizer/,
  },
  ...(['serverless.yml', 'sam.yml'] as const).map(
    (kind): Planted => ({
      ...{ code: 'preflight-asked', kind, at: kind === 'sam.yml' ? 'DefaultAuthorizer: Latchkey' : 'method: options' },
      document: but({ apis: [{ resultTtlSeconds: 0 }] }),
      edits: [
        ...NOT_KEPT[kind],
        kind === 'sam.yml'
          ? ['        AddDefaultAuthorizerToCorsPreflight: false\n', '']
          : [
              '      - http: { method: post',
              '      - http: { method: options, path: orders, authorizer: *latchkey }\n      - http: { method: post',
            ],
      ],
      says: /preflights are under the authorizer, and cost a call each/,
    }),
  ),
]

const RESPONSES: readonly Planted[] = [
  ...(['serverless.yml', 'cloudformation.yml'] as const).flatMap((kind): Planted[] => {
    const gone: readonly Edit[] = [
      ['ResponseType: UNAUTHORIZED', 'ResponseType: THROTTLED'],
      ['ResponseType: AUTHORIZER_FAILURE', 'ResponseType: QUOTA_EXCEEDED'],
    ]
    const at = kind === 'serverless.yml' ? '&latchkey' : 'RestAuthorizer:'
    return [
      {
        code: 'response-missing',
        kind,
        edits: gone,
        at,
        says: /no Gateway Response for UNAUTHORIZED, AUTHORIZER_FAILURE: /,
      },
      {
        ...{ code: 'response-without-cors', kind, edits: gone, at },
        says: /cannot read its refusals: add Gateway Responses with Access-Control-Allow-Origin for UNAUTHORIZED, AUTHORIZER_FAILURE/,
      },
      {
        ...{ code: 'response-without-cors', kind, at: 'Unauthorized:' },
        edits: [['gatewayresponse.header.Access-Control-Allow-Origin', 'gatewayresponse.header.Cache-Control']],
        says: /pages cannot read UNAUTHORIZED/,
      },
    ]
  }),
  {
    ...{ code: 'response-missing', kind: 'sam.yml', at: 'Latchkey:' },
    edits: [['DEFAULT_4XX', 'THROTTLED']],
    says: /no Gateway Response for UNAUTHORIZED, ACCESS_DENIED: /,
  },
  {
    ...{ code: 'response-without-cors', kind: 'sam.yml', at: 'DEFAULT_5XX:' },
    edits: [[/(?<=StatusCode: 503\n {10}ResponseParameters:\n {12}Headers: \{ )Access-Control-Allow-Origin/, 'X-Else']],
    says: /pages cannot read DEFAULT_5XX/,
  },
]

const JWT = but({
  credentials: [
    {
      ...{
        kind: 'jwt',
        name: 'app',
        from: [{ header: 'x-api-key' }],
        issuer: 'https://issuer.example',
        audience: 'orders',
      },
      ...{ algorithms: ['RS256'], keys: { jwksUrl: 'https://issuer.example/jwks' } },
    },
  ],
})

const IN_VPC: readonly Planted[] = [
  {
    ...{ code: 'vpc-remote-keys', kind: 'serverless.yml', at: 'authorizer: &function' },
    edits: [
      [
        '    handler: authorizer.handler',
        '    handler: authorizer.handler\n    vpc: { securityGroupIds: [sg-1], subnetIds: [subnet-1] }',
      ],
    ],
    document: JWT,
    says: /authorizer is in a VPC, and app fetches keys of its issuer/,
  },
  {
    ...{ code: 'vpc-remote-keys', kind: 'sam.yml', at: 'Authorizer:' },
    edits: [['    Runtime: nodejs22.x', '    Runtime: nodejs22.x\n    VpcConfig: { SubnetIds: [subnet-1] }']],
    document: JWT,
    says: /Authorizer is in a VPC/,
  },
  {
    ...{ code: 'vpc-remote-keys', kind: 'cdk.json', at: '"AuthorizerFunction"' },
    edits: [
      [
        '"Handler": "authorizer.handler",',
        '"Handler": "authorizer.handler", "VpcConfig": { "SubnetIds": ["subnet-1"] },',
      ],
    ],
    document: JWT,
    says: /AuthorizerFunction is in a VPC/,
  },
]

const COVERAGE: readonly Planted[] = [
  ...(['serverless.yml', 'sam.yml', 'cloudformation.yml', 'cdk.json'] as const).flatMap((kind): Planted[] => [
    {
      ...{ code: 'method-unmatched', kind, at: /PostOrder|path: orders,|method: POST|httpApi:/, times: 2 },
      document: but({ routes: DOCUMENT.routes.filter(({ path }) => path !== '/orders') }),
      says: /POST \/orders is matched by no route of the document: every call is refused/,
    },
    {
      ...{ code: 'route-unserved', kind, at: /RestApi|- http/ },
      document: but({ routes: [...DOCUMENT.routes, { path: '/invoices/:id', methods: ['DELETE'] }] }),
      says: /no method of this template serves DELETE \/invoices\/:id of the document/,
    },
    {
      ...{ code: 'unprotected', kind, at: /[Hh]ealth/, times: 2 },
      document: but({ routes: [{ path: '/health', methods: ['GET'] }, ...DOCUMENT.routes.slice(1)] }),
      says: /GET \/health has no authorizer, and serves \/health, protected in the document: name the authorizer/,
    },
    {
      ...{ code: 'open-method', kind, at: /[Hh]ealth/, times: 2 },
      document: but({ routes: DOCUMENT.routes.slice(1) }),
      says: /GET \/health has no authorizer, and no route of the document names it/,
    },
    {
      ...{ code: 'public-refused', kind, at: /PostOrder|path: orders,|method: POST|httpApi:/, times: 2 },
      document: but({ routes: [...DOCUMENT.routes.slice(0, 2), { path: '/orders', methods: ['POST'], public: true }] }),
      says: /POST \/orders serves \/orders, public in the document, and API Gateway answers 401 without a token/,
    },
  ]),
  ...(['serverless.yml', 'sam.yml', 'cloudformation.yml'] as const).map(
    (kind): Planted => ({
      ...{
        code: 'public-asked',
        kind,
        edits: NOT_KEPT[kind],
        at: /PostOrder|path: orders,|method: POST|httpApi:/,
        times: 2,
      },
      document: but({
        apis: [{ resultTtlSeconds: 0 }],
        routes: [...DOCUMENT.routes.slice(0, 2), { path: '/orders', methods: ['POST'], public: true }],
      }),
      says: /POST \/orders is public in the document: without the authorizer it costs no call/,
    }),
  ),
  {
    ...{ code: 'unprotected', kind: 'serverless.yml', at: 'method: post' },
    edits: [['cors: true, authorizer: *latchkey', 'cors: true']],
    says: /POST \/orders has no authorizer, and serves \/orders/,
  },
  {
    ...{ code: 'unprotected', kind: 'cdk.json', at: '"PostOrderRoute"' },
    edits: [
      [
        /"AuthorizationType": "CUSTOM",\s*"AuthorizerId": \{\s*"Ref": "HttpAuthorizer"\s*\},(?![\s\S]*HttpAuthorizer")/,
        '',
      ],
    ],
    says: /POST \/orders has no authorizer/,
  },
  {
    ...{ code: 'unprotected', kind: 'sam.yml', at: 'HttpPostOrder:' },
    edits: [['Path: /orders, Method: POST }', 'Path: /orders, Method: POST, Auth: { Authorizer: NONE } }']],
    says: /POST \/orders has no authorizer/,
  },
  {
    ...{ code: 'method-unmatched', kind: 'serverless.yml', at: '/_latchkey' },
    edits: [
      [
        '- httpApi: GET /health',
        "- httpApi: { method: '*', path: '/_latchkey/{proxy+}', authorizer: latchkey }\n      - httpApi: GET /health",
      ],
    ],
    says: /lies under "base", which is Latchkey's own.*let the admin function serve it/,
  },
  {
    ...{ code: 'api-without-authorizer', kind: 'cloudformation.yml', at: 'HttpApi:' },
    edits: [
      [/AuthorizationType: CUSTOM\n {6}AuthorizerId: !Ref HttpAuthorizer/, 'AuthorizationType: NONE'],
      [/AuthorizationType: CUSTOM\n {6}AuthorizerId: !Ref HttpAuthorizer/, 'AuthorizationType: NONE'],
    ],
    says: /no method of HttpApi asks a Lambda authorizer/,
  },
  {
    ...{ code: 'api-without-authorizer', kind: 'serverless.yml', at: 'httpApi:' },
    edits: [
      [', authorizer: latchkey }', ' }'],
      ['          authorizer: { name: latchkey }\n', ''],
    ],
    says: /no method of HttpApi asks a Lambda authorizer/,
  },
]

const STAGES: readonly Planted[] = (['serverless.yml', 'sam.yml', 'cloudformation.yml', 'cdk.json'] as const).flatMap(
  (kind): Planted[] => [
    {
      ...{ code: 'stage-not-deployed', kind, at: /prod/ },
      document: but({
        apis: [{ stage: 'live', resultTtlSeconds: 60, cachedBy: ['method', 'path'] }, ...(DOCUMENT.apis ?? [])],
      }),
      says: /"apis" names the stage live, and this template deploys prod, /,
    },
    {
      ...{ code: 'api-not-configured', kind, at: /Api|http/, times: 2 },
      document: but({ apis: [{ stage: 'live', resultTtlSeconds: 60, cachedBy: ['method', 'path'] }] }),
      says: /no entry of "apis" takes \w+ at stage (?:prod|\$default): every request is refused as not-configured/,
    },
  ],
)

const NOT_GREEDY = but({ apis: [{ resultTtlSeconds: 60, cachedBy: ['method', 'path'], greedy: false }] })

const GREEDY: readonly Planted[] = [
  {
    ...{ code: 'greedy-promised', kind: 'serverless.yml', at: '{proxy+}', document: NOT_GREEDY },
    edits: [["method: GET, path: '/orders/{id}'", "method: '*', path: '/orders/{proxy+}'"]],
    says: /"apis" says greedy: false, and ANY \/orders\/\{proxy\+\} takes requests that no route of the document names/,
  },
  {
    ...{ code: 'greedy-promised', kind: 'sam.yml', at: 'HttpGetOrder:', document: NOT_GREEDY },
    edits: [["ApiId: !Ref HttpApi, Path: '/orders/{id}', Method: GET", 'ApiId: !Ref HttpApi']],
    says: /greedy: false, and \$default takes requests/,
  },
  {
    ...{ code: 'greedy-promised', kind: 'cloudformation.yml', at: 'GetOrderRoute:', document: NOT_GREEDY },
    edits: [['RouteKey: GET /orders/{id}', 'RouteKey: ANY /{proxy+}']],
    says: /ANY \/\{proxy\+\}/,
  },
  {
    ...{ code: 'greedy-promised', kind: 'cdk.json', at: '"GetOrder"', document: NOT_GREEDY },
    edits: [['"PathPart": "{id}"', '"PathPart": "{id+}"']],
    says: /GET \/orders\/\{id\+\}/,
  },
]

const INTEGRATIONS: readonly Planted[] = [
  {
    ...{ code: 'identity-passes', kind: 'serverless.yml', at: 'integration: http-proxy' },
    edits: [
      [/ +X-Latchkey-Subject: .*\n/, ''],
      ['mappedValue: context.authorizer.owner', 'mappedValue: method.request.header.X-Latchkey-Owner'],
      ['X-Latchkey-Kind: { required: false, mappedValue: context.authorizer.kind }', 'X-Latchkey-Kind: true'],
    ],
    says: /GET \/orders\/\{id\} hands the client's own X-Latchkey-Subject, X-Latchkey-Kind, X-Latchkey-Owner on to its origin: map integration\.request\.header\.X-Latchkey-Subject from context\.authorizer\.subject, and so each/,
  },
  {
    ...{ code: 'identity-passes', kind: 'cloudformation.yml', at: 'Integration:' },
    edits: [[/ +integration\.request\.header\.X-Latchkey-Request-Id: .*\n/, '']],
    says: /X-Latchkey-Request-Id on to its origin: map integration\.request\.header\.X-Latchkey-Request-Id from context\.authorizer\.requestId$/,
  },
  {
    ...{ code: 'identity-passes', kind: 'cdk.json', at: '"Origin"', times: 3 },
    edits: [['"overwrite:header.X-Latchkey-Owner"', '"append:header.X-Latchkey-Owner"']],
    says: /X-Latchkey-Owner on to its origin: (?:map overwrite:header\.X-Latchkey-Owner from \$context\.authorizer\.owner|add remove:header\.X-Latchkey-Owner)$/,
  },
  {
    ...{ code: 'token-passes', kind: 'serverless.yml', at: 'integration: http-proxy' },
    edits: [[/ +x-api-key: \{ required.*\n/, '']],
    says: /hands the token in x-api-key on to its origin: map integration\.request\.header\.x-api-key to "'removed'"/,
  },
  {
    ...{ code: 'token-passes', kind: 'cloudformation.yml', at: 'Origin:', times: 3 },
    edits: [['remove:header.x-api-key', 'append:header.x-other']],
    says: /hands the token in x-api-key on to its origin: add remove:header\.x-api-key/,
  },
  ...(['cloudformation.yml', 'cdk.json'] as const).flatMap((kind): Planted[] => [
    {
      ...{ code: 'token-stays', kind, at: /Origin"?:/, times: 3 },
      document: reading({ header: 'authorization', scheme: 'bearer' }),
      says: /hands Authorization on to its origin, and an HTTP API can neither remove nor overwrite it: read the credential from a header of its own/,
    },
    {
      ...{ code: 'token-stays', kind, at: /Origin|Integration/, times: 4 },
      document: reading({ cookie: 'session' }),
      says: /hands the cookie session on to its origin/,
    },
  ]),
]

const UNSEEN: readonly Planted[] = [
  {
    ...{ code: 'unseen', kind: 'serverless.yml', at: `resultTtlInSeconds: \${param:ttl}` },
    edits: [['resultTtlInSeconds: 60\nfunctions', `resultTtlInSeconds: \${param:ttl}\nfunctions`]],
    says: /cannot be seen here: the result TTL of latchkey/,
  },
  {
    ...{ code: 'unseen', kind: 'cloudformation.yml', at: 'AuthorizerResultTtlInSeconds: !Ref Ttl' },
    edits: [['AuthorizerResultTtlInSeconds: 60', 'AuthorizerResultTtlInSeconds: !Ref Ttl']],
    says: /the result TTL of RestAuthorizer/,
  },
  {
    ...{ code: 'unseen', kind: 'sam.yml', at: 'Identity:' },
    edits: [['Headers: [x-api-key]', `Headers: [!Sub "x-\${Header}"]`]],
    says: /the identity sources of Latchkey/,
  },
  {
    ...{ code: 'unseen', kind: 'cdk.json', at: '"RestAuthorizer"' },
    edits: [[`\${AuthorizerFunction.Arn}`, `\${ImportedArn}`]],
    says: /the function: its variables and its VPC of RestAuthorizer/,
  },
]

const ALL: readonly Planted[] = [
  ...DEFAULT_TTL,
  ...KEPT,
  ...SOURCES,
  ...KEYS,
  ...FORMS,
  ...PREFLIGHTS,
  ...RESPONSES,
  ...IN_VPC,
  ...COVERAGE,
  ...STAGES,
  ...GREEDY,
  ...INTEGRATIONS,
  ...UNSEEN,
]

describe('templates that agree with the document', () => {
  it.each(KINDS)('nothing is found in %s', (kind) => {
    expect(findings(template(kind))).toEqual([])
  })

  it.each(Object.keys(NOT_KEPT) as (keyof typeof NOT_KEPT)[])('nor in %s where nothing is kept', (kind) => {
    const { apis: _, ...silent } = DOCUMENT
    const text = edited(template(kind), NOT_KEPT[kind])
    expect(findings(text, but({ apis: [{ resultTtlSeconds: 0 }] }))).toEqual([])
    expect(findings(text, silent)).toEqual([])
  })
})

describe('planted mistakes', () => {
  it.each(ALL.map((each, place) => ({ ...each, place })))(
    '$code in $kind ($place)',
    ({ code, kind, edits = [], document, at, says, times = 1 }) => {
      const found = findings(edited(template(kind), edits), document).filter((each) => each.code === code)
      expect(found.map(({ text }) => text)).toHaveLength(times)
      for (const { text, message } of found) {
        expect(text).toMatch(typeof at === 'string' ? new RegExp(at.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : at)
        expect(message).toMatch(says)
      }
    },
  )

  test('are of every code that a pair of API Gateway and document can have, in two kinds of template at least', () => {
    const elsewhere = ['unreadable', 'no-authorizer', 'websocket-outlives', 'ttl-overridden', 'addresses-untold']
    for (const code of Object.keys(FINDINGS).filter((each) => !elsewhere.includes(each))) {
      const kinds = new Set(ALL.filter((each) => each.code === code).map(({ kind }) => kind))
      expect({ code, kinds: kinds.size }).toEqual({ code, kinds: expect.toSatisfy((size: number) => size > 1) })
    }
  })
})
