import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Field } from '../../src/http/hop-by-hop.ts'
import type { Vector } from './vector.ts'

/** A whole response, as it was read from a socket. */
export interface WireReply {
  readonly status: number
  readonly headers: readonly Field[]
  readonly body: string
}

/** Where a row is sent, and from which address of loopback. */
export interface Endpoint {
  readonly port: number
  readonly isTls: boolean
  readonly localAddress: string
}

/** Longer than any answer of a gate on the same machine. */
const TIMEOUT_MILLISECONDS = 10_000

/** A row's request as bytes: one character is one byte, and nothing is mended on the way. */
export function wireText({ request }: Vector): string {
  const { method, target, host, headers, body } = request
  const hasLength = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  const length: Field[] = body === undefined || hasLength ? [] : [['Content-Length', String(body.length)]]
  const fields = [['Host', host], ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${fields.join('')}\r\n${body ?? ''}`
}

/** Sends bytes over a socket of their own and reads the one response. */
export function exchange({ port, isTls, localAddress }: Endpoint, text: string, method: string): Promise<WireReply> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, localAddress }
    // The certificate was made for this run, so there is nobody who could have signed it.
    const socket: Socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to)
    let received = ''
    const settle = (isEnded: boolean) => {
      const reply = replyIn(received, method, isEnded)
      if (!reply && !isEnded) return
      socket.destroy()
      if (reply) resolve(reply)
      else reject(new Error(`the connection ended after ${received.length} bytes`))
    }
    socket.setEncoding('latin1')
    socket.setTimeout(TIMEOUT_MILLISECONDS, () => socket.destroy(new Error('no whole response in time')))
    socket.on('data', (chunk: string) => {
      received += chunk
      settle(false)
    })
    socket.on('end', () => settle(true))
    socket.on('error', reject)
    socket.write(text, 'latin1')
  })
}

/** The response in what was received so far; undefined where it is not whole yet. */
function replyIn(received: string, method: string, isEnded: boolean): WireReply | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  const headers = lines.map((line): Field => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const body = bodyOf(received.slice(end + 4), headers, method === 'HEAD' || status === 204 || status === 304, isEnded)
  return body === undefined ? undefined : { status, headers, body }
}

function bodyOf(rest: string, headers: readonly Field[], isBodiless: boolean, isEnded: boolean): string | undefined {
  const field = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  if (isBodiless) return rest
  if (field('transfer-encoding') === 'chunked') return unchunked(rest)
  const length = field('content-length')
  if (length === undefined) return isEnded ? rest : undefined
  return rest.length >= Number(length) ? rest : undefined
}

function unchunked(rest: string): string | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(rest.slice(at, line), 16)
    if (rest.length < line + 2 + size + 2) return undefined
    if (size === 0) return body
    body += rest.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}
