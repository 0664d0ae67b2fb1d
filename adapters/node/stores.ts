import type { Limiter, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import type { Openers, Variables } from '../../src/stores/opening.ts'
import { dynamodbOptions, globalConfigOptions, open, upstashOptions } from '../../src/stores/opening.ts'

/** A store that was opened by its text; what holds something open lets go of it by `close`. */
export type OpenedStore = Store & { close?(): void }

/** What counts requests, opened by the text of a store. */
export type OpenedLimiter = Limiter & { close?(): void }

/** What may stand before the colon, and what is understood behind it. */
export const STORE_FORMS =
  'memory: or sqlite:FILE or dynamodb:TABLE or upstash:URL or global-config:CONNECTION; the last two may be empty where their variables are set'

/**
 * Opens the store that a text names, as `--store` and the variable of a `binding` hold it. Each driver is loaded only where
 * it is named. Tokens and AWS credentials come from the variables that the vendors themselves use. An error tells nothing
 * of the text: it may hold a token.
 */
export async function openStore(text: string, variables: Variables): Promise<OpenedStore> {
  return open(text, storesOf(variables), STORE_FORMS)
}

/** Opens what counts requests in the place that the text of a store names. */
export async function openLimiter(text: string, variables: Variables): Promise<OpenedLimiter> {
  return open(
    text,
    limitersOf(variables),
    'memory: or sqlite:FILE or dynamodb:TABLE or upstash:URL, where requests are counted',
  )
}

function storesOf(variables: Variables): Openers<Promise<OpenedStore>> {
  return {
    memory: async () => (await import('../../src/stores/memory.ts')).memory(),
    sqlite: async (path) => (await import('../../src/stores/sqlite.ts')).sqlite(named(path)),
    async dynamodb(table) {
      const options = dynamodbOptions(table, variables)
      return (await import('../../src/stores/dynamodb.ts')).dynamodb(options)
    },
    async upstash(rest) {
      const options = upstashOptions(rest, variables)
      return (await import('../../src/stores/upstash.ts')).upstash(...options)
    },
    async 'global-config'(rest) {
      const connection = globalConfigOptions(rest, variables)
      return (await import('../../src/stores/global-config.ts')).globalConfig(connection)
    },
  }
}

function limitersOf(variables: Variables): Openers<Promise<OpenedLimiter>> {
  return {
    memory: async () => (await import('../../src/limiters/memory.ts')).memory(),
    sqlite: async (path) => (await import('../../src/limiters/sqlite.ts')).sqlite(named(path)),
    async dynamodb(table) {
      const options = dynamodbOptions(table, variables)
      return (await import('../../src/limiters/dynamodb.ts')).dynamodb(options)
    },
    async upstash(rest) {
      const options = upstashOptions(rest, variables)
      return (await import('../../src/limiters/upstash.ts')).upstash(...options)
    },
  }
}

function named(path: string): string {
  if (path === '') throw new StoreError('sqlite', 'refused', 'name a file, as sqlite:./keys.db')
  return path
}
