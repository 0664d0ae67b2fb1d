import type { IncomingMessage, Server } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { bodyOf } from '../stores/server.ts'
import type { Api, Fields, Placed, Wire } from './gateway/api.ts'
import { authorizerOf, integrated } from './gateway/integration.ts'
import type { Call, Kept } from './gateway/judge.ts'
import { judge } from './gateway/judge.ts'
import { place } from './gateway/place.ts'
import type { Reply } from './gateway/refusals.ts'

export type { Api, Authorizer, Fields } from './gateway/api.ts'
export type { Call } from './gateway/judge.ts'
export type { GatewayResponses, Reply } from './gateway/refusals.ts'
export { evaluate } from './iam.ts'

/**
 * Amazon API Gateway and AppSync on this machine, as far as an authorizer sees them: real HTTP and WebSocket in, the
 * authorizer's function called with the event that AWS documents, its answer read, kept and evaluated as AWS documents it,
 * and a small integration behind. Each file under `gateway/` names the pages that it follows; what they do not say is said
 * there.
 */
export interface Gateway {
  readonly port: number
  /** Every call of an authorizer's function so far. */
  readonly calls: readonly Call[]
  /** Sends a request as it is written. */
  send(sent: Request): Promise<Reply>
  /** Connects to a WebSocket API: the first message that it sends, or the refusal of the upgrade. */
  connect(sent: Request): Promise<Reply>
  /** Empties the result cache, as the control plane's flush of a stage does. */
  flush(): void
  stop(): Promise<void>
}

export interface Request {
  readonly method?: string
  readonly target: string
  /** Default `api.example`, the custom domain. */
  readonly host?: string
  readonly fields?: Fields
  /** Default `203.0.113.7`. */
  readonly address?: string
  readonly body?: string
}

/** Where the client of the stub says from which address it comes, as it is all on one machine. The gateway takes it away. */
const ADDRESS = 'stub-address'

/** Starts a gateway before some APIs, on a clock in epoch seconds that the test moves. */
export async function gateway(apis: readonly Api[], now: () => number): Promise<Gateway> {
  const kept: Kept = { now, calls: [], results: new Map() }
  const server = createServer((incoming, outgoing) => {
    replyTo(incoming).then(
      ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
      // Not of AWS: the test asked for what this stub cannot do.
      (error) => outgoing.writeHead(599).end(String(error)),
    )
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (incoming, socket, head) => void upgrade(incoming, socket, head))

  async function replyTo(incoming: IncomingMessage): Promise<Reply> {
    const placed = place(apis, wireOf(incoming, await bodyOf(incoming)))
    if ('status' in placed) return placed
    const outcome = await judge(placed, kept)
    return 'status' in outcome ? outcome : integrated(placed, outcome)
  }

  /** Only `$connect` is authorized; the connection then lives on, whoever is revoked. */
  async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const placed = place(apis, wireOf(incoming, ''))
    const outcome = 'status' in placed ? placed : await judge(placed, kept)
    if ('status' in outcome) return refuse(socket, outcome)
    sockets.handleUpgrade(incoming, socket, head, (client) =>
      client.send(JSON.stringify({ authorizer: authorizerOf(placed as Placed, outcome) })),
    )
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    calls: kept.calls,
    send: (sent) => send(port, sent),
    connect: (sent) => connect(port, sent),
    flush: () => kept.results.clear(),
    stop: () => stop(server, sockets),
  }
}

function wireOf(incoming: IncomingMessage, body: string): Wire {
  const { method = '', url = '', rawHeaders } = incoming
  const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] as string] as const] : []))
  const isAddress = ([name]: readonly [string, string]) => name.toLowerCase() === ADDRESS
  return {
    method,
    target: url,
    fields: fields.filter((field) => !isAddress(field)),
    address: fields.find(isAddress)?.[1] ?? '203.0.113.7',
    body,
  }
}

function refuse(socket: Duplex, { status, headers, body }: Reply): void {
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(body.length) })
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n${body}`)
}

function allFields({ host = 'api.example', fields = [], address }: Request): string[] {
  const own: Fields = [['Host', host], ...(address === undefined ? [] : [['Stub-Address', address] as const])]
  return [...own, ...fields].flat()
}

function send(port: number, sent: Request): Promise<Reply> {
  const { method = 'GET', target: path, body } = sent
  return new Promise((resolve, reject) => {
    const headers = [...allFields(sent), ...(body === undefined ? [] : ['Content-Length', String(body.length)])]
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      bodyOf(incoming).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: text }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function connect(port: number, sent: Request): Promise<Reply> {
  const { target, host = 'api.example', address, fields = [] } = sent
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries([
      ['Host', host],
      ...fields,
      ...(address === undefined ? [] : [['Stub-Address', address] as const]),
    ])
    const client = new WebSocket(`ws://127.0.0.1:${port}${target}`, { headers })
    client.on('message', (message: Buffer) => {
      client.terminate()
      resolve({ status: 101, headers: {}, body: message.toString() })
    })
    client.on('unexpected-response', (_, incoming) => {
      bodyOf(incoming).then(
        (body) => resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body }),
        reject,
      )
    })
    client.on('error', reject)
  })
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function stop(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
