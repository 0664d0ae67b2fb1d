import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { AbstractActor, CommunicationProtocolEnum, DaprServer, HttpMethod, LogLevel } from '@dapr/dapr'
import type { Express } from 'express'
import express from 'express'

export interface AppOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly sidecarPort: number
  /** An Express app with middleware of one's own. */
  readonly http?: Express
}

export interface App {
  readonly url: string
  /** What the subscription got: the event's data, and the headers as they arrived. */
  readonly deliveries: { readonly data: unknown; readonly headers: Record<string, string> }[]
  close(): Promise<void>
}

/** An actor that keeps its count in memory, so that the example needs no state store. */
class Counter extends AbstractActor {
  #count = 0

  async add(amount: number): Promise<number> {
    this.#count += amount
    return this.#count
  }
}

/** A Dapr app with one of each: a subscription, an input binding, a method, a job, an actor. It checks no token itself. */
export async function startApp({ port, sidecarPort, http = express() }: AppOptions): Promise<App> {
  const deliveries: App['deliveries'] = []
  const listening = listenOnLoopback(http)
  const dapr = new DaprServer({
    serverHost: '127.0.0.1',
    serverPort: String(port),
    serverHttp: http,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    clientOptions: { daprHost: '127.0.0.1', daprPort: String(sidecarPort) },
    logger: { level: LogLevel.Warn },
  })
  const deliver = async (data: unknown, headers: object) => {
    deliveries.push({ data, headers: headers as Record<string, string> })
  }
  await dapr.pubsub.subscribe('pubsub', 'orders', deliver)
  await dapr.binding.receive('orders-queue', async () => undefined)
  await dapr.invoker.listen('price', async () => ({ price: 12 }), { method: HttpMethod.GET })
  await dapr.invoker.listen('job/nightly', async () => ({ done: true }), { method: HttpMethod.POST })
  await dapr.actor.init()
  await dapr.actor.registerActor(Counter)
  // Listens first, then waits for the sidecar.
  await dapr.start()
  const address = (await listening).address() as AddressInfo
  return { url: `http://127.0.0.1:${address.port}`, deliveries, close: () => dapr.stop() }
}

/** The SDK listens on every interface, whatever `serverHost` says. Beside a gate that would be a second door. */
function listenOnLoopback(http: Express): Promise<Server> {
  return new Promise((resolve) => {
    const listen = http.listen.bind(http) as (port: number, host: string) => Server
    http.listen = ((port: number) => {
      const server = listen(port, '127.0.0.1')
      server.once('listening', () => resolve(server))
      return server
    }) as Express['listen']
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { APP_PORT = '3001', DAPR_HTTP_PORT = '3500' } = process.env
  const { url } = await startApp({ port: Number(APP_PORT), sidecarPort: Number(DAPR_HTTP_PORT) })
  console.log(`the app listens on ${url}, and only there`)
}
