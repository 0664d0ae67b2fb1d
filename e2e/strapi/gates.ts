import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, SALT, untilHealthy } from './strapi.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Gate {
  readonly url: string
  stop(): Promise<void>
}

/** Gates in front of one Strapi that share one store of keys, all by the command line. */
export interface Gates {
  /** Takes the tokens of a file over, expired ones too. */
  take(file: string): void
  /** Makes a full-access key, and gives its token. */
  issue(name: string): string
  /** Serves a document, with the origin's address and what else is changed. */
  serve(document: Document): Promise<Gate>
}

/** What of a document is looked at here. */
export interface Document {
  readonly origin: string | { readonly url: string; readonly headers?: object }
  readonly routes: readonly { readonly path: string }[]
}

export function documentOf(name: string): Document {
  return JSON.parse(readFileSync(new URL(`../../examples/strapi/${name}`, import.meta.url), 'utf8')) as Document
}

/** `token` is what the gate shows to Strapi where the document says so. */
export function gatesBefore(strapiUrl: string, token: string, folder: string): Gates {
  const env = {
    PATH: process.env['PATH'],
    KEYS: `sqlite:${join(folder, 'keys.db')}`,
    LATCHKEY_PEPPER: randomBytes(32).toString('base64url'),
    API_TOKEN_SALT: SALT,
    STRAPI_AUTHORIZATION: `Bearer ${token}`,
  }
  const config = fileURLToPath(new URL('../../examples/strapi/latchkey.json', import.meta.url))

  function run(...args: string[]): string {
    const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args, '--config', config], {
      env,
      encoding: 'utf8',
    })
    process.stderr.write(stderr)
    if (stdout === '') throw new Error(`latchkey ${args.join(' ')} gave nothing`)
    return stdout.trim()
  }

  return {
    take(file) {
      process.stderr.write(`${run('keys', 'import', '--from', 'strapi', '--file', file, '--expired')}\n`)
    },
    issue: (name) => run('keys', 'create', '--name', name, '--type', 'full-access'),
    async serve(document) {
      const { origin } = document
      const there = typeof origin === 'string' ? strapiUrl : { ...origin, url: strapiUrl }
      const file = join(folder, 'latchkey.json')
      writeFileSync(file, JSON.stringify({ ...document, origin: there }))
      const url = `http://127.0.0.1:${await freePort()}`
      const args = [MAIN, 'serve', '--config', file, '--port', new URL(url).port, '--log', 'none']
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      await untilHealthy(child, `${url}/_latchkey/health`)
      return {
        url,
        async stop() {
          child.kill('SIGTERM')
          await once(child, 'exit')
        },
      }
    },
  }
}
