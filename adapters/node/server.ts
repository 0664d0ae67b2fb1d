import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import { createServer, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { app } from '../../src/http/app.ts'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import { isWebSocket } from '../../src/http/outgoing.ts'
import { isVerify } from '../../src/http/verify-path.ts'
import { after, isLater } from '../../src/lib/maybe.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import { accessOf } from './access.ts'
import { bodyOf } from './body.ts'
import type { Origin } from './forward.ts'
import type { TlsFiles } from './tls.ts'
import { watchTls } from './tls.ts'
import { writeReply } from './write.ts'

/** Node's own limit, which it forgets where `requestTimeout` is off. */
const HEADERS_MILLISECONDS = 60_000
/** How long a body may still come after its reply. */
const UNREAD_MILLISECONDS = 30_000

/** A Node server that lets every request through the gate: plain ones, upgrades, CONNECT, and those with `Expect`. */
export function gateServer(gate: Gate, origin: Origin, now: () => EpochSeconds, tls: TlsFiles | undefined): Server {
  const hono = app<{ Bindings: HttpBindings }>({
    gate: () => gate,
    access: (c) => accessOf(c.env.incoming, now()),
    // A Node process outlives its replies.
    defer: () => () => undefined,
    body: (c) => bodyOf(c.env.incoming, c.env.outgoing),
    forward: (c, { judgement, allowed }) => {
      origin.forward(c.env.incoming, c.env.outgoing, judgement, allowed)
      return RESPONSE_ALREADY_SENT
    },
  })

  /** Without the Fetch world: for what no `Request` can express, and for connections that are taken over. */
  function handle(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    pass: (passed: NonNullable<Outcome['passed']>) => void,
  ): void {
    const outcome = after(
      gate.enter(accessOf(incoming, now()), () => undefined),
      ({ reply, passed, asked }) => {
        if (passed) return pass(passed)
        if (reply) return writeReply(outgoing, reply)
        return bodyOf(incoming, outgoing)
          .then(asked)
          .then((answer) => writeReply(outgoing, answer))
      },
    )
    if (isLater(outcome)) outcome.catch(() => outgoing.destroy())
  }

  function listener(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (hasContent(incoming)) outgoing.once('finish', () => endUnread(incoming))
    const withoutFetch = () =>
      handle(incoming, outgoing, ({ judgement, allowed }) => origin.forward(incoming, outgoing, judgement, allowed))
    // A proxy waits for it before each of its requests. And of HEAD Hono makes a new response, which loses the mark that this
    // one was sent already.
    const isVerification = isVerify(incoming.url ?? '', gate.latchkey.settings.base)
    if (isVerification || incoming.method === 'HEAD') withoutFetch()
    else {
      const answered = getRequestListener(hono.fetch, { errorHandler: withoutFetch })(incoming, outgoing)
      answered.catch(() => outgoing.destroy())
    }
  }

  /**
   * A reply on a connection whose parser has gone: it ends with it. None where another reply is still to come there,
   * which Node does not wait for: whoever takes over a connection before it is free loses it.
   */
  function outgoingOn(socket: Duplex, incoming: IncomingMessage): ServerResponse | undefined {
    const outgoing = new ServerResponse(incoming)
    outgoing.shouldKeepAlive = false
    socket.on('error', () => outgoing.destroy())
    try {
      outgoing.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
    } catch {
      socket.destroy()
      return undefined
    }
    outgoing.on('finish', () => socket.end())
    return outgoing
  }

  const settings: ServerOptions & { shouldUpgradeCallback?: (incoming: IncomingMessage) => boolean } = {
    // A long upload is the origin's to judge. Slow headers are not, and Node gives them the shorter of the two times.
    requestTimeout: 0,
    headersTimeout: HEADERS_MILLISECONDS,
    // Newer Node asks; older ones hand every upgrade over, see below.
    shouldUpgradeCallback: (incoming) => isWebSocket(accessOf(incoming, 0)),
  }
  const server = tls ? createTlsServer(settings) : createServer(settings)
  if (tls) watchTls(server as ReturnType<typeof createTlsServer>, tls)
  // Older Node passes over what exceeds its count, in one list of the fields and not in the other. Their size is limited.
  server.maxHeadersCount = 0
  server.on('request', listener)
  // Only a request that passes gets "100 Continue", so that a refusal never reads the body.
  server.on('checkContinue', listener)
  server.on('connect', (incoming, socket) => {
    const outgoing = outgoingOn(socket, incoming)
    if (!outgoing) return
    // A path is no target of CONNECT (RFC 9112 3.2.3), and anything else is refused before.
    handle(incoming, outgoing, ({ judgement }) =>
      writeReply(outgoing, gate.refuse({ reason: 'request-ambiguous' }, judgement.access)),
    )
  })
  server.on('upgrade', (incoming, socket, head) => {
    const outgoing = outgoingOn(socket, incoming)
    if (!outgoing) return
    handle(incoming, outgoing, ({ judgement, allowed }) => {
      const { access } = judgement
      const refuse = () => writeReply(outgoing, gate.refuse({ reason: 'request-ambiguous' }, access))
      // Nobody reads this body as one any more: an origin that was told of it would take the next request for it.
      if (hasContent(incoming)) refuse()
      else if (isWebSocket(access)) origin.upgrade(incoming, socket, head, outgoing, judgement, allowed)
      else if (head.length === 0) origin.forward(incoming, outgoing, judgement, allowed)
      else refuse()
    })
  })
  return server
}

/** Whether a body was announced that is not empty. */
function hasContent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Whoever has the reply and goes on sending is not waited for without an end. */
function endUnread(incoming: IncomingMessage): void {
  if (incoming.complete) return
  const timer = setTimeout(() => incoming.socket.destroy(), UNREAD_MILLISECONDS)
  timer.unref()
  incoming.once('close', () => clearTimeout(timer))
}
