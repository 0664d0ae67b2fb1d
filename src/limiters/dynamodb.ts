import type { AwsAnswer, AwsCredentials } from '../lib/aws-call.ts'
import { dynamodbCaller, dynamodbTrouble } from '../lib/dynamodb-call.ts'
import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { Limiter, Quota } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import { counterId, goneAt, takenOf } from './counter.ts'

export interface DynamodbOptions {
  readonly table: string
  readonly region: string
  /** Asked before each call. On Lambda: the three variables of its role. */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>
  readonly endpoint?: string
  readonly patienceMilliseconds?: number
}

/**
 * Counts in a DynamoDB table, which may be the store's: an item for each window, in none of the table's indexes, that its
 * time to live (`gone`) removes.
 *
 * Exactness: never more than the quota. The quotas of a request are counted one after the other, the last one first; where
 * one is used up, what was counted before is given back. Until then, some milliseconds, it counts: a request that shares only some of
 * these quotas may be refused for it. Where DynamoDB fails in between, or an answer is lost on its way, a request that was refused
 * may have been counted.
 * Limits: 1,000 requests a second against one quota (a partition), else `busy`.
 * Cost: 1 write unit for each quota, allowed or refused; where a request with several is refused, 1 more for each that is
 * given back, and a read unit for each of the others.
 */
export function dynamodb(options: DynamodbOptions): Limiter {
  const { table, region, credentials, endpoint, patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const call = dynamodbCaller({ region, endpoint, credentials, patienceMilliseconds })

  async function asked(operation: string, quota: Quota, input: object): Promise<AwsAnswer> {
    const whole = { TableName: table, Key: { id: { S: `counter:${counterId(quota)}` } }, ...input }
    const answer = await call(operation, whole).catch((error: unknown) => {
      throw unanswered('dynamodb', error)
    })
    const trouble = dynamodbTrouble(answer)
    if (trouble) throw new StoreError('dynamodb', trouble, answer.exception ?? `status ${answer.status}`)
    return answer
  }

  /** How often the quota was used then, this time included; undefined: it is used up. */
  async function count(quota: Quota): Promise<number | undefined> {
    const answer = await asked('UpdateItem', quota, {
      UpdateExpression: 'SET #gone = :gone ADD #used :one',
      ConditionExpression: 'attribute_not_exists(#used) OR #used < :most',
      ExpressionAttributeNames: { '#gone': 'gone', '#used': 'used' },
      ExpressionAttributeValues: {
        ':gone': { N: String(goneAt(quota)) },
        ':one': { N: '1' },
        ':most': { N: String(quota.requests) },
      },
      ReturnValues: 'UPDATED_NEW',
    })
    return answer.exception === undefined ? usedIn(answer.body['Attributes']) : undefined
  }

  async function giveBack(quota: Quota): Promise<number> {
    const answer = await asked('UpdateItem', quota, {
      UpdateExpression: 'ADD #used :minus',
      ExpressionAttributeNames: { '#used': 'used' },
      ExpressionAttributeValues: { ':minus': { N: '-1' } },
      ReturnValues: 'UPDATED_NEW',
    })
    return usedIn(answer.body['Attributes'])
  }

  async function read(quota: Quota): Promise<number> {
    return usedIn((await asked('GetItem', quota, { ConsistentRead: true })).body['Item'])
  }

  return {
    async take(quotas) {
      const used: number[] = []
      for (const [place, quota] of [...quotas.entries()].reverse()) {
        const counted = await count(quota)
        if (counted === undefined) return refused(place)
        used[place] = counted
      }
      return takenOf(quotas, true, used)

      async function refused(usedUp: number) {
        const now = await Promise.all(
          quotas.map((quota, place) => {
            if (place === usedUp) return quota.requests
            return place > usedUp ? giveBack(quota) : read(quota)
          }),
        )
        return takenOf(quotas, false, now)
      }
    },
  }
}

function usedIn(item: unknown): number {
  return Number((item as { readonly used?: { readonly N: string } } | undefined)?.used?.N ?? 0)
}
