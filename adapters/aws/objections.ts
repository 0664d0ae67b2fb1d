import { nameOfError } from '../../src/model/store-error.ts'

/** What an operator should know of an event that is refused as it is. */
export const OBJECTIONS: Readonly<Record<string, string>> = {
  'one-header': 'a TOKEN authorizer sees one header and no address: this document needs a REQUEST authorizer',
  'other-api': 'an API or a stage asked that "apis" does not name',
  'other-request': 'an event and its ARN tell of different requests: is LATCHKEY_AWS_BASE_PATH right?',
  fields:
    'AppSync denies fields by name: under /graphql/ routes are /graphql/Type/field, without "*" and names of parameters',
  unnamed: 'no policy can name a path with "*", "?" or "$", or an ARN of more than 512 characters',
  stranger: 'refused an event that no API sends',
}

/**
 * Why nothing can be decided at all, as far as that may be told: the message of what holds nobody's secret. What begins
 * with `Dynamic require of` is what a bundler puts in the place of CommonJS, and names a module.
 */
export function troubleOf(error: unknown): string {
  const { name, code, message } = Object(error)
  const isHarmless = name === 'StoreError' || code === 'ERR_MODULE_NOT_FOUND' || /^Dynamic require of /.test(message)
  return `nothing can be decided: ${isHarmless ? message : nameOfError(error)}`
}
