import type { Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'

/** A store that was opened by its text; what holds something open lets go of it by `close`. */
export type OpenedStore = Store & { close?(): void }

type Variables = Readonly<Record<string, string | undefined>>

/** What may stand before the colon, and what is understood behind it. */
export const STORE_FORMS =
  'memory: or sqlite:FILE or dynamodb:TABLE or upstash:URL or global-config:CONNECTION; the last two may be empty where their variables are set'

/**
 * Opens the store that a text names, as `--store` and the variable of a `binding` hold it. Each driver is loaded only where
 * it is named. Tokens and AWS credentials come from the variables that the vendors themselves use. An error tells nothing
 * of the text: it may hold a token.
 */
export async function openStore(text: string, variables: Variables): Promise<OpenedStore> {
  const colon = text.indexOf(':')
  const open = Object.hasOwn(OPENERS, text.slice(0, colon)) ? OPENERS[text.slice(0, colon)] : undefined
  if (colon < 0 || !open) throw new StoreError('store', 'refused', `a store is ${STORE_FORMS}`)
  return open(text.slice(colon + 1), variables)
}

const OPENERS: Readonly<Record<string, (rest: string, variables: Variables) => Promise<OpenedStore>>> = {
  async memory() {
    const { memory } = await import('../../src/stores/memory.ts')
    return memory()
  },
  async sqlite(path) {
    if (path === '') throw new StoreError('sqlite', 'refused', 'name a file, as sqlite:./keys.db')
    const { sqlite } = await import('../../src/stores/sqlite.ts')
    return sqlite(path)
  },
  async dynamodb(table, variables) {
    if (table === '') throw new StoreError('dynamodb', 'refused', 'name a table, as dynamodb:latchkey')
    const { dynamodb } = await import('../../src/stores/dynamodb.ts')
    const endpoint = variables['AWS_ENDPOINT_URL_DYNAMODB'] || variables['AWS_ENDPOINT_URL']
    const region = first('dynamodb', variables, 'AWS_REGION', 'AWS_DEFAULT_REGION')
    return dynamodb({ table, region, credentials: () => awsCredentials(variables), ...(endpoint && { endpoint }) })
  },
  async upstash(rest, variables) {
    const url = rest || first('upstash', variables, 'UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL')
    const token = first('upstash', variables, 'UPSTASH_REDIS_REST_TOKEN', 'KV_REST_API_TOKEN')
    const { upstash } = await import('../../src/stores/upstash.ts')
    return upstash(url, token)
  },
  async 'global-config'(rest, variables) {
    const connection = rest || first('global-config', variables, 'GLOBAL_CONFIG', 'EDGE_CONFIG')
    const { globalConfig } = await import('../../src/stores/global-config.ts')
    return globalConfig(connection)
  },
}

function awsCredentials(variables: Variables) {
  const sessionToken = variables['AWS_SESSION_TOKEN']
  return {
    accessKeyId: first('dynamodb', variables, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: first('dynamodb', variables, 'AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken && { sessionToken }),
  }
}

/** The value of the first variable that has one. */
function first(store: string, variables: Variables, ...names: readonly string[]): string {
  const value = names.map((name) => variables[name]).find((each) => each)
  if (value !== undefined) return value
  throw new StoreError(store, 'refused', `set ${names.join(' or ')}`)
}
