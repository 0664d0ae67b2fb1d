import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const SERVERLESS = join(ROOT, 'e2e/aws/node_modules/serverless/bin/serverless.js')
const HANDLER = join(ROOT, 'dist/aws/authorizer.mjs')

/**
 * osls with the serverless.yml of a folder, by default the repository's own. Fails, and says what to do, where something is
 * not there.
 */
export function serverless(args: readonly string[], environment: Record<string, string>, folder = ROOT): ChildProcess {
  if (!existsSync(SERVERLESS)) throw new Error('osls is not installed: npm ci --prefix e2e/aws')
  if (!existsSync(HANDLER)) throw new Error(`${HANDLER} is not built: npm run build`)
  return spawn(process.execPath, [SERVERLESS, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** API Gateway and Lambda on this machine. */
export interface Offline {
  readonly port: number
  readonly websocketPort: number
  /** What it and the functions have written so far. */
  output(): string
  stop(): Promise<void>
}

/** `args`: which configuration, where it is not serverless.yml. */
export async function offline(
  environment: Record<string, string>,
  folder: string = ROOT,
  args: readonly string[] = [],
): Promise<Offline> {
  const [port, websocketPort, ...others] = (await freePorts(4)) as [number, number, ...number[]]
  const names = ['--httpPort', '--websocketPort', '--lambdaPort', '--albPort']
  const ports = [port, websocketPort, ...others].flatMap((each, place) => [names[place] as string, String(each)])
  const child = serverless(['offline', ...args, ...ports], environment, folder)
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (output.includes('Server ready:')) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`serverless offline ended with ${code}:\n${output}`)))
  })
  return {
    port,
    websocketPort,
    output: () => output,
    stop: () => {
      child.kill()
      return ended
    },
  }
}

/** The emulator takes no port 0, so the system is asked for free ones before. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** Sends a request as it is written: a name may be repeated, and nothing of the path is resolved. */
export function send(
  port: number,
  method: string,
  path: string,
  fields: readonly (readonly [string, string])[],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = [['Host', `127.0.0.1:${port}`], ['Connection', 'close'], ...fields].flat()
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      let body = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => {
        body += chunk
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }))
      incoming.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
