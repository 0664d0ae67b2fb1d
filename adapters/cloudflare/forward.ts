import type { Gate, Outcome } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { cleaner, isWebSocket } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import { toResponse } from '../../src/http/to-response.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import { originSettings } from '../../src/origin.ts'
import { setFields } from './fields.ts'
import type { Origin } from './origin.ts'
import { patience } from './patience.ts'

/** Sends an allowed request to the origin by the runtime's fetch, and cleans what comes back. */
export type Forward = (request: Request, passed: NonNullable<Outcome['passed']>) => Promise<Response>

type Failure = 'origin-unreachable' | 'origin-timeout'

/** What tells of an origin that failed a request. */
export type Failed = (requestId: string, reason: Failure) => void

export function forwarder(gate: Gate, origin: Origin | Refusal, failed: Failed): Forward {
  const { settings } = gate.latchkey
  const clean = cleaner(settings)
  const timeoutMilliseconds = (originSettings(settings)?.timeoutSeconds ?? 30) * 1000

  return async (request, { judgement, allowed }) => {
    const { access } = judgement
    const refuse = (refusal: Refusal) => toResponse(gate.refuse(refusal, access), request.method)
    const fail = (reason: Failure) => {
      failed(access.requestId, reason)
      return refuse({ reason })
    }
    const outgoing = clean(withoutAliases(request.headers), judgement, allowed)
    if (isRefusal(outgoing)) return refuse(outgoing)
    if (isRefusal(origin)) return refuse(origin)
    const url = URL.parse((origin.url ?? schemeAndAuthority(request.url)) + outgoing.target)
    const isRead = access.method === 'GET' || access.method === 'HEAD'
    // What fetch would write differently is not what was judged; and of GET and HEAD it drops a body without a length.
    const isKept = !isRead || !request.body || request.headers.has('content-length')
    if (!isKept || url?.href !== `${url?.origin}${outgoing.target}`) return refuse({ reason: 'request-ambiguous' })

    const headers = new Headers(request.headers)
    setFields(headers, isWebSocket(access) ? [...outgoing.fields, ['Upgrade', 'websocket']] : outgoing.fields)
    const head = patience(timeoutMilliseconds)
    const init: RequestInit = {
      headers,
      redirect: 'manual',
      signal: head.signal,
      // What one caller may see must be no other one's cached copy.
      ...(allowed.principal !== 'anonymous' && { cache: 'no-store' }),
    }
    try {
      // GET and HEAD may have a body (RFC 9110 9.3.1), which fetch takes for them only in a request that came with it.
      const response = await (isRead && request.body
        ? origin.fetch(new Request(url, request), init, request)
        : origin.fetch(url.href, { ...init, method: access.method, body: head.watch(request) }, request))
      const failure = failureOf(response.status)
      if (failure) return fail(failure)
      if (response.status === 101) return response
      // Made from the original, so that the runtime passes its body on without decoding it.
      const given = new Response(response.body, response)
      setFields(given.headers, returningFields(response.headers, access, allowed))
      return given
    } catch {
      return fail(head.signal.aborted ? 'origin-timeout' : 'origin-unreachable')
    } finally {
      head.end()
    }
  }
}

/** Of a field of the edge `CF_Connecting_IP` is another name to CGI and WSGI: only the edge's own may arrive. */
function withoutAliases(fields: Iterable<Field>): Field[] {
  return Array.from(fields).filter(([name]) => {
    const canonical = canonicalHeaderName(name)
    return canonical === name.toLowerCase() || !canonical.startsWith('cf-')
  })
}

function schemeAndAuthority(url: string): string | undefined {
  return URL.parse(url)?.origin
}

/** Cloudflare's edge answers by a page of its own where it does not reach an origin, with a status that is nobody else's. */
function failureOf(status: number): Failure | undefined {
  if (status === 522 || status === 524) return 'origin-timeout'
  return (status >= 520 && status <= 527) || status === 530 ? 'origin-unreachable' : undefined
}
