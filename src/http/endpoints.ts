import type { Judgement, Latchkey } from '../build.ts'
import { REQUEST_ID_HEADER, whoami } from '../identity.ts'
import type { Access } from '../model/access.ts'
import type { Allowed, Endpoint } from '../model/decision.ts'
import type { Reply, Responder } from '../respond.ts'

/** Answers Latchkey's own endpoints, for a request that was allowed to ask them. */
export function answerEndpoint(
  endpoint: Endpoint,
  { access }: Judgement,
  allowed: Allowed,
  latchkey: Latchkey,
  responder: Responder,
): Reply {
  const notices = Object.fromEntries(allowed.notices ?? [])
  const common = { [REQUEST_ID_HEADER]: access.requestId, ...notices, ...responder.corsHeaders(access) }
  if (allowed.match.passage === 'preflight') {
    return { status: 204, headers: { ...common, ...preflightHeaders(endpoint, latchkey) }, body: '' }
  }
  const { status, body } = contentOf(endpoint, access, allowed, latchkey)
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...common }
  return { status, headers, body: JSON.stringify(body) }
}

function contentOf(
  endpoint: Endpoint,
  access: Access,
  { principal, keySet }: Allowed,
  latchkey: Latchkey,
): { status: number; body: unknown } {
  switch (endpoint) {
    case 'live':
      return { status: 200, body: { status: 'pass' } }
    case 'health': {
      const secrets = latchkey.failing().map((name) => `secret ${name}`)
      const failing = [...secrets, ...(latchkey.equipped?.failing() ?? [])]
      if (failing.length === 0) return { status: 200, body: { status: 'pass' } }
      return { status: 503, body: { status: 'fail', failing } }
    }
    case 'whoami':
      return principal === 'anonymous' ? { status: 204, body: null } : { status: 200, body: whoami(principal) }
    case 'resource-metadata':
      return { status: 200, body: latchkey.equipped?.metadata?.documentFor(access) }
    case 'identity/jwks.json':
      return { status: 200, body: keySet }
    case 'keys':
      // Whoever matched it answers it.
      return { status: 404, body: null }
  }
}

/** Any field that a configured credential is read from may be sent. */
function preflightHeaders(endpoint: Endpoint, { settings }: Latchkey): Record<string, string> {
  const places = settings.credentials.flatMap((credential) => credential.places)
  const names = new Set(places.filter((place) => place.kind === 'header').map((place) => place.name))
  return {
    'Access-Control-Allow-Methods': endpoint === 'keys' ? 'GET, HEAD, POST, PATCH, DELETE' : 'GET, HEAD',
    'Access-Control-Allow-Headers': [
      ...names,
      ...(endpoint === 'keys' ? ['content-type', 'if-match', 'if-none-match'] : []),
    ].join(', '),
    'Access-Control-Max-Age': '600',
  }
}
