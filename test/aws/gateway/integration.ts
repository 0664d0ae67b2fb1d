import type { Answer } from './answers.ts'
import type { Placed } from './api.ts'
import type { Reply } from './refusals.ts'

/**
 * What stands behind every API here: a function that answers what it is told of the caller, and with which fields the
 * request arrived, as an authorizer takes none away.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function integrated(placed: Placed, answer: Answer): Reply {
  if (answer.form === 'appsync') return resolved(placed, answer.context, answer.deniedFields)
  return ok({ authorizer: authorizerOf(placed, answer), identity: identityOf(placed, answer), headers: placed.fields })
}

/** `requestContext.authorizer`: beside the context a REST API tells the principal, an HTTP API puts all under `lambda`. */
export function authorizerOf({ api }: Placed, answer: Answer): object {
  if (api.kind === 'http') return { lambda: answer.context }
  return { ...(answer.form === 'policy' && { principalId: answer.principalId }), ...answer.context }
}

/** Where API keys come from the authorizer, `usageIdentifierKey` is the request's API key. */
function identityOf({ api, address }: Placed, answer: Answer): object {
  const apiKey = answer.form === 'policy' && api.usagePlanKeys ? answer.usageIdentifierKey : undefined
  return { sourceIp: address, ...(apiKey !== undefined && { apiKey }) }
}

const OPERATION = /^\s*(query|mutation|subscription)?[^{]*\{(.*)\}\s*$/s

/**
 * AppSync as far as fields without arguments and selections go. A denied field is null, whatever its resolver gave, and
 * stands among the errors: `Type.field` or its ARN.
 */
function resolved({ api, id, body }: Placed, context: object, deniedFields: readonly string[]): Reply {
  const { query } = JSON.parse(body) as { readonly query: string }
  const [, operation = 'query', selection = ''] = OPERATION.exec(query) ?? []
  const type = operation.charAt(0).toUpperCase() + operation.slice(1)
  const names = selection.split(/[\s,]+/).filter((name) => name !== '')
  const isDenied = (name: string) =>
    deniedFields.some(
      (field) => field === `${type}.${name}` || field.endsWith(`:apis/${id}/types/${type}/fields/${name}`),
    )
  const denied = names.filter(isDenied)
  const data = names.map((name) => [name, isDenied(name) ? null : (api.fields?.[`${type}.${name}`] ?? context)])
  const errors = denied.map((name) => ({
    path: [name],
    errorType: 'Unauthorized',
    message: `Not Authorized to access ${name} on type ${type}`,
  }))
  return ok({ data: Object.fromEntries(data), ...(errors.length > 0 && { errors }) })
}

function ok(body: object): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
