import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { getPlatformProxy } from 'wrangler'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import type { KvNamespace } from '../../src/stores/cloudflare-kv.ts'
import { COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'

const MIGRATIONS = new URL('../../migrations/d1', import.meta.url).pathname
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js')

/** Bindings of a Worker, as workerd itself gives them. */
export interface Bindings {
  readonly KEYS: KvNamespace
  /** A database that wrangler has applied the migrations to, and one that it has not. */
  readonly MIGRATED: D1Database
  readonly EMPTY: D1Database
}

export interface Platform {
  readonly bindings: Bindings
  stop(): Promise<void>
}

/** Cloudflare's own local platform, with a namespace and two databases. */
export async function platform(): Promise<Platform> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-platform-'))
  const configPath = join(folder, 'wrangler.json')
  const database = (name: string) => ({
    binding: name.toUpperCase(),
    database_name: name,
    database_id: name,
    migrations_dir: MIGRATIONS,
  })
  const config = {
    name: 'stores',
    compatibility_date: COMPATIBILITY_DATE,
    kv_namespaces: [{ binding: 'KEYS', id: 'keys' }],
    d1_databases: [database('migrated'), database('empty')],
  }
  await writeFile(configPath, JSON.stringify(config))
  const state = join(folder, 'state')
  const env = { PATH: process.env['PATH'], HOME: folder, CI: '1', WRANGLER_SEND_METRICS: 'false' }
  const apply = [WRANGLER, 'd1', 'migrations', 'apply', 'migrated', '--local', '--persist-to', state, '-c', configPath]
  await promisify(execFile)(process.execPath, apply, { cwd: folder, env })
  const proxy = await getPlatformProxy({ configPath, persist: { path: join(state, 'v3') } })
  return {
    bindings: proxy.env as unknown as Bindings,
    async stop() {
      await proxy.dispose()
      await rm(folder, { recursive: true })
    },
  }
}
