import { apiKey as apiKeyKind } from '../../src/api-key.ts'
import type { EquippedKind } from '../../src/equipment.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { lateRecorder } from '../../src/keys/late-recorder.ts'
import { lateLimits } from '../../src/limited.ts'
import { unanswered } from '../../src/model/store-error.ts'
import { atNeed } from '../../src/stores/late.ts'
import type { Variables } from '../../src/stores/opening.ts'
import { dynamodbOptions, open } from '../../src/stores/opening.ts'

/** A kind of credential, with what a Lambda function has for it. */
export interface LambdaKind extends EquippedKind<Variables> {
  /** Puts kinds together. It comes with them, so that a function without any does not hold it. */
  readonly together: typeof equipmentOf<Variables>
}

/**
 * Issued keys in a Lambda function: in the DynamoDB table that the variable of `store` names, with their limits. Usage is
 * written by later calls, as nothing runs after a reply. What only keys need is loaded for the first one that is shown, and
 * what counts requests for the first one that has limits.
 */
export const apiKey: LambdaKind = {
  ...apiKeyKind,
  together: equipmentOf,
  parts: (variables, { now }) => ({
    openStore({ document: { store } }) {
      const table = tableOf(variables[store?.binding ?? ''], variables)
      return table && atNeed(async () => (await drivers()).store(table), now)
    },
    limits(settings) {
      const { limiter, store } = settings.document
      const table = tableOf(variables[(limiter ?? store)?.binding ?? ''], variables)
      return lateLimits(
        settings,
        async () => {
          const { limitPolicy } = await import('../../src/limits.ts')
          return limitPolicy(settings, table && (await drivers()).limiter(table)).policy
        },
        now,
      )
    },
    recorder: (settings, store, sink) =>
      lateRecorder(async () => {
        const { recorderOf } = await import('../../src/key-recorder.ts')
        return recorderOf(settings, { store, sink, now })
      }, sink),
  }),
}

/** Where a table is, from the text that names it; undefined where there is none. Throws a `StoreError` where it names none. */
function tableOf(text: string | undefined, variables: Variables): ReturnType<typeof dynamodbOptions> | undefined {
  return text ? open(text, { dynamodb: (table) => dynamodbOptions(table, variables) }, 'dynamodb:TABLE') : undefined
}

/** A file that is missing is an outage of the table. */
function drivers(): Promise<typeof import('./dynamodb.ts')> {
  return import('./dynamodb.ts').catch((error: unknown) => {
    throw unanswered('dynamodb', error)
  })
}
