import type { IncomingMessage, ServerResponse } from 'node:http'
import { joined } from '../../src/http/asked.ts'
import { MOST_BODY_BYTES } from '../../src/http/keys/operations.ts'

/** So little is sent in much less; and some of it may be sent by anybody, so nobody holds a connection by it for longer. */
const PATIENCE_MILLISECONDS = 30_000

/**
 * Reads what a request to key management sends, and no more than is taken; the connection then ends with the reply.
 * Rejects where it does not come in time: then there is no connection any more.
 */
export async function bodyOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  patienceMilliseconds: number = PATIENCE_MILLISECONDS,
): Promise<Uint8Array> {
  if (incoming.headers.expect !== undefined) outgoing.writeContinue()
  const late = setTimeout(() => incoming.destroy(), patienceMilliseconds)
  try {
    return await partsOf(incoming, outgoing)
  } finally {
    clearTimeout(late)
  }
}

async function partsOf(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Uint8Array> {
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
