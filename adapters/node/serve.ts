import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import { createServer, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { nodeDigests } from '../../src/crypto/node.ts'
import { app } from '../../src/http/app.ts'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { isWebSocket } from '../../src/http/outgoing.ts'
import { isOriginUrl } from '../../src/lib/host.ts'
import { after } from '../../src/lib/maybe.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { accessOf } from './access.ts'
import type { Origin } from './forward.ts'
import { originAt } from './forward.ts'
import { stopper } from './stop.ts'
import type { TlsFiles } from './tls.ts'
import { watchTls } from './tls.ts'
import { writeReply } from './write.ts'

export interface ServeOptions {
  /** The document, or its text; a faulty one is served as 503 `not-configured`. */
  readonly document?: GivenDocument | undefined
  readonly text?: string | undefined
  /** Goes before the document's own. */
  readonly origin?: string | undefined
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** Default 8787; 0 takes a free one. */
  readonly port?: number | undefined
  readonly tls?: TlsFiles | undefined
  /** Default: the process's environment. */
  readonly secrets?: SecretSource | undefined
  /** Default: JSON lines on stdout. */
  readonly sink?: Sink | undefined
  /** The clock, in epoch seconds. */
  readonly now?: (() => EpochSeconds) | undefined
}

export interface Running {
  readonly url: string
  readonly gate: Gate
  /** Stops taking requests, lets those in flight finish for at most `graceSeconds` (10), then ends them. */
  close(graceSeconds?: number): Promise<void>
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787
export const GRACE_SECONDS = 10
/** Node's own limit, which it forgets where `requestTimeout` is off. */
const HEADERS_MILLISECONDS = 60_000

/** A document names no origin, and none was given. */
export class OriginMissing extends Error {
  override name = 'OriginMissing'
}

/** Runs the gate on Node. */
export async function serve(options: ServeOptions): Promise<Running> {
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const secrets = options.secrets ?? env(process.env)
  const host = { now, elapsed: () => performance.now(), digests: nodeDigests(), secrets, sink }
  const gate = gateOf(await load({ text: options.text, document: options.document }, host, { transport: 'any' }))
  gate.latchkey.warm()
  const isFaulty = gate.latchkey.settings.routes.length === 0
  const url = options.origin ?? (await originUrl(gate, secrets))
  if (url === undefined && !isFaulty)
    throw new OriginMissing('name an origin: --origin URL, or "origin" in the document')
  const origin = originAt(url ?? 'http://127.0.0.1:9', gate, (requestId, reason) =>
    sink.write({ type: 'origin-failed', time: new Date(now() * 1000).toISOString(), requestId, reason }),
  )
  const server = gateServer(gate, origin, now, options.tls)
  const stop = stopper(server)
  await listen(server, options.port ?? DEFAULT_PORT, options.host ?? DEFAULT_HOST)
  const { address, port, family } = server.address() as AddressInfo
  const authority = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  return {
    url: `${options.tls ? 'https' : 'http'}://${authority}`,
    gate,
    close: async (graceSeconds = GRACE_SECONDS) => {
      await stop(graceSeconds)
      origin.close()
    },
  }
}

/** `binding` names a variable that holds the URL here. */
async function originUrl(gate: Gate, secrets: SecretSource): Promise<string | undefined> {
  const origin = gate.latchkey.settings.origin
  if (origin?.binding === undefined) return origin?.url
  const [url] = await secrets.get(origin.binding)
  if (url === undefined) return origin.url
  if (!isOriginUrl(url))
    throw new OriginMissing(`${origin.binding} must hold a URL such as http://127.0.0.1:9000, with no path`)
  return url.replace(/\/$/, '')
}

function gateServer(gate: Gate, origin: Origin, now: () => EpochSeconds, tls: TlsFiles | undefined): Server {
  const hono = app<{ Bindings: HttpBindings }>({
    gate: () => gate,
    access: (c) => accessOf(c.env.incoming, now()),
    // A Node process outlives its replies.
    defer: () => () => undefined,
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
      ({ reply, passed }) => (reply ? writeReply(outgoing, reply) : pass(passed)),
    )
    void Promise.resolve(outcome).catch(() => outgoing.destroy())
  }

  function listener(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const withoutFetch = () =>
      handle(incoming, outgoing, ({ judgement, allowed }) => origin.forward(incoming, outgoing, judgement, allowed))
    // Hono makes a new response for HEAD, which loses the mark that this one was sent already.
    if (incoming.method === 'HEAD') withoutFetch()
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

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
