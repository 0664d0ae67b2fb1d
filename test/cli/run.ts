import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

type Variables = Readonly<Record<string, string>>

interface Started {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
  /** Waits until what was written to either output matches; fails where the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
}

/** Starts the command line as a process of its own, with no variables but those given. */
function start(args: readonly string[], variables: Variables): Started {
  const env = { PATH: process.env['PATH'] ?? '', ...variables }
  // Node looks for an --env-file of its own behind the script too, unless it is told where its own arguments end.
  const child = spawn(process.execPath, ['--', MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const looking = new Set<() => void>()
  const look = () => {
    for (const each of [...looking]) each()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    look()
  })
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return {
    child,
    outcome,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const attempt = () => {
          const match = pattern.exec(stderr) ?? pattern.exec(stdout)
          if (!match) return
          looking.delete(attempt)
          resolve(match)
        }
        looking.add(attempt)
        attempt()
        void outcome.then(() => reject(new Error(`ended without ${pattern}:\n${stdout}\n${stderr}`)))
      }),
  }
}

/** Runs a command to its end. */
export function run(args: readonly string[], variables: Variables = {}): Promise<Outcome> {
  return start(args, variables).outcome
}

export interface Served extends Started {
  readonly url: string
}

/** Starts `serve` on a port of the system's choice, and waits for its first line. */
export async function serving(args: readonly string[], variables: Variables = {}): Promise<Served> {
  const started = start(['serve', '--port', '0', ...args], variables)
  const [, url = ''] = await started.until(/(?:latchkey \S+ on |"url":")(https?:\/\/[^\s",]+)/)
  return { ...started, url }
}

/** A folder of the test's own, until it ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A file of the test's own, until it ends. */
export function fileOf(content: unknown, name = 'latchkey.json'): string {
  const path = join(folder(), name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
