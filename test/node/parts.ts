import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Running, ServeOptions } from '../../adapters/node/serve.ts'
import { serve } from '../../adapters/node/serve.ts'
import type { Document } from '../../src/document.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Field } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'

/** A request as an origin saw it; one character of the body is one byte. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: readonly Field[]
  readonly body: string
}

export interface TestOrigin {
  readonly url: string
  readonly seen: Seen[]
  /** How many connections it was asked for. */
  connections(): number
}

/** An origin that keeps what it saw once it has read it whole, and answers 200 unless told how; what it does not read is the test's own. */
export async function originThat(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end('ok'),
  { reads = true } = {},
): Promise<TestOrigin> {
  const seen: Seen[] = []
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    if (reads) request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', rawHeaders } = request
      seen.push({ method, url, headers: pairsOf(rawHeaders), body: Buffer.concat(chunks).toString('latin1') })
    })
    answer(request, response)
  })
  let connections = 0
  server.on('connection', () => connections++)
  return { url: await listening(server), seen, connections: () => connections }
}

/** An origin that is no HTTP server: what it does with a connection is the test's own. */
export async function tcpOriginThat(serves: (socket: Socket) => void): Promise<string> {
  return listening(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      serves(socket)
    }),
  )
}

/** An address at which nobody listens. */
export async function nowhere(): Promise<string> {
  const server = createTcpServer()
  const url = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface TestGate extends Running {
  readonly events: readonly LatchkeyEvent[]
}

/** The gate of the Node host in front of an origin, on a port of the system's choice, until the test ends. */
export async function gateAt(
  origin: string | undefined,
  document: Document = DOCUMENT,
  options: ServeOptions = {},
): Promise<TestGate> {
  const sink = memorySink()
  const running = await serve({ document, origin, port: 0, secrets: env(TOKENS), sink, ...options })
  onTestFinished(() => running.close(0))
  return { ...running, events: sink.events }
}

export function pairsOf(raw: readonly string[]): Field[] {
  return raw.flatMap((name, place): Field[] => (place % 2 === 0 ? [[name, raw[place + 1] as string]] : []))
}

/** Every value of a field that an origin saw. */
export function seenValues(seen: Seen | undefined, name: string): string[] {
  return (seen?.headers ?? []).flatMap(([each, value]) => (each.toLowerCase() === name.toLowerCase() ? [value] : []))
}

/** The line of a bearer token, for requests that are written by hand. */
export const AUTHORIZATION: Field = ['Authorization', `Bearer ${TOKENS.FULL}`]
