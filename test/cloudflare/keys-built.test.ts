import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TestHarness } from 'wrangler'
import { createTestHarness } from 'wrangler'
import { COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'
import type { Got } from './keys-worker.ts'
import { FIRST, PEPPER } from './keys-worker.ts'

/** What the build makes of a document with issued keys, as wrangler deploys it: no bundling, and each file a module. */
const BUILT = 'dist/worker-keys'
const ORIGIN = 'export default { fetch: ({ headers }) => Response.json(Object.fromEntries(headers)) }'

let folder: string
let running: TestHarness | undefined

beforeAll(() => {
  if (!existsSync(BUILT)) throw new Error('build first: npm run build')
  folder = mkdtempSync(join(tmpdir(), 'latchkey-built-'))
  writeFileSync(join(folder, 'origin.js'), ORIGIN)
  writeConfig('origin', { main: join(folder, 'origin.js') })
})

afterEach(async () => {
  await running?.close()
  running = undefined
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writeConfig(name: string, config: object): void {
  const text = JSON.stringify({ name, compatibility_date: COMPATIBILITY_DATE, ...config })
  writeFileSync(join(folder, `${name}.json`), text)
}

/** Runs the built Worker without some of its files. */
async function started(bindings: object, ...missing: readonly string[]): Promise<TestHarness> {
  const built = join(folder, 'built')
  rmSync(built, { recursive: true, force: true })
  cpSync(BUILT, built, { recursive: true })
  for (const name of missing) rmSync(join(built, name))
  writeConfig('gate', {
    main: join(built, 'index.js'),
    no_bundle: true,
    rules: [{ type: 'ESModule', globs: ['*.js'] }],
    services: [{ binding: 'ORIGIN', service: 'origin' }],
    ...bindings,
  })
  const secrets = { LATCHKEY_PEPPER: PEPPER, FIRST_TOKEN: FIRST }
  running = createTestHarness({
    workers: [{ configPath: join(folder, 'gate.json'), secrets }, { configPath: join(folder, 'origin.json') }],
  })
  await running.listen()
  if ('d1_databases' in bindings) await running.getWorker().applyD1Migrations('KEYS')
  return running
}

async function ask(path: string, token: string, json?: object): Promise<Pick<Got, 'status' | 'json'>> {
  const answer = await (running as TestHarness).fetch(`http://localhost${path}`, {
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(json && { method: 'POST', body: JSON.stringify(json) }),
  })
  return { status: answer.status, json: await answer.json() }
}

const D1 = {
  d1_databases: [
    {
      binding: 'KEYS',
      database_name: 'latchkey',
      database_id: 'latchkey',
      migrations_dir: fileURLToPath(new URL('../../migrations/d1', import.meta.url)),
    },
  ],
}
const KV = { kv_namespaces: [{ binding: 'KEYS', id: 'latchkey' }] }

describe('the Worker that the build makes of a document with keys', () => {
  it.each([
    ['D1', D1],
    ['Workers KV', KV],
  ])('makes a key in %s, takes it, counts it, and takes it no longer when it is revoked', async (_, bindings) => {
    await started(bindings)
    const { status, json } = await ask('/_latchkey/keys', FIRST, { name: 'built', owner: 'acme' })
    expect([status, json.state]).toEqual([201, 'active'])
    const called = await ask('/orders', json.token)
    expect([called.status, called.json['x-latchkey-owner']]).toEqual([200, 'acme'])
    expect((await ask(`/_latchkey/keys/${json.id}/revoke`, FIRST, {})).status).toBe(200)
    expect((await ask('/orders', json.token)).json.reason).toBe('token-revoked')
    expect((await ask('/_latchkey/usage', FIRST)).status).toBe(200)
  })

  it('loads the keys API when it is called first, and not before', async () => {
    await started(D1, 'manage.js')
    expect((await ask('/orders', FIRST)).json.reason).toBe('surface-mismatch')
    expect((await ask('/_latchkey/whoami', FIRST)).status).toBe(200)
    const { status, json } = await ask('/_latchkey/keys', FIRST)
    expect([status, json.reason]).toEqual([503, 'dependency-unavailable'])
    expect((await ask('/_latchkey/whoami', FIRST)).status).toBe(200)
  })

  it('lets a key in D1 pass without the files that no request of it waits for', async () => {
    const { getLogs } = await started(D1, 'validate.js', 'cloudflare-kv.js', 'key-recorder.js')
    const { json } = await ask('/_latchkey/keys', FIRST, { name: 'kept' })
    expect((await ask('/orders', json.token)).status).toBe(200)
    const counted = () => getLogs().filter(({ message }) => message.includes('usage of keys is not counted'))
    await expect.poll(counted).toHaveLength(1)
  })
})
