import type { DynamodbOptions as LimiterOptions } from '../../src/limiters/dynamodb.ts'
import { dynamodb as limiterOn } from '../../src/limiters/dynamodb.ts'
import type { Limiter, Store } from '../../src/model/ports.ts'
import type { DynamodbOptions as StoreOptions } from '../../src/stores/dynamodb.ts'
import { dynamodb as storeOn } from '../../src/stores/dynamodb.ts'

/** What asks DynamoDB, with what signs requests to it: loaded for the first record that is read. */

/** Lambda ends a call at the function's own time, without a refusal and without an event: docs/aws.md adds up what one waits for. */
const patienceMilliseconds = 2000

export function store(options: StoreOptions): Store {
  return storeOn({ ...options, patienceMilliseconds })
}

export function limiter(options: LimiterOptions): Limiter {
  return limiterOn({ ...options, patienceMilliseconds })
}
