import type { Evaluation, Policy } from '../iam.ts'
import { evaluate, MalformedPolicy } from '../iam.ts'
import type { Api } from './api.ts'

/** What an authorizer's function answered, as far as the gateway can use it. */
export type Answer =
  | {
      readonly form: 'policy'
      readonly policy: Policy
      readonly principalId: string
      readonly context: Readonly<Record<string, unknown>>
      readonly usageIdentifierKey: string | undefined
    }
  | { readonly form: 'simple'; readonly isAuthorized: boolean; readonly context: Readonly<Record<string, unknown>> }
  | {
      readonly form: 'appsync'
      readonly isAuthorized: boolean
      readonly context: Readonly<Record<string, unknown>>
      readonly deniedFields: readonly string[]
      readonly ttlOverride: number | undefined
    }

/** An answer that API Gateway cannot use: to the client a 500, whatever it says. */
export class MalformedAnswer extends Error {
  override name = 'MalformedAnswer'
}

/** Documented of WebSocket APIs, and held against every API here: "AWS Lambda authorizer result size". */
const MOST_BYTES = 8 * 1024
/** "The Resource ARN, as shown in the policy statement output by the authorizer, is currently limited to 512 characters". */
const MOST_RESOURCE_CHARACTERS = 512
/** AppSync: "The total size of this JSON object must not exceed 5MB." */
const MOST_RESOLVER_BYTES = 5 * 1024 * 1024

/**
 * Reads what a function answered, in the form that its API was set up for.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 * https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-lambda-authorization
 */
export function readAnswer({ kind, authorizer }: Api, answered: unknown): Answer {
  const given = objectOf(answered, 'the answer')
  if (kind === 'appsync') return readAppsync(given)
  if (Buffer.byteLength(JSON.stringify(given)) > MOST_BYTES) throw new MalformedAnswer('more than 8 KB')
  const context = given['context'] === undefined ? {} : objectOf(given['context'], 'the context')
  // An HTTP API takes what a REST API does not: lists and maps.
  if (kind !== 'http') flat(context)
  if (kind === 'http' && authorizer.simple && authorizer.payload !== '1.0') {
    return { form: 'simple', isAuthorized: booleanOf(given['isAuthorized']), context }
  }
  const { principalId, policyDocument, usageIdentifierKey } = given
  if (typeof principalId !== 'string' || principalId === '') throw new MalformedAnswer('no principalId')
  if (usageIdentifierKey !== undefined && typeof usageIdentifierKey !== 'string') {
    throw new MalformedAnswer('a usageIdentifierKey that is no text')
  }
  const policy = policyOf(policyDocument)
  return { form: 'policy', policy, principalId, context, usageIdentifierKey }
}

/** What a policy says of a resource; a policy that IAM refuses is malformed. */
export function evaluated(policy: unknown, resource: string): Evaluation {
  try {
    return evaluate(policy, resource)
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new MalformedAnswer(error.message)
    throw error
  }
}

function policyOf(policyDocument: unknown): Policy {
  evaluated(policyDocument, 'arn:aws:execute-api:::/')
  const policy = policyDocument as Policy
  const resources = [policy.Statement].flat().flatMap(({ Resource }) => Resource)
  if (resources.some((resource) => Array.from(resource).length > MOST_RESOURCE_CHARACTERS)) {
    throw new MalformedAnswer('a resource of more than 512 characters')
  }
  return policy
}

function readAppsync(given: Readonly<Record<string, unknown>>): Answer {
  const { deniedFields = [], ttlOverride, resolverContext = {} } = given
  const context = objectOf(resolverContext, 'resolverContext')
  // "It only supports key-value pairs. Nested keys are not supported."
  flat(context)
  if (Buffer.byteLength(JSON.stringify(context)) > MOST_RESOLVER_BYTES) throw new MalformedAnswer('more than 5 MB')
  if (!Array.isArray(deniedFields) || deniedFields.some((field) => typeof field !== 'string')) {
    throw new MalformedAnswer('deniedFields that are no list of texts')
  }
  if (ttlOverride !== undefined && (typeof ttlOverride !== 'number' || ttlOverride < 0)) {
    throw new MalformedAnswer('a ttlOverride that is no number')
  }
  const isAuthorized = booleanOf(given['isAuthorized'])
  return { form: 'appsync', isAuthorized, context, deniedFields, ttlOverride }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedAnswer(`${what} is no object`)
  }
  return value as Record<string, unknown>
}

function booleanOf(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new MalformedAnswer('isAuthorized is neither true nor false')
  return value
}

/** "You cannot set a JSON object or array as a valid value of any key in the context map." */
function flat(context: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(context)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw new MalformedAnswer(`${name} in the context`)
  }
}
