import type { CredentialSettings } from '../../../config.ts'
import { identityHeaders } from '../../../identity.ts'
import type { Place } from '../../../model/credential.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import { grouped } from '../grouped.ts'
import type { Integration, Method } from '../model.ts'
import { authorizerOf } from '../model.ts'
import { describe } from '../names.ts'
import type { Judged, Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** The fields by which an origin is told who called. */
const IDENTITY = identityHeaders('anonymous', '').map(([name]) => name)

/** Reserved on HTTP APIs: no mapping touches it. */
const UNTOUCHABLE = 'authorization'

/** Looks at integrations over HTTP: an authorizer strips nothing, so each must keep what the client made up from its origin. */
export function integrations({ settings, apis }: Subject): Finding[] {
  const shown = placesOf(settings.credentials)
  return apis
    .filter(({ protocol, methods }) => (protocol === 'rest' || protocol === 'http') && methods.some(authorizerOf))
    .flatMap((api) =>
      api.methods.flatMap((method) => {
        const { integration } = method
        const isHttp = integration?.kind === 'http' || integration?.kind === 'http-proxy'
        if (!isHttp || integration.parameters === UNKNOWN) return []
        return [
          ...identity(api, method, integration),
          ...shown.flatMap((place) => token(api, method, integration, place)),
        ]
      }),
    )
}

/** Where credentials are that the origin is not to see. */
function placesOf(credentials: readonly CredentialSettings[]): Place[] {
  const kept = new Set(credentials.filter(({ forward }) => forward).flatMap(({ places }) => places))
  const places = [...new Set(credentials.flatMap((credential) => credential.places))].filter(
    (place) => !kept.has(place),
  )
  return Array.from(grouped(places, ({ kind, name }) => `${kind} ${name}`).values(), ([place]) => place as Place)
}

function identity({ protocol }: Judged, method: Method, integration: Integration): Finding[] {
  const passing = IDENTITY.filter((name) => passes(protocol, integration, `header.${name}`))
  const [first] = passing
  if (first === undefined) return []
  const mapping = authorizerOf(method) ? fromContext(protocol, first) : ofNobody(protocol, first)
  const others = passing.length > 1 ? ', and so each' : ''
  const message = `${describe(method)} hands the client's own ${passing.join(', ')} on to its origin: ${mapping}${others}`
  return [finding(integration.line, 'identity-passes', message)]
}

function fromContext(protocol: Judged['protocol'], header: string): string {
  const field = `context.authorizer.${fieldOf(header)}`
  return protocol === 'rest'
    ? `map integration.request.header.${header} from ${field}`
    : `map overwrite:header.${header} from $${field}`
}

/** Where nobody was asked the context is empty, and whether an empty value takes a client's place is not documented. */
function ofNobody(protocol: Judged['protocol'], header: string): string {
  return protocol === 'rest' ? `map integration.request.header.${header} to "'none'"` : `add remove:header.${header}`
}

function token({ protocol }: Judged, method: Method, integration: Integration, place: Place): Finding[] {
  const { line } = integration
  const what = describe(method)
  if (place.kind === 'cookie') {
    const message = `${what} hands the cookie ${place.name} on to its origin, as no mapping removes one of several: read the credential from a header of its own`
    return [finding(line, 'token-stays', message)]
  }
  const name = place.kind === 'subprotocol' ? 'sec-websocket-protocol' : place.name
  const where = place.kind === 'query' ? `querystring.${name}` : `header.${name}`
  if (!passes(protocol, integration, where)) return []
  if (protocol === 'http' && place.kind === 'header' && name === UNTOUCHABLE) {
    const message = `${what} hands Authorization on to its origin, and an HTTP API can neither remove nor overwrite it: read the credential from a header of its own, such as x-api-key, and remove that`
    return [finding(line, 'token-stays', message)]
  }
  const remedy = protocol === 'rest' ? `map integration.request.${where} to "'removed'"` : `add remove:${where}`
  return [finding(line, 'token-passes', `${what} hands the token in ${name} on to its origin: ${remedy}`)]
}

/** Whether a client's own value arrives: nothing takes its place, or what does is the client's again. */
function passes(protocol: Judged['protocol'], { parameters }: Integration, where: string): boolean {
  if (parameters === UNKNOWN) return false
  const place = where.toLowerCase()
  if (protocol !== 'rest') {
    const value = parameters.get(`overwrite:${place}`)
    const isClients = typeof value === 'string' && /\$\{?request\./i.test(value)
    return !parameters.has(`remove:${place}`) && (value === undefined || isClients)
  }
  const value = parameters.get(`integration.request.${place}`)
  return value === undefined || (typeof value === 'string' && /^method\.request\./i.test(value))
}

/** `X-Latchkey-Request-Id` is `requestId` of the context. */
function fieldOf(header: string): string {
  const name = header.slice('X-Latchkey-'.length).replaceAll('-', '')
  return name.charAt(0).toLowerCase() + name.slice(1)
}
