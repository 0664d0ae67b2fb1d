import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../src/lib/ip.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'

/**
 * Reads an access from Node's own message: `rawHeaders` because joined headers hide a second Authorization, `url`
 * because a `Request`'s has already resolved `..`.
 */
export function accessOf(incoming: IncomingMessage, at: EpochSeconds): Access {
  return new IncomingAccess(incoming, at)
}

/** A class, as it is made for every request and asked for little of what it could tell. */
class IncomingAccess implements Access {
  readonly requestId: string
  readonly at: EpochSeconds
  readonly method: string
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly target: string
  readonly clientAddress: string | undefined
  readonly #rawHeaders: readonly string[]

  constructor({ rawHeaders, socket, method, url }: IncomingMessage, at: EpochSeconds) {
    const hosts = valuesOf(rawHeaders, 'host')
    this.requestId = randomUUID()
    this.at = at
    this.method = method ?? ''
    this.scheme = 'encrypted' in socket ? 'https' : 'http'
    this.host = hosts.length === 1 ? (hosts[0] as string) : ''
    this.target = url ?? ''
    this.clientAddress = plainAddress(socket.remoteAddress)
    this.#rawHeaders = rawHeaders
  }

  get loopback(): boolean {
    return isLoopback(this.clientAddress)
  }

  header(name: string): readonly string[] {
    return valuesOf(this.#rawHeaders, name)
  }

  headerNames(): Iterable<string> {
    return this.#rawHeaders.filter((_, place) => place % 2 === 0)
  }
}

const NONE: readonly string[] = []

/** Most fields are there once or never, and are looked up for every request: a list that grows has room for sixteen. */
function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  let values: string[] | undefined
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const raw = rawHeaders[place] as string
    if (raw.length !== name.length || raw.toLowerCase() !== name) continue
    const value = rawHeaders[place + 1] as string
    if (values) values.push(value)
    else values = [value]
  }
  return values ?? NONE
}

/** A dual-stack socket writes IPv4 as `::ffff:192.0.2.1`; logs and origins want it plain. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
