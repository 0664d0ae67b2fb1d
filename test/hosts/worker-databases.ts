import { readdirSync, readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import type { Runtime, Service } from './worker-runtime.ts'
import { COMPATIBILITY_DATE } from './worker-runtime.ts'
import { writtenLines } from './written-lines.ts'

/** A Worker that has D1 databases, by binding. */
export interface ServiceWithDatabases extends Service {
  readonly databases: Readonly<Record<string, 'keys' | 'empty'>>
}

export interface RuntimeWithDatabases extends Runtime {
  /** The one that the migrations were applied to; `empty` is another one, which has no tables. */
  readonly keys: D1Database
}

/**
 * Runs workerd with Cloudflare's own local D1. Each Worker has a socket of its own, as in `runtime`, so that nothing in
 * between reads or writes what a test sends.
 */
export async function runtimeWithDatabases(services: readonly ServiceWithDatabases[]): Promise<RuntimeWithDatabases> {
  const written = writtenLines()
  const options = convertV4MiniflareOptions({
    port: 0,
    handleStructuredLogs({ message }) {
      for (const line of message.split('\n')) written.write(line)
    },
    workers: [...services.map(workerOf), databasesOf()],
  })
  const platform = new Miniflare(options)
  await platform.ready
  const urls = await Promise.all(services.map(({ name }) => platform.unsafeGetDirectURL(name)))
  const ports = new Map(services.map(({ name }, place) => [name, Number(urls[place]?.port)]))
  const keys = (await platform.getD1Database('KEYS', OWN)) as unknown as D1Database
  await migrate(keys)
  return {
    keys,
    lines: written.lines,
    line: written.line,
    portOf: (service) => ports.get(service) as number,
    stop: () => platform.dispose(),
  }
}

/** A Worker by which the tests themselves reach the database. */
const OWN = 'own'
const COMMON = { compatibilityDate: COMPATIBILITY_DATE }

function databasesOf() {
  return { ...COMMON, name: OWN, modules: true, script: 'export default {}', d1Databases: { KEYS: 'keys' } } as const
}

function workerOf({ name, bundle, bindings = {}, databases }: ServiceWithDatabases) {
  return {
    ...COMMON,
    name,
    modules: bundle.map((each) => ({ type: 'ESModule' as const, path: each.name, contents: each.text })),
    bindings: Object.fromEntries(Object.entries(bindings).map(([key, value]) => [key, jsonOf(value)])),
    d1Databases: databases,
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  }
}

function jsonOf(binding: NonNullable<Service['bindings']>[string]) {
  if ('text' in binding) return binding.text
  if ('json' in binding) return binding.json as { readonly [key: string]: never }
  throw new TypeError('no binding of another service')
}

const MIGRATIONS = new URL('../../migrations/d1/', import.meta.url)

async function migrate(database: D1Database): Promise<void> {
  for (const name of readdirSync(MIGRATIONS).sort()) {
    const sql = readFileSync(new URL(name, MIGRATIONS), 'utf8').replace(/^--.*$/gm, '')
    const statements = sql.split(';').filter((statement) => statement.trim() !== '')
    await database.batch(statements.map((statement) => database.prepare(statement)))
  }
}
