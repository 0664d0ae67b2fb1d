import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getPlatformProxy } from 'wrangler'
import { nodeDigests } from '../../../src/crypto/node.ts'
import { digestOf, parseKey } from '../../../src/keys/format.ts'
import { registry } from '../../../src/keys/registry.ts'
import { dynamodbCaller } from '../../../src/lib/dynamodb-call.ts'
import type { Store } from '../../../src/model/ports.ts'
import type { D1Database } from '../../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../../src/stores/cloudflare-d1.ts'
import type { KvNamespace } from '../../../src/stores/cloudflare-kv.ts'
import { cloudflareKv } from '../../../src/stores/cloudflare-kv.ts'
import { dynamodb } from '../../../src/stores/dynamodb.ts'
import { COMPATIBILITY_DATE } from '../../hosts/worker-runtime.ts'
import { folder, run } from '../run.ts'
import { PEPPER } from './place.ts'

const require = createRequire(import.meta.url)
const WRANGLER = join(dirname(require.resolve('wrangler/package.json')), 'bin/wrangler.js')
const MIGRATIONS = new URL('../../../migrations/d1', import.meta.url).pathname
const FIRST = ['create', '--surface', 'keys', '--type', 'full-access', '--name', "the admin's", '--owner', 'acme']

interface Emitted {
  readonly file: string
  readonly token: string
  readonly stderr: string
}

async function emitted(form: string, args: readonly string[] = FIRST, pepper = PEPPER): Promise<Emitted> {
  const file = join(folder(), 'key')
  const { code, stdout, stderr } = await run(['keys', ...args, '--emit', form, '--out', file], {
    LATCHKEY_PEPPER: pepper,
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`wrote ${file}`) })
  return { file, token: stdout.trim(), stderr }
}

/** Whether a registry over the store finds the key, by its id and by its name, and the token is its own. */
async function expectFound(store: Store, token: string, name = "the admin's"): Promise<void> {
  const parts = { store, digests: nodeDigests(), random: () => new Uint8Array(), prefix: 'lk' }
  const keys = registry({ ...parts, peppers: [{ version: '1', secret: PEPPER }] })
  const { id = '', secret = '' } = parseKey(token) ?? {}
  const kept = await keys.show(id, 'operator')
  expect(kept?.record).toMatchObject({ name, surface: 'keys', type: 'full-access', owner: 'acme', state: 'active' })
  const digest = await digestOf(id, secret, { version: '1', secret: PEPPER }, nodeDigests())
  expect(kept?.record.secret.digest).toBe(digest)
  const named = await keys.list({ by: 'name', limit: 100 }, 'operator')
  expect(named.items.map(({ record }) => record.id)).toContain(id)
  const at = Date.now() / 1000
  expect(await keys.create({ name }, 'operator', at)).toEqual({ problem: 'name-taken' })
  // The record can be changed, so its version is the store's own.
  expect(await keys.suspend(id, 'operator', at, kept?.version)).toMatchObject({ record: { state: 'suspended' } })
}

describe('what is emitted', () => {
  it.each(['sql', 'kv', 'dynamodb-json'])(
    'as %s goes to a file of its owner; the token is in stdout alone',
    async (form) => {
      const { file, token, stderr } = await emitted(form)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(stderr).not.toContain(token)
      const text = readFileSync(file, 'utf8')
      expect(text).toContain(parseKey(token)?.id)
      for (const secret of [parseKey(token)?.secret as string, PEPPER]) expect(text).not.toContain(secret)
    },
  )

  it('needs a pepper, and makes nothing without', async () => {
    const file = join(folder(), 'key.sql')
    const { code, stdout, stderr } = await run(['keys', ...FIRST, '--emit', 'sql', '--out', file])
    expect([code, stdout, existsSync(file)]).toEqual([1, '', false])
    expect(stderr).toMatch(/^error set LATCHKEY_PEPPER/)
  })

  it('tells no token where the file cannot be written', async () => {
    const file = join(folder(), 'none', 'key.sql')
    const outcome = await run(['keys', ...FIRST, '--emit', 'sql', '--out', file], { LATCHKEY_PEPPER: PEPPER })
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: `error --out ${file} cannot be written: ENOENT\n` })
  })
})

describe('wrangler, offline', () => {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-emit-'))
  const configPath = join(home, 'wrangler.json')
  const state = join(home, 'state')

  /** Runs wrangler on its local platform. */
  function wrangler(...args: readonly string[]) {
    const env = { PATH: process.env['PATH'], HOME: home, CI: '1', WRANGLER_SEND_METRICS: 'false' }
    const local = ['--local', '--persist-to', state, '-c', configPath]
    return promisify(execFile)(process.execPath, [WRANGLER, ...args, ...local], { cwd: home, env })
  }

  async function onPlatform<Value>(work: (bindings: Bindings) => Promise<Value>): Promise<Value> {
    const proxy = await getPlatformProxy({ configPath, persist: { path: join(state, 'v3') } })
    try {
      return await work(proxy.env as unknown as Bindings)
    } finally {
      await proxy.dispose()
    }
  }

  beforeAll(async () => {
    const config = {
      name: 'emit',
      compatibility_date: COMPATIBILITY_DATE,
      kv_namespaces: [{ binding: 'KEYS', id: 'keys' }],
      d1_databases: [
        { binding: 'DATABASE', database_name: 'latchkey', database_id: 'latchkey', migrations_dir: MIGRATIONS },
      ],
    }
    writeFileSync(configPath, JSON.stringify(config))
    await wrangler('d1', 'migrations', 'apply', 'latchkey')
  })
  afterAll(() => rmSync(home, { recursive: true }))

  it('puts the key into D1: all of it, or nothing where the name is taken or the pepper is another', async () => {
    const { file, token } = await emitted('sql')
    await wrangler('d1', 'execute', 'latchkey', '--file', file)
    const second = await emitted('sql', ['create', '--name', 'ci'])
    await wrangler('d1', 'execute', 'latchkey', '--file', second.file)
    const taken = await emitted('sql')
    await expect(wrangler('d1', 'execute', 'latchkey', '--file', taken.file)).rejects.toThrow(/UNIQUE constraint/)
    const other = await emitted('sql', ['create', '--name', 'b'], 'another pepper, of another deployment')
    await expect(wrangler('d1', 'execute', 'latchkey', '--file', other.file)).rejects.toThrow(/NOT NULL constraint/)
    await onPlatform(async ({ DATABASE }) => {
      const store = cloudflareD1(DATABASE)
      const ids = (await store.list({ prefix: 'key:', limit: 100 })).items.map(({ id }) => id)
      expect(ids.sort()).toEqual([token, second.token].map((each) => `key:${parseKey(each)?.id}`).sort())
      await expectFound(store, token)
    })
  })

  it('puts the key into Workers KV', async () => {
    const { file, token } = await emitted('kv')
    await wrangler('kv', 'bulk', 'put', file, '--binding', 'KEYS')
    await onPlatform(({ KEYS }) => expectFound(cloudflareKv(KEYS), token))
  })
})

interface Bindings {
  readonly DATABASE: D1Database
  readonly KEYS: KvNamespace
}

describe('DynamoDB', () => {
  const TABLE = JSON.parse(
    readFileSync(new URL('../../../migrations/dynamodb/table.json', import.meta.url), 'utf8'),
  ) as {
    readonly TableName: string
  }
  const credentials = () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' })
  let server: Server
  let endpoint: string

  beforeAll(async () => {
    const dynalite = createRequire(new URL('../../../e2e/stores/package.json', import.meta.url))('dynalite') as Dynalite
    server = dynalite({ createTableMs: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await call('CreateTable', TABLE)
  })
  afterAll(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })

  const call = (operation: string, input: object) =>
    dynamodbCaller({ region: 'eu-central-1', endpoint, credentials, patienceMilliseconds: 5000 })(operation, input)

  /** Does what `transact-write-items` does, which dynalite does not know: each put under its condition. */
  async function put(file: string): Promise<(string | undefined)[]> {
    const items = JSON.parse(readFileSync(file, 'utf8')) as { readonly Put: object }[]
    const answers = []
    for (const { Put } of items) answers.push((await call('PutItem', Put)).exception)
    return answers
  }

  it('takes the key; what has the same id, or was made under another pepper, is refused', async () => {
    const { file, token } = await emitted('dynamodb-json')
    const answers = await put(file)
    expect(new Set(answers)).toEqual(new Set([undefined]))
    const again = await put(file)
    const other = await put((await emitted('dynamodb-json', FIRST, 'another pepper, of another deployment')).file)
    for (const each of [again, other]) expect(each).toContain('ConditionalCheckFailedException')
    await expectFound(dynamodb({ table: TABLE.TableName, region: 'eu-central-1', endpoint, credentials }), token)
  })

  it('takes it into the table that is named', async () => {
    const { file } = await emitted('dynamodb-json', [...FIRST, '--table', 'other'])
    const items = JSON.parse(readFileSync(file, 'utf8')) as { readonly Put: { readonly TableName: string } }[]
    expect(new Set(items.map(({ Put }) => Put.TableName))).toEqual(new Set(['other']))
  })
})

type Dynalite = (options: { readonly createTableMs: number }) => Server
