import { accessOfRequest } from '../../src/http/request-access.ts'
import { isHost } from '../../src/lib/host.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import { withFacts } from '../../src/proxies.ts'

/** Reads an access from what workerd hands over: the URL as it was sent, joined fields, the address that the edge saw. */
export function accessOf(request: Request, at: EpochSeconds): Access {
  const { headers } = request
  const access = accessOfRequest(request, {
    requestId: crypto.randomUUID(),
    at,
    // Cloudflare's edge sets this field itself and lets no client's copy through.
    clientAddress: headers.get('cf-connecting-ip') ?? undefined,
  })
  // The URL is Host and target glued together: of `Host: api.example/x` it makes a path, of `OPTIONS *` a host.
  const host = isHost(access.host) ? (headers.get('host') ?? access.host) : ''
  return withFacts(access, { host, target: asSent(access.target) })
}

/** What fetch escapes in a query (URL Standard, special-query percent-encode set); in a path it is ambiguous anyway. */
const ESCAPED_BY_FETCH = /["'<>\u0080-\u{10ffff}]/u

/** The target as fetch will write it, so that what is judged is what is sent. */
function asSent(target: string): string {
  const mark = target.indexOf('?')
  if (mark < 0 || !ESCAPED_BY_FETCH.test(target.slice(mark))) return target
  return target.slice(0, mark) + new URL(`http://host/${target.slice(mark)}`).search
}
