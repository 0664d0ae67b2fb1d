import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Field } from '../../src/http/hop-by-hop.ts'

/** The fields of Node's raw headers, where names and values take turns. */
export function* pairs(raw: readonly string[]): Generator<Field> {
  for (let place = 0; place < raw.length; place += 2) yield [raw[place] as string, raw[place + 1] as string]
}

/** A head goes out with the body; where that is still to come, the head does not wait for it. */
export function flushSoon(message: ClientRequest | ServerResponse): void {
  setImmediate(() => {
    if (!message.writableEnded && !message.destroyed) message.flushHeaders()
  })
}

function hasLength(fields: readonly Field[]): boolean {
  return fields.some(([name]) => name.toLowerCase() === 'content-length')
}

/** Whether a body follows a request's head (RFC 9112 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
}

/** Methods that have no body unless a field says so (RFC 9110 9.3); of all others an empty one must be told. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

/** A body whose length is told keeps it; any other is chunked again, as its framing was this connection's own. */
export function framingOf(incoming: IncomingMessage, method: string, fields: readonly Field[]): Field[] {
  if (hasLength(fields)) return []
  if (hasBody(incoming)) return [['Transfer-Encoding', 'chunked']]
  return BODILESS.has(method) ? [] : [['Content-Length', '0']]
}

/** The head by which a connection becomes a WebSocket's. */
export function switchingHead(fields: readonly Field[]): string {
  return `HTTP/1.1 101 Switching Protocols\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
