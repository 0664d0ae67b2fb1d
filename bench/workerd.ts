import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** A Worker that runs in workerd itself, with nothing between. */
export interface RunningWorker {
  readonly url: string
  /** The CPU time of all its threads; undefined on systems that do not tell it. */
  cpuMicroseconds(): number | undefined
  stop(): Promise<void>
}

/** The date whose behaviour is measured: the one of wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-10-01'

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "${COMPATIBILITY_DATE}"
);
`

/** Starts workerd with one ES module, on a port of its own choice, which it tells on a channel beside its output. */
export async function startWorkerd(module: string): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  await writeFile(join(folder, 'worker.mjs'), module)
  await writeFile(join(folder, 'config.capnp'), CONFIG)
  const child = spawn(workerdPath(), ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const stop = async () => {
    child.kill()
    await ended
    await rm(folder, { recursive: true })
  }
  try {
    const port = await portOf(child)
    return { url: `http://127.0.0.1:${port}`, cpuMicroseconds: () => cpuOf(child.pid as number), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** wrangler brings workerd, wherever npm has put it. */
function workerdPath(): string {
  const wrangler = createRequire(import.meta.url).resolve('wrangler')
  const { default: path } = createRequire(wrangler)('workerd') as { default: string }
  return path
}

async function portOf(child: ChildProcess): Promise<number> {
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
  })
  const told = new Promise<number>((resolve) => {
    createInterface(child.stdio[3] as Readable).on('line', (line) => {
      const { event, port } = JSON.parse(line) as { event: string; port: number }
      if (event === 'listen') resolve(port)
    })
  })
  failed.catch(() => undefined)
  return Promise.race([told, failed])
}

/** Linux counts in ticks of ten milliseconds, in fields 14 and 15 behind the command's name (proc(5)). */
function cpuOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
