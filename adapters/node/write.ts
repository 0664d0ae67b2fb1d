import type { ServerResponse } from 'node:http'
import type { Reply } from '../../src/respond.ts'

/** Writes a reply as it stands; Node leaves the body out for HEAD. */
export function writeReply(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
  outgoing.end(body)
}
