import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from '../send.ts'
import { send } from '../send.ts'

/** Does what README.md says, with wrangler itself and its copies of D1 and KV on this machine. */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const WRANGLER = join(HERE, 'node_modules/wrangler/bin/wrangler.js')
const LATCHKEY = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const PEPPER = 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga'
const FIRST_TOKEN = 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS'
const KEYS = '/_latchkey/keys'
const run = promisify(execFile)

let folder: string
let child: ChildProcess | undefined
let url: string

beforeAll(() => {
  if (!existsSync(WRANGLER)) throw new Error('wrangler is not installed: run `npm ci` in examples/worker-keys first')
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-worker-keys-'))
  writeFileSync(join(folder, '.dev.vars'), `LATCHKEY_PEPPER=${PEPPER}\nFIRST_TOKEN=${FIRST_TOKEN}\n`)
})

afterEach(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The example's own configuration in a folder of its own, so that nothing is left beside it. */
function configure(change: (text: string) => string): void {
  const text = readFileSync(join(HERE, 'wrangler.toml'), 'utf8')
    .replace('"gate.ts"', JSON.stringify(join(HERE, 'gate.ts')))
    .replace('"../../migrations/d1"', JSON.stringify(fileURLToPath(new URL('../../migrations/d1', import.meta.url))))
  writeFileSync(join(folder, 'wrangler.toml'), change(text))
}

const environment = () => ({ PATH: process.env['PATH'], HOME: folder, CI: '1', WRANGLER_SEND_METRICS: 'false' })

async function wrangler(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [WRANGLER, ...args, '--local'], { cwd: folder, env: environment() })
}

async function latchkey(...args: readonly string[]): Promise<string> {
  const env = { LATCHKEY_PEPPER: PEPPER, LATCHKEY_CONFIG: join(HERE, 'latchkey.json') }
  return (await run(process.execPath, [LATCHKEY, ...args], { cwd: folder, env })).stdout.trim()
}

/** `npm run dev`, and the URL that it tells. */
async function start(): Promise<void> {
  const configs = ['-c', 'wrangler.toml', '-c', join(HERE, 'orders/wrangler.toml')]
  const started = spawn(process.execPath, [WRANGLER, 'dev', ...configs, '--ip', '127.0.0.1', '--port', '0'], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child = started
  url = await new Promise<string>((resolve, reject) => {
    let said = ''
    const read = (chunk: Buffer) => {
      said += chunk
      const found = /Ready on (http:\/\/[\d.:]+)/.exec(said)?.[1]
      if (found) resolve(found)
    }
    started.stdout.on('data', read)
    started.stderr.on('data', read)
    started.on('exit', () => reject(new Error(said)))
  })
}

async function stop(): Promise<void> {
  const running = child
  child = undefined
  if (!running || running.exitCode !== null) return
  await new Promise<void>((resolve) => {
    running.on('exit', () => resolve())
    running.kill()
  })
}

function ask(path: string, token: string, json?: object): Promise<Answer> {
  const headers = [
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ] as const
  return send(url + path, json === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(json) })
}

const STORES = {
  D1: {
    config: (text: string) => text,
    form: 'sql',
    file: 'first.sql',
    async load() {
      await wrangler('d1', 'migrations', 'apply', 'latchkey')
      await wrangler('d1', 'execute', 'latchkey', '--file', 'first.sql')
    },
  },
  'Workers KV': {
    config: (text: string) =>
      text.replace(/\[\[d1_databases\]\]\n(.+\n)+/, '[[kv_namespaces]]\nbinding = "KEYS"\nid = "latchkey"\n'),
    form: 'kv',
    file: 'first.json',
    load: () => wrangler('kv', 'bulk', 'put', 'first.json', '--binding', 'KEYS'),
  },
} as const

describe.each(['D1', 'Workers KV'] as const)('from nothing to a working key in %s', (name) => {
  const { config, form, file, load } = STORES[name]

  it('by a first key that wrangler loads', async () => {
    configure(config)
    const about = ['--name', 'admin', '--surface', 'keys', '--type', 'full-access', '--emit', form, '--out', file]
    const admin = await latchkey('keys', 'create', ...about)
    await load()
    await start()

    const made = await ask(KEYS, admin, { name: 'acme', owner: 'acme', type: 'custom', permissions: ['orders.read'] })
    const { id, token } = JSON.parse(made.body)
    const called = await ask('/orders', token)
    expect([called.status, JSON.parse(called.body)]).toEqual([200, { customer: 'acme', key: id, asked: 'GET /orders' }])
    expect(await ask('/orders', token, {})).toMatchObject({ status: 403, reason: 'permission-missing' })

    const rotated = async (overlapSeconds: number): Promise<string> =>
      JSON.parse((await ask(`${KEYS}/${id}/rotate`, admin, { overlapSeconds })).body).token
    const statuses = async (...tokens: readonly string[]) =>
      Promise.all(tokens.map(async (each) => (await ask('/orders', each)).status))
    const second = await rotated(3600)
    expect(await statuses(token, second)).toEqual([200, 200])
    const third = await rotated(0)
    expect(await statuses(token, second, third)).toEqual([401, 401, 200])

    expect((await ask(`${KEYS}/${id}/revoke`, admin, { reason: 'no customer any more' })).status).toBe(200)
    expect(await ask('/orders', third)).toMatchObject({ status: 401, reason: 'token-revoked' })
  }, 60_000)
})

it('from a static token of surface keys to a working key', async () => {
  configure((text) => text)
  await wrangler('d1', 'migrations', 'apply', 'latchkey')
  await start()
  const { token } = JSON.parse((await ask(KEYS, FIRST_TOKEN, { name: 'acme', owner: 'acme' })).body)
  expect((await ask('/orders', token)).status).toBe(200)
  expect(await ask('/orders', FIRST_TOKEN)).toMatchObject({ status: 403, reason: 'surface-mismatch' })
  expect(await send(`${url}/health`)).toMatchObject({ status: 200, body: 'ok\n' })
  expect(await send(`${url}/orders`)).toMatchObject({ status: 401, reason: 'credential-missing' })
}, 60_000)
