import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Stops taking requests, lets those in flight finish for at most `graceSeconds`, then ends them. */
export type Stop = (graceSeconds: number) => Promise<void>

/** Follows a server's connections and answers, so that it can be stopped without cutting one off. */
export function stopper(server: Server): Stop {
  // Those that a WebSocket has taken over too, which Node itself no longer counts.
  const sockets = new Set<Duplex>()
  const answers = new Set<ServerResponse>()

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const follow = (_: IncomingMessage, outgoing: ServerResponse) => {
    if (!server.listening) outgoing.shouldKeepAlive = false
    answers.add(outgoing)
    outgoing.on('close', () => {
      answers.delete(outgoing)
      if (!server.listening) server.closeIdleConnections()
    })
  }
  server.prependListener('request', follow).prependListener('checkContinue', follow)

  return (graceSeconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, graceSeconds * 1000)
      server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      server.closeIdleConnections()
      // A connection that is kept alive would keep the server for as long; it ends with the answer that is under way.
      for (const outgoing of answers) outgoing.shouldKeepAlive = false
    })
}
