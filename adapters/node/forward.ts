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
import { originSettings } from '../../src/origin.ts'
import { flushSoon, framingOf, hasBody, pairs, switchingHead } from './framing.ts'
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
  const timeoutMilliseconds = (originSettings(settings)?.timeoutSeconds ?? 30) * 1000

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

  /** Gives the response back, or refuses: once, whichever comes first. The timer is to be refreshed as the body moves. */
  function answer(
    request: ClientRequest,
    outgoing: ServerResponse,
    judgement: Judgement,
    allowed: Allowed,
    switched: Switched = hangUp,
  ): NodeJS.Timeout {
    let isSettled = false
    const timer = setTimeout(() => settle('origin-timeout'), timeoutMilliseconds)
    const settle = (reason: Failure | undefined) => {
      clearTimeout(timer)
      if (isSettled) return
      isSettled = true
      if (!reason) return
      request.destroy()
      failed(judgement.access.requestId, reason)
      refuse(outgoing, judgement, { reason })
    }
    request.on('response', (response) => settle(giveBack(response, outgoing, judgement, allowed)))
    request.on('upgrade', (response, originSocket, head) => settle(switched(response, originSocket, head)))
    request.on('error', () => settle('origin-unreachable'))
    outgoing.on('close', () => {
      isSettled = true
      clearTimeout(timer)
      if (!outgoing.writableFinished) request.destroy()
    })
    return timer
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

  function giveBack(
    response: IncomingMessage,
    outgoing: ServerResponse,
    judgement: Judgement,
    allowed: Allowed,
  ): Failure | undefined {
    const { statusCode = 0, statusMessage = '' } = response
    // Node reads heads that it does not write.
    if (statusCode < 200 || !REASON_PHRASE.test(statusMessage)) return 'origin-unreachable'
    const fields = returningFields(pairs(response.rawHeaders), judgement.access, allowed)
    outgoing.sendDate = !fields.some(([name]) => name.toLowerCase() === 'date')
    outgoing.writeHead(statusCode, statusMessage, fields.flat())
    flushSoon(outgoing)
    // An origin that hangs up half-way must not look like a whole response: the client's connection is cut as well.
    response.on('error', () => outgoing.destroy())
    outgoing.on('error', () => outgoing.destroy())
    response.pipe(outgoing)
    return undefined
  }

  return {
    forward(incoming, outgoing, judgement, allowed) {
      const outgoingRequest = cleaned(incoming, outgoing, judgement, allowed)
      if (!outgoingRequest) return
      const framing = framingOf(incoming, judgement.access.method, outgoingRequest.fields)
      const request = send(judgement.access.method, outgoingRequest, framing)
      const timer = answer(request, outgoing, judgement, allowed)
      if (!hasBody(incoming)) request.end()
      else {
        if (incoming.headers.expect !== undefined) outgoing.writeContinue()
        // While the client sends and the origin takes, nobody is late.
        incoming.on('data', () => timer.refresh())
        // No pipeline: where the origin fails, the client must still be able to read why.
        incoming.pipe(request)
        flushSoon(request)
      }
    },

    upgrade(incoming, socket, head, outgoing, judgement, allowed) {
      const outgoingRequest = cleaned(incoming, outgoing, judgement, allowed)
      if (!outgoingRequest) return
      const request = send('GET', outgoingRequest, SWITCH)
      answer(request, outgoing, judgement, allowed, (response, originSocket, originHead) => {
        const fields = returningFields(pairs(response.rawHeaders), judgement.access, allowed)
        outgoing.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0])
        socket.write(switchingHead([...fields, ...SWITCH]))
        if (originHead.length > 0) socket.write(originHead)
        if (head.length > 0) originSocket.write(head)
        pipeline(socket, originSocket, socket, () => undefined)
        return undefined
      })
      request.end()
    },

    close: () => agent.destroy(),
  }
}

export type Failure = 'origin-unreachable' | 'origin-timeout'

/** Takes over a connection of the origin that has switched to another protocol. */
type Switched = (response: IncomingMessage, originSocket: Duplex, head: Buffer) => Failure | undefined

/** Nobody asked for a switch. */
const hangUp: Switched = (_, originSocket) => {
  originSocket.destroy()
  return 'origin-unreachable'
}

const SWITCH: readonly Field[] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
]

/** RFC 9112 4: what may stand behind a status. */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/
