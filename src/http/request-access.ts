import { isLoopbackHost } from '../lib/host.ts'
import type { Access, EpochSeconds } from '../model/access.ts'

/** What a Fetch `Request` does not say about itself. */
export interface RequestFacts {
  readonly requestId: string
  readonly at: EpochSeconds
  readonly clientAddress: string | undefined
}

const NONE: readonly string[] = []

/**
 * Reads an access from a Fetch `Request`. Its URL is used as text: a runtime that has resolved it forwards it resolved,
 * so what is judged is what is served.
 */
export function accessOfRequest(request: Request, facts: RequestFacts): Access {
  const { url, method, headers } = request
  const authority = url.indexOf('://') + 3
  const end = url.slice(authority).search(/[/?#]/)
  const start = end < 0 ? url.length : authority + end
  const target = url.slice(start).replace(/#.*$/, '')
  const host = url.slice(authority, start)
  return {
    ...facts,
    method,
    scheme: url.startsWith('https:') ? 'https' : 'http',
    host,
    loopback: isLoopbackHost(host),
    target: target.startsWith('/') ? target : `/${target}`,
    header(name) {
      const value = headers.get(name)
      return value === null ? NONE : [value]
    },
    headerNames: () => headers.keys(),
  }
}
