import type { Settings } from '../../src/config.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import { access, decodedPath, firstFormatAccess } from './access.ts'
import { NoAnswer } from './answer.ts'
import { parseArn } from './arn.ts'
import type { ConnectEvent, GraphqlEvent, OldHttpRequestEvent, TokenEvent } from './event.ts'
import { fieldsOf } from './fields.ts'
import { answerGraphql, hasUntoldFields } from './graphql.ts'
import { OBJECTIONS } from './objections.ts'
import type { Deployment, Told } from './request.ts'
import { apiFor, stranger, told } from './request.ts'

/** Reads the request that an event of a rarer kind tells of. Throws for one that nobody sends, and `warn` is told so. */
export function tellRarer(given: unknown, deployment: Deployment, warn: (message: string) => void): Told {
  const told = toldBy(given, deployment)
  if (told) return told
  warn(OBJECTIONS['stranger'] as string)
  throw new NoAnswer('latchkey: not-configured')
}

function toldBy(given: unknown, deployment: Deployment): Told | undefined {
  const { type, version, methodArn, authorizationToken, identitySource, requestContext } = Object(given)
  if (
    type === undefined &&
    typeof authorizationToken === 'string' &&
    Object(requestContext).queryString !== undefined
  ) {
    return tellGraphql(given as GraphqlEvent, deployment)
  }
  if (typeof methodArn !== 'string' || (version !== undefined && version !== '1.0')) return undefined
  if (type === 'TOKEN') return tellToken(given as TokenEvent, deployment)
  if (type !== 'REQUEST') return undefined
  if (Object(requestContext).routeKey === '$connect') return tellConnect(given as ConnectEvent, deployment)
  if (version === undefined || identitySource === undefined) return undefined
  return told(methodArn, 'iam', deployment, (base) => oldHttpAccess(given as OldHttpRequestEvent, base, deployment.at))
}

function tellToken(event: TokenEvent, deployment: Deployment): Told {
  const { settings, at } = deployment
  const header = oneHeader(settings)
  const one = told(event.methodArn, 'rest', deployment, () => tokenAccess(event, header ?? 'authorization', at))
  return header === undefined ? { ...one, objection: { reason: 'not-configured', detail: 'one-header' } } : one
}

/**
 * The one header that a TOKEN authorizer reads for a document; undefined where the document has more than one place,
 * another kind of place, or addresses.
 */
function oneHeader({ credentials, addresses }: Settings): string | undefined {
  const places = new Set(credentials.flatMap((credential) => credential.places))
  const [place, ...more] = places
  // A faulty document has no places, and refuses by itself.
  if (!place) return 'authorization'
  return place.kind === 'header' && more.length === 0 && !addresses ? place.name : undefined
}

/**
 * Reads an access from a TOKEN event: `methodArn` tells method and path, the token is the value of the one `header` that
 * the document reads.
 */
export function tokenAccess(event: TokenEvent, header: string, at: EpochSeconds): Access {
  const { method, path } = parseArn(event.methodArn) ?? {}
  const fields = fieldsOf(null, { [header]: event.authorizationToken })
  return access({ method, path, query: '', fields, domainName: 'api-gateway', sourceIp: undefined }, at)
}

function oldHttpAccess(event: OldHttpRequestEvent, basePath: string, at: EpochSeconds): Access {
  const path = decodedPath(event.path, event.requestContext, basePath)
  return firstFormatAccess(event, event.httpMethod, path, at)
}

/** A handshake is judged as `GET /$connect`, which is no path of any other API. */
function tellConnect(event: ConnectEvent, { settings, at }: Deployment): Told {
  const { methodArn: arn } = event
  const parsed = parseArn(arn)
  const { apis } = settings.document
  const api = apiFor(apis, parsed)
  const isItself = parsed?.method === '$connect' && parsed.path === '/'
  return {
    access: firstFormatAccess(event, 'GET', '/$connect', at),
    arn,
    form: 'rest',
    // It keeps no answers.
    api: undefined,
    objection: isItself ? stranger(apis, api) : { reason: 'request-ambiguous' },
  }
}

/** A GraphQL request is judged as `POST /graphql`. AppSync tells no address. */
function tellGraphql(event: GraphqlEvent, { settings, at }: Deployment): Told {
  const { authorizationToken, requestHeaders, requestContext } = event
  const { apis } = settings.document
  const api = apiFor(apis, { api: requestContext.apiId })
  const fields = fieldsOf({ authorization: [authorizationToken] }, requestHeaders)
  const parts = { method: 'POST', path: '/graphql', query: '', fields, domainName: 'appsync', sourceIp: undefined }
  return {
    access: access(parts, at),
    arn: '',
    form: 'simple',
    api: undefined,
    objection:
      stranger(apis, api) ?? (hasUntoldFields(settings) ? { reason: 'not-configured', detail: 'fields' } : undefined),
    answer: (judgement, status) => answerGraphql(judgement, status, settings, api),
  }
}
