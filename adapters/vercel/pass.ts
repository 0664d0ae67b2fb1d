import { next, rewrite } from '@vercel/functions/middleware'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { toResponse } from '../../src/http/to-response.ts'
import { REQUEST_ID_HEADER } from '../../src/identity.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import { isRefusal } from '../../src/model/decision.ts'

/** Lets an allowed request go on in the same deployment. */
export type Pass = (request: Request, passed: NonNullable<Outcome['passed']>) => Response

/**
 * Passes requests with the whole cleaned header list: what is not in it is dropped, which is how a client's own copy of
 * a field dies. `warnOnce` is told of a credential that the framework will show its handlers all the same.
 */
export function passer(gate: Gate, warnOnce: (message: string) => void): Pass {
  const clean = cleaner(gate.latchkey.settings)
  return (request, { judgement, allowed }) => {
    const { access } = judgement
    const outgoing = clean(ordinary(request.headers), judgement, allowed)
    if (isRefusal(outgoing)) return toResponse(gate.refuse(outgoing, access), request.method)
    const host = request.headers.get('host')
    const headers = new Headers(host === null ? [] : [['host', host]])
    for (const [name, value] of outgoing.fields) headers.append(name, value)
    const caching = allowed.principal === 'anonymous' ? {} : { 'Cache-Control': cachingOn(request) }
    const init = {
      request: { headers },
      headers: { [REQUEST_ID_HEADER]: access.requestId, ...Object.fromEntries(allowed.notices ?? []), ...caching },
    }
    if (outgoing.target === access.target) return next(init)
    if (isNext(request)) warnOnce(LEFT_IN_URL)
    // A credential in the query is taken out of the URL, which only a rewrite can do here. The target is put behind the
    // origin as text: one that begins with `//` would else be read as another host.
    return rewrite(new URL(new URL(request.url).origin + outgoing.target), init)
  }
}

/** The fields less those by which middleware and framework talk to each other: a client has no say there. */
function ordinary(headers: Headers): Field[] {
  return Array.from(headers).filter(([name]) => !canonicalHeaderName(name).startsWith('x-middleware-'))
}

const LEFT_IN_URL =
  "Next's own server leaves a credential of the query in request.url of route handlers; send it in a header"

function isNext(request: Request): boolean {
  return 'nextUrl' in request
}

/** Next puts the middleware's own value in place of the page's, which may have been `no-store`. */
function cachingOn(request: Request): string {
  return isNext(request) ? 'private, no-store' : 'private'
}
