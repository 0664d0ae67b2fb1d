import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { Judgement } from '../../src/build.ts'
import type { Gate } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import type { Outgoing } from '../../src/http/outgoing.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import type { Allowed, Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import { writeReply } from './write.ts'

/** Shorter than the idle time of any origin in use, so that a request rarely meets a connection that is being closed. */
const IDLE_MILLISECONDS = 4000

/** Sends requests to the origin by `node:http`, so that bytes stay bytes: no decompression, no URL parser, any method. */
export interface Origin {
  /** Streams a request on and its response back. */
  forward(incoming: IncomingMessage, outgoing: ServerResponse, judgement: Judgement, allowed: Allowed): void
  /** Passes a WebSocket on; `outgoing` is for an answer that is no upgrade. */
  upgrade(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    outgoing: ServerResponse,
    judgement: Judgement,
    allowed: Allowed,
  ): void
  close(): void
}

export function originAt(url: string, gate: Gate, failed: (requestId: string, reason: Failure) => void): Origin {
  const { protocol, hostname, port, host } = new URL(url)
  const isTls = protocol === 'https:'
  const options = { keepAlive: true, timeout: IDLE_MILLISECONDS }
  const agent = isTls ? new TlsAgent(options) : new Agent(options)
  const { settings } = gate.latchkey
  const clean = cleaner(settings)
  const timeoutMilliseconds = (settings.origin?.timeoutSeconds ?? 30) * 1000

  function send(method: string, { target, fields }: Outgoing, framing: readonly Field[]): ClientRequest {
    const headers = [['Host', host], ...fields, ...framing].flat()
    const name = hostname.replace(/^\[|\]$/g, '')
    const request = (isTls ? httpsRequest : httpRequest)({ agent, hostname: name, port, method, path: target, headers })
    request.setNoDelay(true)
    return request
  }

  function refuse(outgoing: ServerResponse, judgement: Judgement, refusal: Refusal): void {
    if (outgoing.headersSent) outgoing.destroy()
    else writeReply(outgoing, gate.refuse(refusal, judgement.access))
  }

  /** Calls back with the response's head, or refuses: once, whichever comes first. */
  function awaitHead(request: ClientRequest, outgoing: ServerResponse, judgement: Judgement): void {
    let isSettled = false
    const timer = setTimeout(() => settle('origin-timeout'), timeoutMilliseconds)
    const settle = (reason?: Failure) => {
      clearTimeout(timer)
      if (isSettled) return
      isSettled = true
      if (!reason) return
      request.destroy()
      failed(judgement.access.requestId, reason)
      refuse(outgoing, judgement, { reason })
    }
    request.on('response', () => settle())
    request.on('upgrade', () => settle())
    request.on('error', () => settle('origin-unreachable'))
    // As long as the body moves, the origin is not late.
    request.on('drain', () => timer.refresh())
    request.on('finish', () => timer.refresh())
    outgoing.on('close', () => {
      isSettled = true
      clearTimeout(timer)
      if (!outgoing.writableFinished) request.destroy()
    })
  }

  function cleaned(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    judgement: Judgement,
    allowed: Allowed,
  ): Outgoing | undefined {
    const result = clean(pairs(incoming.rawHeaders), judgement, allowed)
    if (!isRefusal(result)) return result
    refuse(outgoing, judgement, result)
    return undefined
  }

  function giveBack(response: IncomingMessage, outgoing: ServerResponse, judgement: Judgement, allowed: Allowed): void {
    const fields = returningFields(pairs(response.rawHeaders), judgement.access, allowed)
    outgoing.sendDate = !fields.some(([name]) => name.toLowerCase() === 'date')
    outgoing.writeHead(response.statusCode as number, response.statusMessage, fields.flat())
    // An origin that hangs up half-way must not look like a whole response: the client's connection is cut as well.
    pipeline(response, outgoing, () => undefined)
  }

  return {
    forward(incoming, outgoing, judgement, allowed) {
      const outgoingRequest = cleaned(incoming, outgoing, judgement, allowed)
      if (!outgoingRequest) return
      const framing = framingOf(incoming, judgement.access.method, outgoingRequest.fields)
      const request = send(judgement.access.method, outgoingRequest, framing)
      awaitHead(request, outgoing, judgement)
      request.on('response', (response) => giveBack(response, outgoing, judgement, allowed))
      if (!hasBody(incoming)) request.end()
      else {
        if (incoming.headers.expect !== undefined) outgoing.writeContinue()
        pipeline(incoming, request, () => undefined)
      }
    },

    upgrade(incoming, socket, head, outgoing, judgement, allowed) {
      const outgoingRequest = cleaned(incoming, outgoing, judgement, allowed)
      if (!outgoingRequest) return
      const request = send('GET', outgoingRequest, [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
      ])
      awaitHead(request, outgoing, judgement)
      request.on('response', (response) => giveBack(response, outgoing, judgement, allowed))
      request.on('upgrade', (response, originSocket, originHead) => {
        outgoing.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0])
        socket.write(upgradeHead(response))
        if (originHead.length > 0) socket.write(originHead)
        if (head.length > 0) originSocket.write(head)
        pipeline(socket, originSocket, socket, () => undefined)
      })
      request.end()
    },

    close: () => agent.destroy(),
  }
}

export type Failure = 'origin-unreachable' | 'origin-timeout'

function* pairs(raw: readonly string[]): Generator<Field> {
  for (let place = 0; place < raw.length; place += 2) yield [raw[place] as string, raw[place + 1] as string]
}

function hasLength(fields: readonly Field[]): boolean {
  return fields.some(([name]) => name.toLowerCase() === 'content-length')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
}

/** Methods that have no body unless a field says so (RFC 9110 9.3); of all others an empty one must be told. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

/** A body whose length is told keeps it; any other is chunked again, as its framing was this connection's own. */
function framingOf(incoming: IncomingMessage, method: string, fields: readonly Field[]): Field[] {
  if (hasLength(fields)) return []
  if (hasBody(incoming)) return [['Transfer-Encoding', 'chunked']]
  return BODILESS.has(method) ? [] : [['Content-Length', '0']]
}

function upgradeHead(response: IncomingMessage): string {
  const fields = Array.from(pairs(response.rawHeaders), ([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 101 Switching Protocols\r\n${fields.join('')}\r\n`
}
