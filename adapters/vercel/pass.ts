import { next, rewrite } from '@vercel/functions/middleware'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { IDENTITY_PREFIX, identityHeaders, REQUEST_ID_HEADER } from '../../src/identity.ts'
import { IDENTITY_HEADER } from '../../src/identity-token.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import { originSettings } from '../../src/origin.ts'
import { isNext } from './next-request.ts'

/** A request as it goes on in the same deployment. */
export interface Passing {
  /** The whole list: what is not in it is dropped, which is how a client's own copy of a field dies. */
  readonly fields: Headers
  /** Where it goes on, where that is not where it was sent. */
  readonly url: URL | undefined
  /** What the reply tells. */
  readonly told: Readonly<Record<string, string>>
  /** The fields that are for nobody outside of the deployment. */
  readonly secret: readonly string[]
}

/** Lets an allowed request go on. */
export type Pass = (request: Request, passed: NonNullable<Outcome['passed']>) => Passing | Refusal

/** `warn` is told of a credential that the framework will show its handlers all the same. */
export function passer(gate: Gate, warn: (message: string) => void): Pass {
  const { settings } = gate.latchkey
  const clean = cleaner(settings)
  const secret = [IDENTITY_HEADER, ...(originSettings(settings)?.headers.keys() ?? [])]
  return (request, { judgement, allowed }) => {
    const { access } = judgement
    const outgoing = clean(ordinary(request.headers), judgement, allowed)
    if (isRefusal(outgoing)) return outgoing
    const caching = allowed.principal === 'anonymous' ? {} : { 'Cache-Control': cachingOn(request) }
    const told = { [REQUEST_ID_HEADER]: access.requestId, ...Object.fromEntries(allowed.notices ?? []), ...caching }
    const fields = listed(request, outgoing.fields)
    if (outgoing.target === access.target) return { fields, url: undefined, told, secret }
    if (isNext(request)) warn(LEFT_IN_URL)
    // A credential in the query is taken out of the URL, which only a rewrite can do here. The target is put behind the
    // origin as text: one that begins with `//` would else be read as another host.
    return { fields, url: new URL(new URL(request.url).origin + outgoing.target), told, secret }
  }
}

/** A request that nobody judges goes on as it came, and says that nobody is known. */
export function unjudged(request: Request): Passing {
  const theirs = ordinary(request.headers).filter(
    ([name]) => name !== 'host' && !canonicalHeaderName(name).startsWith(IDENTITY_PREFIX),
  )
  return {
    fields: listed(request, [...identityHeaders('anonymous', ''), ...theirs]),
    url: undefined,
    told: {},
    secret: [],
  }
}

/** Hands a request on, where nothing else has a say in it. */
export function handOn({ fields, url, told }: Passing): Response {
  const init = { request: { headers: fields }, headers: told }
  return url === undefined ? next(init) : rewrite(url, init)
}

/** The list keeps Host, which it would else drop. */
function listed(request: Request, fields: Iterable<Field>): Headers {
  const host = request.headers.get('host')
  const headers = new Headers(host === null ? [] : [['host', host]])
  for (const [name, value] of fields) headers.append(name, value)
  return headers
}

/** The fields less those by which middleware and framework talk to each other: a client has no say there. */
function ordinary(headers: Headers): Field[] {
  return Array.from(headers).filter(([name]) => !canonicalHeaderName(name).startsWith('x-middleware-'))
}

const LEFT_IN_URL =
  "Next's own server leaves a credential of the query in request.url of route handlers; send it in a header"

/** Next puts the middleware's own value in place of the page's, which may have been `no-store`. */
function cachingOn(request: Request): string {
  return isNext(request) ? 'private, no-store' : 'private'
}
