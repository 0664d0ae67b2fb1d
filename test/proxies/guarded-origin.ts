import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as it arrived behind a proxy: its first two words, its fields in lower case, its body, and what follows it. */
export interface Arrived {
  readonly line: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly trailers: Readonly<Record<string, string | undefined>>
}

export interface GuardedOrigin {
  readonly port: number
  readonly arrived: Arrived[]
  close(): Promise<void>
}

/** An origin that keeps what arrives, answers 200, and takes every WebSocket. */
export async function guardedOrigin(): Promise<GuardedOrigin> {
  const arrived: Arrived[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    arrived.push({
      ...headOf(request),
      body: Buffer.concat(chunks).toString('utf8'),
      trailers: { ...request.trailers },
    })
    response.end('ok')
  })
  server.on('upgrade', (request, socket) => {
    arrived.push({ ...headOf(request), body: '', trailers: {} })
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64')
    const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`
    socket.on('error', () => undefined)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`)
  })
  // Those that a WebSocket has taken over too, which Node itself no longer counts.
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    arrived,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** RFC 6455 1.3. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function headOf({ method, url, headers }: IncomingMessage): Omit<Arrived, 'body' | 'trailers'> {
  return { line: `${method} ${url}`, headers }
}
