import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Running } from '../../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../../adapters/node/index.ts'
import { openStore } from '../../../adapters/node/stores.ts'
import { nodeDigests } from '../../../src/crypto/node.ts'
import { registry } from '../../../src/keys/registry.ts'
import type { Outcome } from '../run.ts'
import { fileOf, folder, run } from '../run.ts'
import { runHere } from '../run-here.ts'

export const PEPPER = 'the pepper of these tests, long enough to be one'

export const DOCUMENT = {
  origin: 'http://127.0.0.1:9',
  store: { binding: 'KEYS' },
  credentials: [
    {
      kind: 'api-key',
      peppers: [{ version: 1, secret: 'LATCHKEY_PEPPER' }],
      cacheSeconds: 0,
      imports: [
        { scheme: 'strapi', salt: { secret: 'API_TOKEN_SALT' } },
        { scheme: 'sha256', shape: '^[0-9A-Za-z]{30,60}$' },
      ],
    },
  ],
  keys: { encryption: { secret: 'ENCRYPTION_KEY' } },
  routes: [
    { path: '/orders/*', permission: 'orders.read' },
    { path: '/files/*', permission: ['files.read', 'files.list'] },
    { path: '/*' },
  ],
}

type Variables = Readonly<Record<string, string>>

const BASE: Variables = {
  LATCHKEY_PEPPER: PEPPER,
  ENCRYPTION_KEY: 'the encryption key of these tests',
  API_TOKEN_SALT: 'a salt of these tests',
}

/** How a command line comes to keys: what it says of itself, and in its environment. */
export interface Place {
  readonly args: readonly string[]
  readonly variables: Variables
  /** A gate over the same keys. */
  readonly url: string
  keys(...args: readonly string[]): Promise<Outcome>
  /** The same, where it must be done: gives stdout. */
  done(...args: readonly string[]): Promise<string>
  /** The status of a request with a token, and the reason that it was refused for. */
  call(token: string, path?: string): Promise<readonly [status: number, reason: string | undefined]>
  /** Writes what the gate has counted. */
  flush(): Promise<void>
}

/**
 * Keys in an SQLite file, and a gate over them. The command line works on the file as a process of its own, or asks the
 * gate from this one.
 */
export async function place(kind: 'a store' | 'a deployment', more: Variables = {}): Promise<Place> {
  const text = `sqlite:${join(folder(), 'keys.db')}`
  const secrets = { ...BASE, KEYS: text, ...more }
  const gate = await serve({ document: DOCUMENT as never, port: 0, secrets: env(secrets), sink: memorySink() })
  onTestFinished(() => gate.close(0))
  if (kind === 'a store') return placed(run, ['--config', fileOf(DOCUMENT)], secrets, gate)
  return placed(runHere, ['--url', gate.url], { LATCHKEY_KEY: await admin(text), ...more }, gate)
}

/** A key that may do everything with keys, as an operator makes it. */
async function admin(text: string): Promise<string> {
  const store = await openStore(text, {})
  const random = (bytes: number) => randomBytes(bytes)
  const peppers = [{ version: '1', secret: PEPPER }] as const
  const keys = registry({ store, digests: nodeDigests(), random, peppers, prefix: 'lk' })
  const draft = { name: 'admin', surface: 'keys', type: 'full-access' } as const
  const made = await keys.create(draft, 'operator', Date.now() / 1000)
  store.close?.()
  return 'token' in made ? made.token : expect.fail(made.problem)
}

function placed(
  run: (args: readonly string[], variables: Variables) => Promise<Outcome>,
  args: readonly string[],
  variables: Variables,
  { url, gate }: Running,
): Place {
  const keys = (...more: readonly string[]) => run(['keys', ...more, ...args], variables)
  return {
    ...{ args, variables, url, keys },
    async done(...more) {
      const { code, stdout, stderr } = await keys(...more)
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
      return stdout
    },
    async flush() {
      await gate.latchkey.equipped?.recorder?.flush()
    },
    async call(token, path = '/_latchkey/whoami') {
      const response = await fetch(url + path, { headers: { Authorization: `Bearer ${token.trim()}` } })
      const { reason } = (await response.json()) as { readonly reason?: string }
      return [response.status, reason]
    },
  }
}
