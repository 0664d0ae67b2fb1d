import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'

/** The table of issued keys, as `migrations/dynamodb/table.json` has it. */
export function keysTable(scope: Construct): Table {
  const text = (name: string) => ({ name, type: AttributeType.STRING })
  const table = new Table(scope, 'Keys', {
    partitionKey: text('id'),
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'gone',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN,
  })
  for (const order of ['id', 'name', 'expires']) {
    table.addGlobalSecondaryIndex({
      indexName: `by-${order}`,
      partitionKey: text('family'),
      sortKey: text(order),
      projectionType: ProjectionType.KEYS_ONLY,
    })
  }
  return table
}
