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
  return new RequestAccess(request, facts)
}

/** A class, as it is made for every request and asked for little of what it could tell. */
class RequestAccess implements Access {
  readonly requestId: string
  readonly at: EpochSeconds
  readonly clientAddress: string | undefined
  readonly method: string
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly target: string
  readonly #headers: Headers

  constructor({ url, method, headers }: Request, { requestId, at, clientAddress }: RequestFacts) {
    const authority = url.indexOf('://') + 3
    const start = endOfAuthority(url, authority)
    const fragment = url.indexOf('#', start)
    const target = fragment < 0 ? url.slice(start) : url.slice(start, fragment)
    this.requestId = requestId
    this.at = at
    this.clientAddress = clientAddress
    this.method = method
    this.scheme = url.startsWith('https:') ? 'https' : 'http'
    this.host = url.slice(authority, start)
    this.target = target.startsWith('/') ? target : `/${target}`
    this.#headers = headers
  }

  get loopback(): boolean {
    return isLoopbackHost(this.host)
  }

  header(name: string): readonly string[] {
    const value = this.#headers.get(name)
    return value === null ? NONE : [value]
  }

  headerNames(): Iterable<string> {
    return this.#headers.keys()
  }
}

/** A runtime that does not resolve URLs may leave out the slash before a query. */
function endOfAuthority(url: string, authority: number): number {
  const slash = url.indexOf('/', authority)
  const query = url.indexOf('?', authority)
  if (slash < 0 && query < 0) return url.length
  return slash < 0 || (query >= 0 && query < slash) ? query : slash
}
