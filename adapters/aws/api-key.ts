import { apiKey as apiKeyKind } from '../../src/api-key.ts'
import type { EquippedKind } from '../../src/equipment.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import { dynamodb as countedInDynamodb } from '../../src/limiters/dynamodb.ts'
import { limitPolicy } from '../../src/limits.ts'
import { dynamodb } from '../../src/stores/dynamodb.ts'
import type { Variables } from '../../src/stores/opening.ts'
import { dynamodbOptions, open } from '../../src/stores/opening.ts'

/** A kind of credential, with what a Lambda function has for it. */
export interface LambdaKind extends EquippedKind<Variables> {
  /** Puts kinds together. It comes with them, so that a function without any does not hold it. */
  readonly together: typeof equipmentOf<Variables>
}

const FORMS = 'dynamodb:TABLE'

/**
 * Issued keys in a Lambda function: in the DynamoDB table that the variable of `store` names, with their limits. Usage is
 * written by later calls, as nothing runs after a reply.
 */
export const apiKey: LambdaKind = {
  ...apiKeyKind,
  together: equipmentOf,
  parts: (variables, { now }) => ({
    openStore({ document: { store } }) {
      const text = variables[store?.binding ?? '']
      return text ? open(text, { dynamodb: (table) => dynamodb(dynamodbOptions(table, variables)) }, FORMS) : undefined
    },
    limits(settings) {
      const { limiter, store } = settings.document
      const text = variables[(limiter ?? store)?.binding ?? '']
      const counter =
        text && open(text, { dynamodb: (table) => countedInDynamodb(dynamodbOptions(table, variables)) }, FORMS)
      return limitPolicy(settings, counter || undefined)
    },
    recorder: (settings, store, sink) => recorderOf(settings, { store, sink, now }),
  }),
}
