import { Duration, Names } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import {
  Alarm,
  AnomalyDetectionAlarm,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { FilterPattern, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

export interface Watched {
  readonly function: LambdaFunction
  readonly timeout: Duration
  readonly logGroup: ILogGroup
  /** The namespace that `LATCHKEY_AWS_METRICS` names. */
  readonly metrics: string
  readonly alarmActions: readonly IAlarmAction[]
}

const period = Duration.minutes(5)

/**
 * Alarms, and two queries of Logs Insights, over the decision events (docs/events.md). `Allowed`, `Refused` and `Duration`
 * are in the events themselves; `Refused` is counted by `reason` too.
 */
export function watch(scope: Construct, watched: Watched): void {
  alarm(scope, watched)
  query(scope, watched.logGroup)
}

function alarm(scope: Construct, { function: authorizer, timeout, logGroup, metrics, alarmActions }: Watched): void {
  const refused = (reason?: string) =>
    new Metric({
      namespace: metrics,
      metricName: 'Refused',
      statistic: 'Sum',
      period,
      ...(reason !== undefined && { dimensionsMap: { reason } }),
    })
  // To Lambda whatever is thrown is an error, and the 401, 429 and 503 of a REST API are told by throwing. What was thrown
  // on purpose is counted apart; if this no longer finds it, the alarm rings too often and not too seldom.
  const thrown = logGroup.addMetricFilter('Thrown', {
    filterPattern: FilterPattern.literal('"\\"errorType\\":\\"NoAnswer\\""'),
    metricNamespace: metrics,
    metricName: 'Thrown',
  })
  const failed = new MathExpression({
    expression: 'errors - FILL(thrown, 0)',
    usingMetrics: {
      errors: authorizer.metricErrors({ period }),
      thrown: thrown.metric({ statistic: 'Sum', period }),
    },
    period,
  })
  const alarms = [
    once(
      'NotConfigured',
      refused('not-configured'),
      'Latchkey refuses, as something is not configured. The log tells what.',
    ),
    once(
      'DependencyUnavailable',
      refused('dependency-unavailable'),
      'Latchkey refuses, as DynamoDB, Parameter Store or an issuer does not answer.',
    ),
    new AnomalyDetectionAlarm(scope, 'RefusalsJump', {
      alarmDescription: 'Latchkey refuses more than it usually does.',
      metric: refused(),
      stdDevs: 4,
      comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    once(
      'AuthorizerErrors',
      failed,
      'The authorizer fails otherwise than by refusing. It crashes, or runs out of time or memory.',
    ),
    once(
      'AuthorizerThrottles',
      authorizer.metricThrottles({ period }),
      'Lambda refuses to run the authorizer as often as it is asked to.',
    ),
    once(
      'AuthorizerSlow',
      authorizer.metricDuration({ period, statistic: 'Maximum' }),
      'The authorizer took 8 of its 10 seconds.',
      timeout.toMilliseconds() * 0.8,
    ),
  ]
  for (const each of alarms) each.addAlarmAction(...alarmActions)

  function once(id: string, metric: Metric | MathExpression, alarmDescription: string, threshold = 1): Alarm {
    return new Alarm(scope, id, {
      alarmDescription,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
  }
}

function query(scope: Construct, logGroup: ILogGroup): void {
  const name = Names.uniqueResourceName(scope, {})
  new QueryDefinition(scope, 'UsagePerOwner', {
    queryDefinitionName: `${name}/usage per owner`,
    logGroups: [logGroup],
    queryString: new QueryString({
      filterStatements: ['type = "decision" and decision = "allow"'],
      statsStatements: ['count(*) as requests, count_distinct(keyId) as keys, latest(@timestamp) as last by owner'],
      sort: 'requests desc',
    }),
  })
  new QueryDefinition(scope, 'RefusalsByReason', {
    queryDefinitionName: `${name}/refusals by reason`,
    logGroups: [logGroup],
    queryString: new QueryString({
      filterStatements: ['type = "decision" and decision = "deny"'],
      statsStatements: [
        'count(*) as refusals, count_distinct(address) as addresses, count_distinct(keyId) as keys by reason, route',
      ],
      sort: 'refusals desc',
    }),
  })
}
