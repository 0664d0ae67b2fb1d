import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Field } from '../given/access.ts'

/** A response as it came over the wire, body taken out of its framing. */
export interface WireResponse {
  readonly status: number
  readonly headers: readonly Field[]
  readonly body: string
}

/** A connection on which a test writes and reads bytes as they are; one character is one byte. */
export interface Wire {
  readonly socket: Socket
  write(text: string): void
  /** Waits until what was received matches, and gives all of it; fails where the connection ends before. */
  until(pattern: RegExp): Promise<string>
  /** Waits until the other side has ended the connection, and gives all that was received. */
  closed(): Promise<string>
}

export async function wireTo(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) })
  onTestFinished(() => {
    socket.destroy()
  })
  let received = ''
  let isClosed = false
  const waiting = new Set<() => void>()
  const look = () => {
    for (const each of [...waiting]) each()
  }
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
    look()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isClosed = true
    look()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })

  function wait(isDone: () => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        if (!isDone() && !isClosed) return
        waiting.delete(attempt)
        if (isDone()) resolve(received)
        else reject(new Error(`the connection ended after ${JSON.stringify(received)}`))
      }
      waiting.add(attempt)
      attempt()
    })
  }

  return {
    socket,
    write: (text) => void socket.write(text, 'latin1'),
    until: (pattern) => wait(() => pattern.test(received)),
    closed: () => wait(() => isClosed),
  }
}

/** Sends bytes as they are and gives the one response; the request should say `Connection: close`. */
export async function exchange(url: string, text: string): Promise<WireResponse> {
  const wire = await wireTo(url)
  wire.write(text)
  return responseOf(await wire.closed())
}

/** A request of the simplest form, its connection closed behind it. */
export function requestText(line: string, fields: readonly Field[] = [], body = ''): string {
  const all: Field[] = [['Host', 'api.example'], ...fields, ['Connection', 'close']]
  if (body !== '') all.push(['Content-Length', String(body.length)])
  return `${line} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** Takes the last response of a text apart; interim ones before it are passed over. */
export function responseOf(text: string): WireResponse {
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...lines] = text.slice(0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1])
  const rest = text.slice(end + 4)
  if (status >= 100 && status < 200 && status !== 101) return responseOf(rest)
  const headers = lines.map((each): Field => {
    const colon = each.indexOf(':')
    return [each.slice(0, colon), each.slice(colon + 1).trim()]
  })
  const isChunked = headers.some(([name, value]) => /^transfer-encoding$/i.test(name) && /chunked/i.test(value))
  return { status, headers, body: isChunked ? unchunked(rest) : rest }
}

function unchunked(text: string): string {
  let body = ''
  for (let rest = text; ; ) {
    const size = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest)
    const length = Number.parseInt(size?.[1] ?? '0', 16)
    if (!size || length === 0) return body
    body += rest.slice(size[0].length, size[0].length + length)
    rest = rest.slice(size[0].length + length + 2)
  }
}

/** Every value of a field of a response. */
export function valuesOf({ headers }: WireResponse, name: string): string[] {
  return headers.flatMap(([each, value]) => (each.toLowerCase() === name.toLowerCase() ? [value] : []))
}
