import type { Line } from './templates/tree.ts'

/** A `fault` makes the check fail. */
export type Severity = 'fault' | 'warning'

/** What can be wrong in a template; the table of docs/aws-check.md is made from it. */
export const FINDINGS = {
  unreadable: ['fault', 'the file is no template that is read here'],
  'no-authorizer': ['fault', 'no API of the template asks a Lambda authorizer'],
  unseen: ['warning', 'a value that only the deployment tells: an intrinsic function, a parameter, another stack'],

  'ttl-over-document': ['fault', 'answers are kept longer than `resultTtlSeconds` of `apis` says'],
  'ttl-over-budget': ['fault', 'with the TTL of the template a revocation takes longer than `revocation` allows'],
  'ttl-under-document': ['warning', 'answers are kept less long than the document says, which reckons with more'],
  'limits-under-ttl': ['fault', 'limits beside a TTL: what API Gateway answers by itself is not counted'],
  'addresses-under-ttl': [
    'fault',
    '`addresses` beside a TTL, and the address is no identity source: one answer serves all',
  ],

  'credential-not-in-key': [
    'fault',
    'answers are kept by identity sources that do not hold a credential: two callers share an answer',
  ],
  'source-not-everywhere': [
    'fault',
    'an identity source that only some credentials have: API Gateway answers 401 to the others by itself',
  ],
  'source-of-no-credential': ['fault', 'identity sources none of which is a place of a credential: everybody gets 401'],
  'source-beside-credentials': ['warning', 'an identity source that is no credential: who does not send it gets 401'],
  'token-sees-one-header': [
    'fault',
    'a TOKEN authorizer, and a document with two places, none in a header, or `addresses`',
  ],
  'key-lacks-promised': ['fault', 'the identity sources lack what `cachedBy` of `apis` says that they hold'],
  'key-lacks-path': [
    'fault',
    'answers are kept for other methods and paths than those that were judged, and the document says 0: 403, or worse',
  ],
  'simple-under-ttl': ['fault', 'a yes that is kept opens every route with the same identity sources'],

  'payload-version': [
    'fault',
    'an HTTP API without payload format, with another than 1.0 and 2.0, or simple replies in 1.0',
  ],
  'reply-form': ['fault', '`enableSimpleResponses` and `LATCHKEY_AWS_REPLY` disagree: every request is a 500'],
  'preflight-refused': ['fault', 'preflights are under an authorizer that needs a token, and a browser sends none'],
  'preflight-asked': ['warning', 'preflights are under the authorizer: each costs a call'],
  'response-missing': ['warning', 'a REST API words a refusal itself, and an outage is a 500'],
  'response-without-cors': ['fault', 'pages of other origins call the API, and cannot read its refusals'],
  'vpc-remote-keys': ['warning', 'the function is in a VPC and fetches keys of an issuer: it needs a way out'],

  'method-unmatched': ['fault', 'a method that no route of the document matches: every call is refused'],
  'route-unserved': ['warning', 'a route of the document that no method serves'],
  'public-refused': ['fault', 'a public route under an authorizer that needs a token: not public'],
  'public-asked': ['warning', 'a public route under the authorizer: each request costs a call'],
  unprotected: ['fault', 'a protected route that a method serves without the authorizer'],
  'open-method': ['warning', 'a method without the authorizer, that no route of the document names'],
  'api-without-authorizer': ['warning', 'an API none of whose methods asks a Lambda authorizer'],
  'greedy-promised': ['fault', '`apis` says `greedy: false`, and methods take what no route names'],
  'stage-not-deployed': ['warning', '`apis` names a stage that the template does not deploy'],
  'api-not-configured': ['fault', 'no entry of `apis` takes this API and stage: every request is refused'],
  'websocket-outlives': ['warning', 'a connection that is open lives on after a revocation, beyond the budget'],

  'identity-passes': ['fault', "an integration over HTTP hands the client's own `X-Latchkey-*` on to its origin"],
  'token-passes': ['fault', 'an integration over HTTP hands the token on to its origin'],
  'token-stays': ['warning', 'an integration over HTTP hands the token on, and cannot be kept from it'],
} as const satisfies Readonly<Record<string, readonly [severity: Severity, means: string]>>

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
