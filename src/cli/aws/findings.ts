import type { Line } from './templates/tree.ts'

/** A `fault` makes the check fail. */
export type Severity = 'fault' | 'warning'

/** What can be wrong in a template, and what to do; the table of docs/aws-check.md is made from it. */
export const FINDINGS = {
  unreadable: [
    'fault',
    'the file is no template that is read here',
    'name a serverless.yml, a SAM or a CloudFormation template; of Terraform nothing is read',
  ],
  'no-authorizer': ['fault', 'no API of the template asks a Lambda authorizer', 'name it in the methods'],
  unseen: [
    'warning',
    'a value that only the deployment tells: an intrinsic function, a parameter, another stack',
    'write the value out, or check what is deployed',
  ],

  'ttl-over-document': [
    'fault',
    'answers are kept longer than `resultTtlSeconds` of `apis` says: by default 300 s on a REST API',
    'let the template and the document agree',
  ],
  'ttl-over-budget': [
    'fault',
    'with the TTL of the template a revocation takes longer than `revocation` allows',
    'a shorter TTL, or a larger budget',
  ],
  'ttl-under-document': [
    'warning',
    'answers are kept less long than the document says, which reckons with more',
    'let the two agree',
  ],
  'ttl-overridden': ['warning', 'AppSync is told a TTL, where each answer says its own', 'set it to 0'],
  'limits-under-ttl': ['fault', 'limits beside a TTL: what API Gateway answers by itself is not counted', 'a TTL of 0'],
  'addresses-under-ttl': [
    'fault',
    '`addresses` beside a TTL, and the address is no identity source: one answer serves all addresses',
    '`context.identity.sourceIp` as an identity source, or a TTL of 0',
  ],
  'addresses-untold': [
    'fault',
    'AppSync tells no address, and the document has `addresses`: every request is refused',
    'no `addresses`, or another kind of API',
  ],

  'credential-not-in-key': [
    'fault',
    'answers are kept by identity sources that do not hold a credential: two callers share an answer',
    'its place as an identity source, or a TTL of 0',
  ],
  'source-not-everywhere': [
    'fault',
    'an identity source that only some credentials have: API Gateway answers 401 to the others by itself',
    'one place for all credentials, or no identity source and a TTL of 0',
  ],
  'source-of-no-credential': [
    'fault',
    'identity sources none of which is a place of a credential: API Gateway answers 401 to everybody',
    'the place that the document reads',
  ],
  'source-beside-credentials': [
    'warning',
    'an identity source that is no place of a credential: who does not send it gets 401',
    'take it out, unless all callers send it',
  ],
  'token-sees-one-header': [
    'fault',
    'a TOKEN authorizer, and a document with two places, with one that is no header, or with `addresses`',
    'a REQUEST authorizer',
  ],
  'key-lacks-promised': [
    'fault',
    'the identity sources lack what `cachedBy` of `apis` says that they hold',
    'add `context.httpMethod`, `context.path`, `context.identity.sourceIp`, or promise less',
  ],
  'key-lacks-path': [
    'fault',
    'answers are kept for other methods and paths than the one that was judged, where the document says 0: 403 elsewhere',
    'a TTL of 0, or `resultTtlSeconds` in `apis`',
  ],
  'simple-under-ttl': [
    'fault',
    'a yes that is kept opens every route with the same identity sources',
    '`$context.httpMethod` and `$context.path` as identity sources, or a TTL of 0',
  ],

  'payload-version': [
    'fault',
    'an HTTP API without a payload format, with another than 1.0 and 2.0, or with simple responses in 1.0',
    'format 2.0',
  ],
  'reply-form': [
    'fault',
    '`EnableSimpleResponses` and `LATCHKEY_AWS_REPLY` of the function disagree: every request is a 500',
    '`LATCHKEY_AWS_REPLY=iam` where simple responses are off, and only there',
  ],
  'preflight-refused': [
    'fault',
    'preflights are under an authorizer that needs a token, and a browser sends none',
    'OPTIONS without an authorizer; on an HTTP API a CORS configuration',
  ],
  'preflight-asked': ['warning', 'preflights are under the authorizer: each costs a call', 'the same'],
  'response-missing': [
    'warning',
    'a REST API has no Gateway Response for a refusal: it tells no reason, and an outage is a 500',
    '`UNAUTHORIZED`, `ACCESS_DENIED`, `AUTHORIZER_FAILURE`, `AUTHORIZER_CONFIGURATION_ERROR`, or both defaults',
  ],
  'response-without-cors': [
    'fault',
    'pages of other origins call the API, and cannot read its refusals',
    '`Access-Control-Allow-Origin` in each Gateway Response',
  ],
  'vpc-remote-keys': [
    'warning',
    'the function is in a VPC and fetches keys of an issuer',
    'a NAT gateway, no VPC, or the keys in a secret',
  ],

  'method-unmatched': [
    'fault',
    'a method under the authorizer that no route of the document matches: every call is refused',
    'a route, or no method; what lies under `base` is for the admin function',
  ],
  'route-unserved': ['warning', 'a route of the document that no method serves', 'a method, or no route'],
  'public-refused': [
    'fault',
    'a public route under an authorizer that needs a token: not public',
    'a method without the authorizer',
  ],
  'public-asked': ['warning', 'a public route under the authorizer: each request costs a call', 'the same'],
  unprotected: ['fault', 'a protected route that a method serves without the authorizer', 'the authorizer'],
  'open-method': [
    'warning',
    'a method without the authorizer that no route of the document names',
    'a public route, or the authorizer',
  ],
  'api-without-authorizer': [
    'warning',
    'an API none of whose methods asks a Lambda authorizer, beside one whose methods do',
    'the authorizer, where it is meant to be guarded',
  ],
  'greedy-promised': [
    'fault',
    '`apis` says `"greedy": false`, and a method takes what no route names: by `{proxy+}`, `$default` or `ANY`',
    '`"greedy": true`, or a method for each route',
  ],
  'stage-not-deployed': [
    'warning',
    '`apis` names a stage that the template does not deploy',
    'the right name, where the stage is not deployed elsewhere',
  ],
  'api-not-configured': [
    'fault',
    'no entry of `apis` takes this API and stage: every request is refused',
    'an entry, or one without `stage`',
  ],
  'websocket-outlives': [
    'warning',
    'an open connection lives on after a revocation for longer than `revocation` allows',
    'close connections by `@connections` when a key is revoked',
  ],

  'identity-passes': [
    'fault',
    "an integration over HTTP hands the client's own `X-Latchkey-*` on to its origin",
    'map all eight from the context: [what the origin may believe](aws.md#what-the-origin-may-believe)',
  ],
  'token-passes': [
    'fault',
    'an integration over HTTP hands the token on to its origin',
    "on a REST API map its header to `'removed'`, on an HTTP API `remove:header.NAME`",
  ],
  'token-stays': [
    'warning',
    'an integration over HTTP hands on a token that no mapping removes: `Authorization` of an HTTP API, a cookie',
    'read the credential from a header of its own, such as `x-api-key`',
  ],
} as const satisfies Readonly<Record<string, readonly [severity: Severity, means: string, fix: string]>>

export type FindingCode = keyof typeof FINDINGS

/** What is wrong in a template, and what to do, in one or two sentences. */
export interface Finding {
  readonly line: Line
  readonly code: FindingCode
  readonly message: string
}

export function finding(line: Line, code: FindingCode, message: string): Finding {
  return { line, code, message }
}
