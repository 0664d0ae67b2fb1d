import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Field } from '../../src/http/hop-by-hop.ts'

/** One message of HTTP/1.1 as it came over a socket; one character is one byte. */
export interface Message {
  /** The request line or the status line. */
  readonly start: string
  readonly headers: readonly Field[]
  readonly body: string
}

/** Sends bytes and reads one response. `method`: whether it can have a body. */
export function exchange(port: number, bytes: string, method: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const settle = (isOver: boolean) => {
      const message = messageOf(received, method === 'HEAD', isOver)
      if (!message && !isOver) return
      socket.destroy()
      if (message) resolve(message)
      else reject(new Error(`no whole response: ${JSON.stringify(received.slice(0, 200))}`))
    }
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      settle(false)
    })
    socket.on('close', () => settle(true))
    socket.on('error', () => undefined)
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}

/** An origin that keeps what arrives, byte for byte, and answers 200 with no fields of its own. */
export interface RecordingOrigin {
  readonly url: string
  /** What has arrived since the last call. */
  taken(): Message[]
  stop(): Promise<void>
}

export async function recordingOrigin(): Promise<RecordingOrigin> {
  const messages: Message[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let received = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const message = messageOf(received, !/\r\n(?:content-length|transfer-encoding):/i.test(received), false)
      if (!message) return
      received = ''
      messages.push(message)
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => messages.splice(0),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** A message, once it is whole; undefined before. */
export function messageOf(received: string, isBodiless: boolean, isOver: boolean): Message | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [start = '', ...lines] = received.slice(0, end).split('\r\n')
  const headers = lines.map((line): Field => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const body = bodyOf(
    received.slice(end + 4),
    headers,
    isBodiless || /^HTTP\/1\.1 (?:1\d\d|204|304)/.test(start),
    isOver,
  )
  return body === undefined ? undefined : { start, headers, body }
}

function bodyOf(rest: string, headers: readonly Field[], isBodiless: boolean, isOver: boolean): string | undefined {
  if (isBodiless) return ''
  const value = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  if (value('transfer-encoding') !== undefined) return dechunked(rest)
  const length = value('content-length')
  if (length === undefined) return isOver ? rest : undefined
  return rest.length < Number(length) ? undefined : rest.slice(0, Number(length))
}

function dechunked(text: string): string | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    const end = line + 2 + size
    if (text.length < end + 2) return undefined
    if (size === 0) return body
    body += text.slice(line + 2, end)
    at = end + 2
  }
}
