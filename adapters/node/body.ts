import type { IncomingMessage, ServerResponse } from 'node:http'
import { joined } from '../../src/http/asked.ts'
import { MOST_BODY_BYTES } from '../../src/http/keys/operations.ts'

/** Reads what a request to key management sends, and no more than is taken; the connection then ends with the reply. */
export async function bodyOf(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Uint8Array> {
  if (incoming.headers.expect !== undefined) outgoing.writeContinue()
  const parts: Buffer[] = []
  let length = 0
  for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length <= MOST_BODY_BYTES) continue
    outgoing.shouldKeepAlive = false
    break
  }
  return joined(parts)
}
