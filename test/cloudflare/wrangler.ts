import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'

const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js')
const LATCHKEY = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const run = promisify(execFile)

/** A folder with a D1 database and a KV namespace, both called KEYS, that wrangler keeps on this machine. */
export interface Project {
  readonly folder: string
  /** Where Miniflare finds what wrangler has written. */
  readonly state: string
  /** Runs a command of wrangler on this machine's copies, and gives what it printed. */
  wrangler(...args: readonly string[]): Promise<string>
  /** Runs a command of Latchkey, and gives what it printed: of a new key its token. */
  latchkey(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

export async function project(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-project-'))
  const config = {
    name: 'keys',
    compatibility_date: COMPATIBILITY_DATE,
    d1_databases: [
      {
        binding: 'DATABASE',
        database_name: 'latchkey',
        database_id: 'latchkey',
        migrations_dir: fileURLToPath(new URL('../../migrations/d1', import.meta.url)),
      },
    ],
    kv_namespaces: [{ binding: 'NAMESPACE', id: 'latchkey' }],
  }
  await writeFile(join(folder, 'wrangler.json'), JSON.stringify(config))
  const home = { PATH: process.env['PATH'], HOME: folder }
  return {
    folder,
    state: join(folder, '.wrangler/state/v3'),
    async wrangler(...args) {
      const env = { ...home, CI: '1', WRANGLER_SEND_METRICS: 'false' }
      const { stdout } = await run(process.execPath, [WRANGLER, ...args, '--local'], { cwd: folder, env })
      return stdout
    },
    async latchkey(variables, ...args) {
      const { stdout } = await run(process.execPath, [LATCHKEY, ...args], {
        cwd: folder,
        env: { ...home, ...variables },
      })
      return stdout.trim()
    },
    remove: () => rm(folder, { recursive: true }),
  }
}
