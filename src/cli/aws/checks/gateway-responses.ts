import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { GatewayResponse } from '../model.ts'
import { authorizerOf } from '../model.ts'
import type { Judged, Subject } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

/** The refusals of an authorizer, and what words each where it has no response of its own. */
const TYPES: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'DEFAULT_4XX',
  ACCESS_DENIED: 'DEFAULT_4XX',
  AUTHORIZER_FAILURE: 'DEFAULT_5XX',
  AUTHORIZER_CONFIGURATION_ERROR: 'DEFAULT_5XX',
}

const ORIGIN = 'access-control-allow-origin'

/** Looks at how REST APIs word an authorizer's refusals, and whether pages can read them. */
export function gatewayResponses({ apis }: Subject): Finding[] {
  return apis.filter(isAsked).flatMap((api) => {
    const found = new Map(Object.entries(TYPES).map(([type, other]) => [type, responseOf(api, type, other)]))
    const missing = Array.from(found).flatMap(([type, response]) => (response ? [] : type))
    const [line] = api.authorizers.map((authorizer) => authorizer.line)
    const words: Finding[] = []
    if (missing.length > 0 && line) {
      const message = `${api.name} has no Gateway Response for ${missing.join(', ')}: refusals tell no reason, and an outage is a 500`
      words.push(finding(line, 'response-missing', message))
    }
    if (missing.length > 0 && line && api.hasCors) {
      const message = `pages call ${api.name}, and cannot read its refusals: add Gateway Responses with Access-Control-Allow-Origin for ${missing.join(', ')}`
      words.push(finding(line, 'response-without-cors', message))
    }
    return [...words, ...(api.hasCors ? unreadable(found) : [])]
  })
}

function isAsked({ protocol, isElsewhere, methods }: Judged): boolean {
  return protocol === 'rest' && !isElsewhere && methods.some(authorizerOf)
}

function responseOf({ responses }: Judged, type: string, other: string): GatewayResponse | undefined {
  return (
    responses.find((each) => each.type === type) ??
    responses.find((each) => each.type === other || each.type === UNKNOWN)
  )
}

/** A response that words several of them is told of once. */
function unreadable(found: ReadonlyMap<string, GatewayResponse | undefined>): Finding[] {
  const closed = Array.from(found.values()).filter(
    (response) => response && response.headers !== UNKNOWN && !response.headers.has(ORIGIN),
  )
  return [...new Set(closed as GatewayResponse[])].map(({ line, type }) => {
    const message = `pages cannot read ${String(type)}: add gatewayresponse.header.Access-Control-Allow-Origin`
    return finding(line, 'response-without-cors', message)
  })
}
