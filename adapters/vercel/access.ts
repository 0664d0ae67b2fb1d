import { accessOfRequest } from '../../src/http/request-access.ts'
import { isLoopbackHost } from '../../src/lib/host.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import { withFacts } from '../../src/proxies.ts'

/** What only the caller knows of an access. */
export interface Arrival {
  readonly requestId: string
  readonly at: EpochSeconds
  /** Whether Vercel runs this: elsewhere the fields of its edge are anybody's to set. */
  readonly onVercel: boolean
}

/**
 * Reads an access from a middleware's request. `next start` builds the URL from the address that it listens on, so the
 * host is taken from the Host field: what the client has called, as on Vercel, where both are the same.
 */
export function accessOf(request: Request, { requestId, at, onVercel }: Arrival): Access {
  const { headers } = request
  // Vercel's edge sets this field itself, over what a client has sent.
  const clientAddress = onVercel ? (headers.get('x-real-ip') ?? undefined) : undefined
  const access = accessOfRequest(request, { requestId, at, clientAddress })
  const host = headers.get('host') ?? access.host
  return withFacts(access, { host, loopback: access.loopback && isLoopbackHost(host) })
}
