import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Running } from '../../adapters/node/serve.ts'
import { serve } from '../../adapters/node/serve.ts'
import type { TlsFiles } from '../../adapters/node/tls.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { sqlite as countedInSqlite } from '../../src/limiters/sqlite.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { NOBODY } from '../stores/server.ts'
import type { Received } from './compare.ts'
import { seed } from './seed.ts'
import type { Vector } from './vector.ts'

/** A running gate, and the events that it has written. */
export interface NodeGate {
  readonly running: Running
  readonly events: readonly LatchkeyEvent[]
}

/** An origin that keeps what it received since it was last asked, and answers 200 with nothing. */
export interface RecordingOrigin {
  readonly url: string
  take(): Received | undefined
  close(): Promise<void>
}

export async function recordingOrigin(): Promise<RecordingOrigin> {
  let received: Received[] = []
  const server: Server = createServer((incoming, outgoing) => {
    const { method = '', url = '', rawHeaders } = incoming
    received.push({ method, target: url, headers: pairs(rawHeaders) })
    incoming.resume()
    outgoing.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const [first, ...more] = received
      received = []
      if (more.length > 0) throw new Error('more than one request arrived at the origin')
      return first
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pairs(raw: readonly string[]): Field[] {
  return raw.flatMap((name, place): Field[] => (place % 2 === 0 ? [[name, raw[place + 1] as string]] : []))
}

/**
 * Starts one gate for each document, its secrets, its clock and its store, and keeps it for the rows that follow. Keys
 * are in one SQLite file, which holds what all rows of the table begin with.
 */
export async function nodeGates(
  origin: string,
  table: readonly Vector[],
): Promise<{
  gateOf(vector: Vector, isTls: boolean): Promise<NodeGate>
  close(): Promise<void>
}> {
  const gates = new Map<string, Promise<NodeGate>>()
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-node-'))
  const file = join(folder, 'keys.db')
  // A store that is asked over the network, where nobody listens: a file that is there is never down.
  const stores = { up: `sqlite:${file}`, down: `upstash:${NOBODY}`, absent: undefined }
  const variables = { UPSTASH_REDIS_REST_TOKEN: 'the-token-of-this-test' }
  let certificate: TlsFiles | undefined
  let copies = 0
  await seedFile(file, table)

  async function start({ document, secrets, now, store }: Vector, isTls: boolean): Promise<NodeGate> {
    const sink = memorySink()
    const tls = isTls ? copyOf((certificate ??= certificateIn(folder)), ++copies) : undefined
    const given = { ...secrets, [document.store?.binding ?? '']: stores[store?.is ?? 'absent'] }
    const options = { document, secrets: env(given), variables, sink, now: () => now, origin, port: 0, tls }
    return { running: await serve(options), events: sink.events }
  }

  return {
    gateOf(vector, isTls) {
      const key = JSON.stringify([vector.document, vector.secrets, vector.now, vector.store?.is, isTls])
      const known = gates.get(key) ?? start(vector, isTls)
      gates.set(key, known)
      return known
    },
    async close() {
      const all = await Promise.all(gates.values())
      await Promise.all(all.map(({ running }) => running.close(0)))
      rmSync(folder, { recursive: true })
    },
  }
}

async function seedFile(file: string, table: readonly Vector[]): Promise<void> {
  const [store, limiter] = [sqlite(file), countedInSqlite(file)]
  await seed(table, store, limiter)
  limiter.close()
  store.close()
}

/** A certificate for this run only, signed by itself. */
function certificateIn(folder: string): TlsFiles {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-days', '2']
  const output = ['-keyout', files.key, '-out', files.cert]
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...output], { stdio: 'ignore' })
  return files
}

/** Every gate watches files of its own, as it would in a deployment. */
function copyOf({ cert, key }: TlsFiles, number: number): TlsFiles {
  const files = { cert: `${cert}.${number}`, key: `${key}.${number}` }
  copyFileSync(cert, files.cert)
  copyFileSync(key, files.key)
  return files
}
