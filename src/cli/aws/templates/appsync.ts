import type { Drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import { authorizer } from './parts.ts'
import type { Resources } from './resources.ts'
import { ofType } from './resources.ts'
import type { Line, Tree } from './tree.ts'
import { at, itemsOf } from './tree.ts'

/** Reads AppSync's APIs that ask a function: all of one are judged as `POST /graphql`. */
export function appsync(resources: Resources, functions: Functions, drafts: Drafts): void {
  for (const { name, line, properties } of ofType(resources, 'AWS::AppSync::GraphQLApi')) {
    const configs = [properties, ...itemsOf(at(properties, 'AdditionalAuthenticationProviders'))]
    for (const each of configs) graphQl(name, line, at(each, 'LambdaAuthorizerConfig'), functions, drafts)
  }
}

/** One AppSync API and what it asks, where it asks a function. */
export function graphQl(
  name: string,
  line: Line,
  config: Tree | undefined,
  functions: Functions,
  drafts: Drafts,
): void {
  if (!config) return
  const api = drafts.add(name, 'graphql', line)
  const guard = authorizer({
    ...{ name, line: config.line, kind: 'request', protocol: 'graphql', tree: config },
    ...{ ttl: 'AuthorizerResultTtlInSeconds', sources: '', payload: '', simple: '' },
    asks: functionIn(at(config, 'AuthorizerUri'), functions),
  })
  api.authorizers.push(guard)
  api.methods.push({ line: config.line, verb: 'POST', path: '/graphql', guard, integration: undefined })
}
