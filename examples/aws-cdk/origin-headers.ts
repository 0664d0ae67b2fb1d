import { MappingValue, ParameterMapping } from 'aws-cdk-lib/aws-apigatewayv2'

/** Who called, as the authorizer tells it: the header of each field of `$context.authorizer`. */
const IDENTITY = {
  subject: 'X-Latchkey-Subject',
  kind: 'X-Latchkey-Kind',
  type: 'X-Latchkey-Type',
  name: 'X-Latchkey-Name',
  owner: 'X-Latchkey-Owner',
  permissions: 'X-Latchkey-Permissions',
  expires: 'X-Latchkey-Expires',
  requestId: 'X-Latchkey-Request-Id',
} as const

/** What an HTTP integration does to the headers of a request. */
export interface OriginHeaders {
  /** `requestParameters` of a REST API's integration. */
  readonly rest: Readonly<Record<string, string>>
  /** `parameterMapping` of an HTTP API's integration. */
  readonly http: ParameterMapping
}

/**
 * Tells the origin who called, in the place of whatever the client said of it, and takes the credential away. For a route
 * behind the authorizer: an authorizer strips nothing, so without these the client's own `X-Latchkey-Subject` arrives.
 */
export function originHeaders(credentialHeader: string): OriginHeaders {
  const rest: Record<string, string> = {}
  const http = new ParameterMapping()
  for (const [field, header] of Object.entries(IDENTITY)) {
    // Nobody documents that an empty value overwrites, so the origin believes only what is never empty behind the
    // authorizer: Subject, Kind, Type, Name and Request-Id.
    rest[`integration.request.header.${header}`] = `context.authorizer.${field}`
    // Never empty, by the text before it: `owner=acme`.
    http.overwriteHeader(header, MappingValue.custom(`${field}=\${context.authorizer.${field}}`))
  }
  // A REST API cannot remove a header, and an HTTP API neither removes nor overwrites `Authorization`.
  rest[`integration.request.header.${credentialHeader}`] = "'removed'"
  return { rest, http: remove(http, credentialHeader) }
}

/** For a public route of an HTTP API, which no authorizer judges: nobody called. */
export function withoutIdentity(credentialHeader: string): ParameterMapping {
  return [credentialHeader, ...Object.values(IDENTITY)].reduce(remove, new ParameterMapping())
}

/** `removeHeader` would write an empty text, which is also what takes a mapping away when it is updated. */
function remove(mapping: ParameterMapping, header: string): ParameterMapping {
  return mapping.custom(`remove:header.${header}`, "''")
}
