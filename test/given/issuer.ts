import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An identity provider on this machine: it publishes keys, may rotate them, and may be down. */
export interface Issuer {
  readonly url: string
  /** What is published at `/jwks.json`. */
  keys: string
  /** `hang` answers nothing, `broken` an error, `moved` a redirect. */
  state: 'up' | 'hang' | 'broken' | 'moved'
  /** The paths that were asked for. */
  readonly asked: string[]
  /** Takes the whole server away, and brings it back at the same URL. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startIssuer(keys: string): Promise<Issuer> {
  let server = await listening(0)
  const { port } = server.address() as AddressInfo
  const issuer: Issuer = {
    url: `http://127.0.0.1:${port}`,
    keys,
    state: 'up',
    asked: [],
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      server = await listening(port)
    },
  }
  return issuer

  function listening(at: number): Promise<Server> {
    const started = createServer(answer)
    return new Promise((resolve) => started.listen(at, '127.0.0.1', () => resolve(started)))
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    issuer.asked.push(request.url as string)
    if (issuer.state === 'hang') return
    if (issuer.state === 'broken') response.writeHead(500).end('a page about an error')
    else if (issuer.state === 'moved') response.writeHead(302, { Location: '/elsewhere.json' }).end()
    else if (request.url === '/jwks.json' || request.url === '/elsewhere.json') response.end(issuer.keys)
    else if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks.json` }))
    } else response.writeHead(404).end()
  }
}
