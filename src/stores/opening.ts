import type { AwsEnvironment } from '../lib/aws-environment.ts'
import { awsEnvironment } from '../lib/aws-environment.ts'
import { StoreError } from '../model/store-error.ts'

/** Where the vendors' own variables are. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What opens what is named by `kind:rest`, by kind. */
export type Openers<T> = Readonly<Record<string, (rest: string) => T>>

/**
 * Opens what a text such as `sqlite:./keys.db` names. An error tells nothing of the text, which may hold a token; `forms`
 * says what is understood.
 */
export function open<T>(text: string, openers: Openers<T>, forms: string): T {
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0))
  const opener = Object.hasOwn(openers, kind) ? openers[kind] : undefined
  if (!opener) throw new StoreError('store', 'refused', `a store is ${forms}`)
  return opener(text.slice(colon + 1))
}

/** Table, region and credentials, from the variables that AWS's own tools use. */
export function dynamodbOptions(table: string, variables: Variables): AwsEnvironment & { readonly table: string } {
  if (table === '') throw new StoreError('dynamodb', 'refused', 'name a table, as dynamodb:latchkey')
  const unset = (message: string) => new StoreError('dynamodb', 'refused', message)
  return { table, ...awsEnvironment('DYNAMODB', variables, unset) }
}

/** URL and token, from the text or from the variables that Upstash and Vercel set. */
export function upstashOptions(rest: string, variables: Variables): readonly [url: string, token: string] {
  return [
    rest || first('upstash', variables, 'UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL'),
    first('upstash', variables, 'UPSTASH_REDIS_REST_TOKEN', 'KV_REST_API_TOKEN'),
  ]
}

/** The connection string, from the text or from the variables that Vercel sets. */
export function globalConfigOptions(rest: string, variables: Variables): string {
  return rest || first('global-config', variables, 'GLOBAL_CONFIG', 'EDGE_CONFIG')
}

/** The value of the first variable that has one. */
function first(store: string, variables: Variables, ...names: readonly string[]): string {
  const value = names.map((name) => variables[name]).find((each) => each)
  if (value !== undefined) return value
  throw new StoreError(store, 'refused', `set ${names.join(' or ')}`)
}
