import { parse } from 'yaml'
import type { Resources } from './cloudformation.ts'
import { ofType } from './cloudformation.ts'
import { alarmsOf, allowedBy, functionOf, isAuthorized, statementsOf, tableOf } from './cloudformation-facts.ts'
import type { Facts } from './facts.ts'
import { identityIn, withoutRealm } from './facts.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever a template holds
type Any = any

/** A template as CloudFormation reads it, with the defaults of its parameters in their places. */
export function parseTemplate(text: string): { readonly Resources: Resources } {
  const named = (tag: string) => (['!Ref', '!Condition'].includes(tag) ? tag.slice(1) : `Fn::${tag.slice(1)}`)
  const tags = ['!Ref', '!Sub', '!GetAtt', '!If', '!Not', '!Equals', '!Condition']
  const customTags = tags.flatMap((tag) => [
    { tag, resolve: (value: string) => ({ [named(tag)]: value }) },
    { tag, collection: 'seq' as const, resolve: (value: Any) => ({ [named(tag)]: value.toJSON() }) },
  ])
  const template = parse(text, { merge: true, customTags })
  return JSON.parse(JSON.stringify(template), (_, value) => {
    const parameter = value?.Ref && template.Parameters?.[value.Ref]
    return parameter ? parameter.Default : value
  })
}

/** What a SAM template says, before SAM has made CloudFormation of it. */
export function samFacts(text: string): Facts {
  const { Resources: resources } = parseTemplate(text)
  const one = (type: string) => ofType(resources, type)[0]?.[1] as Any
  const [rest, http] = [one('AWS::Serverless::Api'), one('AWS::Serverless::HttpApi')]
  const [ofRest, ofHttp] = [rest, http].map(({ Auth }) => Auth.Authorizers.Latchkey) as [Any, Any]
  return {
    rest: [
      {
        stage: rest.StageName,
        kind: ofRest.FunctionPayloadType,
        ttlSeconds: ofRest.Identity.ReauthorizeEvery,
        sources: (ofRest.Identity.Headers ?? []).map((name: string) => `method.request.header.${name}`),
      },
    ],
    http: [
      {
        stage: http.StageName,
        kind: 'REQUEST',
        ttlSeconds: ofHttp.Identity.ReauthorizeEvery,
        sources: (ofHttp.Identity.Headers ?? []).map((name: string) => `$request.header.${name}`),
        payload: ofHttp.AuthorizerPayloadFormatVersion,
        simple: ofHttp.EnableSimpleResponses,
      },
    ],
    allowed: statementsOf(resources, /^AuthorizerRole$/).map(allowedBy),
    table: tableOf(one('AWS::DynamoDB::Table')),
    refusals: Object.fromEntries(
      Object.entries(rest.GatewayResponses as Any).map(
        ([type, { StatusCode, ResponseParameters, ResponseTemplates }]: Any) => {
          const headers = Object.entries(ResponseParameters.Headers).map(([name, value]) => [
            `gatewayresponse.header.${name}`,
            value,
          ])
          const body = ResponseTemplates['application/json']
          return [type, { status: `${StatusCode}`, headers: withoutRealm(Object.fromEntries(headers)), body }]
        },
      ),
    ),
    restHeaders: mappingsIn(rest),
    httpHeaders: mappingsIn(http).filter(isAuthorized),
    alarms: alarmsOf(resources),
    thrown: ofType(resources, 'AWS::Logs::MetricFilter').map(([, { FilterPattern }]) => FilterPattern),
    queries: ofType(resources, 'AWS::Logs::QueryDefinition').map(([, { QueryString }]) => QueryString as string),
    retentionDays: resources['AuthorizerLog']?.Properties['RetentionInDays'],
    function: functionOf(one('AWS::Serverless::Function')),
    variables: Object.keys(one('AWS::Serverless::Function').Environment.Variables),
  }
}

/** Of the integrations over HTTP in an OpenAPI body. */
function mappingsIn({ DefinitionBody }: Any): Facts['restHeaders'] {
  return Object.values<Any>(DefinitionBody.paths)
    .flatMap((path) => Object.values<Any>(path))
    .map((method) => method['x-amazon-apigateway-integration'])
    .filter(({ type }) => type === 'http_proxy')
    .map(({ requestParameters }) => identityIn(requestParameters))
}
