import type { Resource, Resources } from './cloudformation.ts'
import { ofType } from './cloudformation.ts'
import type { Alarm, Allowed, Facts, Headers, Refusal, Table } from './facts.ts'
import { expression, identityIn, watched, withoutRealm } from './facts.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever a template holds
type Any = any

/** What the resources of CloudFormation say; `authorizer` is the name of the role, or of its policy. */
export function cloudFormationFacts(resources: Resources, authorizer: RegExp): Facts {
  const of = (type: string, named = /^/) =>
    ofType(resources, type).flatMap(([name, properties]) => (named.test(name) ? [properties as Any] : []))
  const [lambda] = of('AWS::Lambda::Function', /Authorizer|^Latchkey/)
  return {
    rest: of('AWS::ApiGateway::Authorizer').map((each) => ({
      stage: stageOf(resources, each),
      kind: each.Type,
      ttlSeconds: each.AuthorizerResultTtlInSeconds,
      sources: each.IdentitySource?.split(',') ?? [],
    })),
    http: of('AWS::ApiGatewayV2::Authorizer').map((each) => ({
      stage: of('AWS::ApiGatewayV2::Stage')[0].StageName,
      kind: each.AuthorizerType,
      ttlSeconds: each.AuthorizerResultTtlInSeconds,
      sources: each.IdentitySource,
      payload: each.AuthorizerPayloadFormatVersion,
      simple: each.EnableSimpleResponses,
    })),
    allowed: statementsOf(resources, authorizer).map(allowedBy),
    table: tableOf(of('AWS::DynamoDB::Table')[0]),
    refusals: Object.fromEntries(
      of('AWS::ApiGateway::GatewayResponse').map((each) => [each.ResponseType, refusal(each)]),
    ),
    restHeaders: of('AWS::ApiGateway::Method')
      .filter(({ AuthorizerId, Integration }) => AuthorizerId && Integration.Type === 'HTTP_PROXY')
      .map(({ Integration }) => identityIn(Integration.RequestParameters)),
    httpHeaders: of('AWS::ApiGatewayV2::Integration')
      .filter(({ IntegrationType }) => IntegrationType === 'HTTP_PROXY')
      .map(({ RequestParameters }) => identityIn(RequestParameters))
      .filter(isAuthorized),
    alarms: alarmsOf(resources),
    thrown: of('AWS::Logs::MetricFilter').map(({ FilterPattern }) => FilterPattern),
    queries: of('AWS::Logs::QueryDefinition').map(({ QueryString }) => QueryString),
    retentionDays: of('AWS::Logs::LogGroup', /^(AuthorizerLog|LatchkeyLog)/)[0].RetentionInDays,
    function: functionOf(lambda),
    variables: Object.keys(lambda.Environment.Variables),
  }
}

export function alarmsOf(resources: Resources): Readonly<Record<string, Alarm>> {
  const alarms = ofType(resources, 'AWS::CloudWatch::Alarm').map(([, properties]) => properties as Any)
  return Object.fromEntries(alarms.map((each) => [each.AlarmDescription, alarm(each)]))
}

export function statementsOf(resources: Resources, name: RegExp): readonly Any[] {
  const found = Object.entries(resources).filter(
    ([key, { Type }]) => /^AWS::IAM::(Role|Policy)$/.test(Type) && name.test(key),
  )
  return found.flatMap(([, { Properties }]) => {
    const { PolicyDocument, Policies = [] } = Properties as Any
    const documents = PolicyDocument ? [PolicyDocument] : Policies.map((each: Any) => each.PolicyDocument)
    return documents.flatMap(({ Statement }: Any) => Statement)
  })
}

export function allowedBy({ Effect, Action, Resource: on, Condition }: Any): Allowed {
  const where = JSON.stringify(on)
  return {
    actions: [Effect === 'Allow' ? Action : `not ${Action}`].flat(),
    on: where.includes('parameter')
      ? 'parameters'
      : /log/i.test(where)
        ? 'log'
        : /keys/i.test(where)
          ? 'table'
          : undefined,
    families: Condition?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'],
  }
}

export function tableOf(table: Any): Table {
  const key = (schema: Any, type: string) => schema.find(({ KeyType }: Any) => KeyType === type)?.AttributeName
  return {
    billing: table.BillingMode,
    key: key(table.KeySchema, 'HASH'),
    attributes: table.AttributeDefinitions.map(
      ({ AttributeName, AttributeType }: Any) => `${AttributeName} ${AttributeType}`,
    ),
    indexes: table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }: Any) => [
      IndexName,
      key(KeySchema, 'HASH'),
      key(KeySchema, 'RANGE'),
      Projection.ProjectionType,
    ]),
    gone: table.TimeToLiveSpecification?.AttributeName,
    recovers: table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
  }
}

export function functionOf(properties: Any): Facts['function'] {
  return {
    handler: `${properties.Handler}`.replace(/^.*\//, ''),
    runtime: properties.Runtime,
    architecture: properties.Architectures[0],
    memory: properties.MemorySize,
    timeout: properties.Timeout,
  }
}

/** A public route's integration maps nothing: it removes. */
export function isAuthorized(headers: Headers): boolean {
  return Object.keys(headers).some((name) => name.startsWith('overwrite:'))
}

function stageOf(resources: Resources, authorizer: Resource['Properties']): string {
  const isOfApi = ([, { RestApiId, StageName }]: [string, Any]) =>
    StageName !== undefined && JSON.stringify(RestApiId) === JSON.stringify(authorizer['RestApiId'])
  const stages = ['AWS::ApiGateway::Stage', 'AWS::ApiGateway::Deployment'].flatMap((type) => ofType(resources, type))
  return stages.find(isOfApi)?.[1]['StageName'] as string
}

function refusal({ StatusCode, ResponseParameters, ResponseTemplates }: Any): Refusal {
  return { status: StatusCode, headers: withoutRealm(ResponseParameters), body: ResponseTemplates['application/json'] }
}

function alarm(each: Any): Alarm {
  const { Metrics = [], Namespace, MetricName, Statistic, Dimensions = [] } = each
  const reason = Dimensions.find(({ Name }: Any) => Name === 'reason')?.Value
  const watches = MetricName
    ? [watched(Namespace, MetricName, Statistic, reason)]
    : Metrics.map(({ Expression, MetricStat }: Any) =>
        Expression
          ? expression(Expression)
          : watched(MetricStat.Metric.Namespace, MetricStat.Metric.MetricName, MetricStat.Stat),
      )
  return {
    watches: watches.sort(),
    threshold: each.Threshold,
    comparison: each.ComparisonOperator,
    periods: each.EvaluationPeriods,
    missing: each.TreatMissingData,
  }
}
