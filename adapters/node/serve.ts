import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { management } from '../../src/http/management.ts'
import { isOriginUrl } from '../../src/lib/host.ts'
import type { GivenDocument } from '../../src/load.ts'
import { load } from '../../src/load.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Sink, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { originSettings } from '../../src/origin.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { startChores } from './chores.ts'
import { nodeEquipment } from './equipment.ts'
import { originAt } from './forward.ts'
import { gateServer } from './server.ts'
import { stopper } from './stop.ts'
import type { OpenedStore } from './stores.ts'
import type { TlsFiles } from './tls.ts'

export interface ServeOptions {
  /** The document, or its text; a faulty one is served as 503 `not-configured`. */
  readonly document?: GivenDocument | undefined
  readonly text?: string | undefined
  /** Goes before the document's own. */
  readonly origin?: string | undefined
  /** Where issued keys are kept, opened or as `sqlite:./keys.db`; goes before what the document's `store` names. */
  readonly store?: OpenedStore | string | undefined
  /** The text of a store that is given opened, for what is kept beside it. */
  readonly storeText?: string | undefined
  /** Where the vendors' own variables are, for stores that need some. Default: the process's environment. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
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

/** Few documents have identities, and what signs them loads jose. */
const signing = async () => (await import('../../src/key-sets/signing-by-node.ts')).signingByNode

export interface Running {
  readonly url: string
  readonly gate: Gate
  /** Stops taking requests, lets those in flight finish for at most `graceSeconds` (10), then ends them. */
  close(graceSeconds?: number): Promise<void>
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787
export const GRACE_SECONDS = 10

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
  const { store, storeText: limiterText, variables = process.env } = options
  const equipment = nodeEquipment({ store, limiterText, variables, secrets, now })
  const source = { text: options.text, document: options.document }
  const gate = gateOf(await load(source, host, { transport: 'any' }, equipment), management, signing)
  await probe(gate.latchkey.equipped?.store)
  void gate.latchkey.warm()
  const isFaulty = gate.latchkey.settings.routes.length === 0
  const url = options.origin ?? (await originUrl(gate, secrets))
  if (url === undefined && !isFaulty)
    throw new OriginMissing('name an origin: --origin URL, or "origin" in the document')
  const origin = originAt(url ?? 'http://127.0.0.1:9', gate, (requestId, reason) =>
    sink.write({ type: 'origin-failed', time: new Date(now() * 1000).toISOString(), requestId, reason }),
  )
  const server = gateServer(gate, origin, now, options.tls)
  const stop = stopper(server)
  const endChores = startChores(gate.latchkey, now)
  await listen(server, options.port ?? DEFAULT_PORT, options.host ?? DEFAULT_HOST)
  const { address, port, family } = server.address() as AddressInfo
  const authority = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  return {
    url: `${options.tls ? 'https' : 'http'}://${authority}`,
    gate,
    close: async (graceSeconds = GRACE_SECONDS) => {
      await stop(graceSeconds)
      origin.close()
      await endChores()
      await equipment.close()
    },
  }
}

/** A store that is not set up is told at the start; one that is down may come back. */
async function probe(store: Store | undefined): Promise<void> {
  try {
    await store?.get('meta:probe')
  } catch (error) {
    if (error instanceof StoreError && (error.trouble === 'refused' || error.trouble === 'unreadable')) throw error
  }
}

/** `binding` names a variable that holds the URL here. */
async function originUrl(gate: Gate, secrets: SecretSource): Promise<string | undefined> {
  const origin = originSettings(gate.latchkey.settings)
  if (origin?.binding === undefined) return origin?.url
  const [url] = await secrets.get(origin.binding)
  if (url === undefined) return origin.url
  if (!isOriginUrl(url))
    throw new OriginMissing(`${origin.binding} must hold a URL such as http://127.0.0.1:9000, with no path`)
  return url.replace(/\/$/, '')
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
