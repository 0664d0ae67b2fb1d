import type { AwsAnswer, AwsCall, AwsCallOptions } from './aws-call.ts'
import { awsCaller } from './aws-call.ts'

/** Calls DynamoDB. */
export function dynamodbCaller(options: Omit<AwsCallOptions, 'service' | 'target' | 'jsonVersion'>): AwsCall {
  return awsCaller({ ...options, service: 'dynamodb', target: 'DynamoDB_20120810', jsonVersion: '1.0' })
}

const BUSY = /^(?:ProvisionedThroughputExceeded|Throttling|ThrottlingException|RequestLimitExceeded|LimitExceeded)/

/** What keeps DynamoDB from doing what it was asked; undefined where it did, or where a condition was not met. */
export function dynamodbTrouble({
  status,
  exception = '',
}: AwsAnswer): 'busy' | 'full' | 'down' | 'refused' | undefined {
  if (status === 200 || exception === 'ConditionalCheckFailedException') return undefined
  if (BUSY.test(exception)) return 'busy'
  if (/^ItemCollectionSizeLimitExceeded/.test(exception)) return 'full'
  return status >= 500 ? 'down' : 'refused'
}
