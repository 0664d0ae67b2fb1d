import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('app', import.meta.url))
const START_MILLISECONDS = 180_000

/** For tests only. The salt looks like base64 and counts as the text that it is. */
export const SALT = 'c2FsdHlTYWx0U2FsdHlTYQ=='
export const ENCRYPTION_KEY = 'encryption-key-0123456789'

/** What is read of the tables that hold Strapi's API tokens; of the administrators' permissions only those of tokens. */
const TABLES = {
  strapi_api_tokens: '',
  strapi_api_token_permissions: '',
  strapi_api_token_permissions_token_lnk: '',
  admin_permissions: 'WHERE id IN (SELECT permission_id FROM admin_permissions_api_token_lnk)',
  admin_permissions_api_token_lnk: '',
}

export type Rows = Record<string, readonly Record<string, unknown>[]>

export interface Strapi {
  readonly url: string
  readonly version: string
  /** Its SQLite file. */
  readonly file: string
  /** Calls the admin REST API as the first administrator, and gives `data`. */
  admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  /** Changes rows behind Strapi's back, for what its API refuses to make. */
  execute(sql: string): void
  rows(): Rows
  stop(): Promise<void>
}

/** Installs Strapi where it is not there. No install script runs: the one native part brings its binaries along. */
export function install(): void {
  if (existsSync(join(APP, 'node_modules/.package-lock.json'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: APP, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('npm ci of Strapi failed')
}

/** Starts the app of `app/` on an empty database in a folder, and registers its first administrator. */
export async function startStrapi(folder: string): Promise<Strapi> {
  const file = join(folder, 'strapi.db')
  const url = `http://127.0.0.1:${await freePort()}`
  mkdirSync(join(folder, 'public/uploads'), { recursive: true })
  const child = spawn(process.execPath, ['node_modules/@strapi/strapi/bin/strapi.js', 'start'], {
    cwd: APP,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      NODE_ENV: 'production',
      STRAPI_TELEMETRY_DISABLED: 'true',
      STRAPI_DISABLE_UPDATE_NOTIFICATION: 'true',
      PORT: new URL(url).port,
      DATABASE_FILENAME: file,
      PUBLIC_DIRECTORY: join(folder, 'public'),
      API_TOKEN_SALT: SALT,
      ENCRYPTION_KEY,
    },
  })
  await untilHealthy(child, `${url}/_health`)
  const database = new DatabaseSync(file, { timeout: 5000 })
  const password = `Aa1-${randomBytes(12).toString('hex')}`
  const admin = { email: 'admin@example.com', firstname: 'Ada', lastname: 'Admin', password }
  const { token } = (await json('POST', `${url}/admin/register-admin`, {}, admin)) as { token: string }
  return {
    url,
    file,
    version: JSON.parse(readFileSync(join(APP, 'node_modules/@strapi/strapi/package.json'), 'utf8')).version,
    admin: (method, path, body) => json(method, `${url}/admin/${path}`, { Authorization: `Bearer ${token}` }, body),
    execute: (sql) => database.exec(sql),
    rows() {
      const rowsOf = (table: string, which: string) => database.prepare(`SELECT * FROM ${table} ${which}`).all()
      return Object.fromEntries(Object.entries(TABLES).map(([table, which]) => [table, rowsOf(table, which)]))
    },
    async stop() {
      database.close()
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Waits for a child that is to listen, and tells what it said where it ends before. */
export async function untilHealthy(child: ChildProcess, url: string): Promise<void> {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4000)
    })
  }
  const deadline = Date.now() + START_MILLISECONDS
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    await wait(200)
  }
  child.kill('SIGKILL')
  throw new Error(`${url} does not answer: ${said}`)
}

async function json(method: string, url: string, headers: Record<string, string>, body?: unknown) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as { data: Record<string, unknown> | null }
  if (!response.ok || !answer.data) throw new Error(`${method} ${url}: ${response.status} ${JSON.stringify(answer)}`)
  return answer.data
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
