import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../src/lib/ip.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'

/**
 * Reads an access from Node's own message: `rawHeaders` because joined headers hide a second Authorization, `url`
 * because a `Request`'s has already resolved `..`.
 */
export function accessOf(incoming: IncomingMessage, at: EpochSeconds): Access {
  const { rawHeaders, socket } = incoming
  const clientAddress = plainAddress(socket.remoteAddress)
  const header = (name: string) => valuesOf(rawHeaders, name)
  const hosts = header('host')
  return {
    requestId: randomUUID(),
    at,
    method: incoming.method ?? '',
    scheme: 'encrypted' in socket ? 'https' : 'http',
    host: hosts.length === 1 ? (hosts[0] as string) : '',
    target: incoming.url ?? '',
    header,
    headerNames: () => rawHeaders.filter((_, place) => place % 2 === 0),
    clientAddress,
    loopback: isLoopback(clientAddress),
  }
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const raw = rawHeaders[place] as string
    if (raw.length === name.length && raw.toLowerCase() === name) values.push(rawHeaders[place + 1] as string)
  }
  return values
}

/** A dual-stack socket writes IPv4 as `::ffff:192.0.2.1`; logs and origins want it plain. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
