import { randomUUID } from 'node:crypto'
import type { Metadata } from '@grpc/grpc-js'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { isLoopback, parseAddress } from '../../src/lib/ip.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import { plainAddress } from './access.ts'

/** What a call of a grpc-js server tells of itself, whether it is about to be handled or is. */
export interface IncomingCall {
  /** The method's `:path`, `/package.Service/Method`. */
  readonly path: string
  readonly metadata: Metadata
  /** `address:port`. */
  readonly peer: string
  /** `:authority`. */
  readonly host: string | undefined
  /** Whether the server's credentials are TLS, which grpc-js tells nobody. */
  readonly tls: boolean
}

/** A gRPC call as an access: POST to its path. Node has joined the values of a key that was sent twice by a comma. */
export function accessOfCall({ path, metadata, peer, host, tls }: IncomingCall, at: EpochSeconds): Access {
  const fields = fieldsOf(metadata)
  const clientAddress = addressOf(peer)
  const hosts = new Set([...(host === undefined ? [] : [host]), ...valuesOf(fields, 'host')])
  return {
    requestId: randomUUID(),
    at,
    method: 'POST',
    scheme: tls ? 'https' : 'http',
    host: hosts.size === 1 ? ([...hosts][0] as string) : '',
    target: path,
    header: (name) => valuesOf(fields, name),
    headerNames: () => fields.map(([name]) => name),
    clientAddress,
    loopback: isLoopback(clientAddress),
  }
}

/** Metadata as fields; values of `-bin` keys in base64, as they were sent. */
export function fieldsOf(metadata: Metadata): Field[] {
  return Object.entries(metadata.toJSON()).flatMap(([name, values]) =>
    values.map((value): Field => [name, typeof value === 'string' ? value : value.toString('base64')]),
  )
}

/** Puts fields in the place of everything that metadata holds. */
export function replaceFields(metadata: Metadata, fields: readonly Field[]): void {
  for (const name of Object.keys(metadata.toJSON())) metadata.remove(name)
  for (const [name, value] of fields) {
    metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value)
  }
}

export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.flatMap(([each, value]) => (each === name ? [value] : []))
}

/** The address in front of a peer's port; undefined where there is none, as on a Unix socket. */
function addressOf(peer: string): string | undefined {
  const address = plainAddress(peer.slice(0, Math.max(0, peer.lastIndexOf(':'))))
  return address !== undefined && parseAddress(address) ? address : undefined
}
