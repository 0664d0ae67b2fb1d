import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { WrittenLines } from '../hosts/written-lines.ts'
import { writtenLines } from '../hosts/written-lines.ts'
import { stage } from './stage.ts'

const PACKAGE = 'e2e/next'
const NEXT = join(PACKAGE, 'node_modules/next/dist/bin/next')
const BUILD_MILLISECONDS = 240_000

/** How long a hook may take in which Next builds. */
export const BUILD_TIMEOUT: number = BUILD_MILLISECONDS + 60_000

/** A Next app that was built and that runs. */
export interface NextServer extends Pick<WrittenLines, 'line' | 'lines'> {
  readonly port: number
  stop(): Promise<void>
}

/** Builds an app of e2e/next against the package as it is published, by `next build`. Its output is the result. */
export async function buildNext(folder: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  if (!existsSync(NEXT)) throw new Error(`${NEXT} is missing: run \`npm ci\` in ${PACKAGE}`)
  stage(join(folder, 'node_modules/latchkey'))
  const { child, lines, ended } = run(['build', folder], environment)
  const timer = setTimeout(() => child.kill(), BUILD_MILLISECONDS)
  const code = await ended
  clearTimeout(timer)
  if (code !== 0) throw new Error(`next build failed:\n${lines.join('\n')}`)
  return lines.join('\n')
}

/** Starts a built app by `next start`, on a port that the system gives. */
export async function startNext(folder: string, environment: Readonly<Record<string, string>>): Promise<NextServer> {
  const { child, lines, line, ended } = run(['start', folder, '--port', '0'], environment)
  const port = await new Promise<number>((resolve, reject) => {
    let found = 0
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      found ||= Number(/^\W*Local:\s+http:\/\/\S+:(\d+)/.exec(line)?.[1] ?? 0)
      if (found > 0 && /\bReady\b/.test(line)) resolve(found)
    })
    void ended.then(() => reject(new Error(`next start ended:\n${lines.join('\n')}`)))
  })
  return {
    port,
    lines,
    line,
    async stop() {
      child.kill()
      await ended
    },
  }
}

/** Next with an environment of its own: that of a test run, `NODE_ENV=test` above all, would change what it does. */
function run(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [NEXT, ...args], {
    env: { PATH, HOME, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { lines, line, write } = writtenLines()
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', write)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, lines, line, ended }
}
