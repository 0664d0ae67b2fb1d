import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'
import type { WrittenLines } from './written-lines.ts'
import { writtenLines } from './written-lines.ts'

/** The path of the program that the package brings; the package itself has no types. */
const { default: PROGRAM } = createRequire(import.meta.url)('workerd') as { readonly default: string }

/** The date whose behaviour the tests run with: the one of wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-10-01'

/** The modules of a Worker; the first one is its entry. */
export type Bundle = readonly { readonly name: string; readonly text: string }[]

/** What a Worker finds in its environment. */
export type Binding =
  | { readonly text: string }
  | { readonly json: unknown }
  | { readonly service: string; readonly entrypoint?: string }

/** A Worker, with a socket of its own where it listens. */
export interface Service {
  readonly name: string
  readonly bundle: Bundle
  readonly bindings?: Readonly<Record<string, Binding>>
  readonly listens?: boolean
}

/** Running Workers, and everything that any of them writes to its console. */
export interface Runtime extends Pick<WrittenLines, 'line' | 'lines'> {
  portOf(service: string): number
  stop(): Promise<void>
}

/** The header by which a test says what Cloudflare's edge knows: whether the client spoke https. */
export const PROTOCOL_HEADER = 'x-test-protocol'

/** Bundles a Worker's entry; what it imports later stays a module of its own. */
export async function bundle(entry: URL): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: { index: entry.pathname },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    outdir: '/',
    write: false,
    logLevel: 'silent',
    external: ['cloudflare:*'],
  })
  return outputFiles
    .map(({ path, text }) => ({ name: basename(path), text }))
    .sort((a, b) => Number(b.name === 'index.js') - Number(a.name === 'index.js'))
}

/**
 * Runs workerd itself, with a socket for each Worker that listens: no proxy in between reads or writes what a test sends.
 */
export async function runtime(services: readonly Service[]): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-workerd-'))
  writeFileSync(join(folder, 'config.capnp'), configuration(services, folder))
  // Nothing of the environment: a proxy that is set there must not see the tests.
  const child = spawn(PROGRAM, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const { lines, line, write } = writtenLines()
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream as Readable }).on('line', write)
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const ports = await listening(child.stdio[3] as Readable, services.filter(listens).length, closed, lines)
  return {
    lines,
    portOf: (service) => ports.get(service) as number,
    line,
    async stop() {
      child.kill()
      await closed
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const listens = (service: Service): boolean => service.listens !== false

/** workerd tells each port that the system has given to a socket. */
async function listening(
  control: Readable,
  sockets: number,
  closed: Promise<void>,
  lines: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>()
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: control }).on('line', (line) => {
      const { socket, port } = JSON.parse(line) as { socket: string; port: number }
      ports.set(socket, port)
      if (ports.size === sockets) resolve()
    })
  })
  await Promise.race([
    ready,
    closed.then(() => {
      throw new Error(`workerd did not start:\n${lines.join('\n')}`)
    }),
  ])
  return ports
}

/** Every text is a file that is embedded: a secret may hold what no quoted text can. */
function configuration(services: readonly Service[], folder: string): string {
  const files = new Map<string, string>()
  const embed = (text: string): string => {
    const name = files.get(text) ?? `text-${files.size}`
    if (!files.has(text)) writeFileSync(join(folder, name), text)
    files.set(text, name)
    return `embed "${name}"`
  }
  const workers = services.map(({ name, bundle: modules, bindings }) => {
    const list = modules.map((each) => `(name = "${each.name}", esModule = ${embed(each.text)})`)
    const values = Object.entries(bindings ?? {}).map(([key, value]) => `(name = "${key}", ${bindingOf(value, embed)})`)
    return `(name = "${name}", worker = (modules = [${list}], bindings = [${values}], compatibilityDate = "${COMPATIBILITY_DATE}"))`
  })
  const sockets = services
    .filter(listens)
    .map(
      ({ name }) =>
        `(name = "${name}", address = "127.0.0.1:0", service = "${name}", http = (forwardedProtoHeader = "${PROTOCOL_HEADER}"))`,
    )
  const internet = '(name = "internet", network = (allow = ["public", "private"]))'
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${[...workers, internet].join(',\n    ')}],
  sockets = [${sockets.join(',\n    ')}],
);
`
}

function bindingOf(binding: Binding, embed: (text: string) => string): string {
  if ('text' in binding) return `text = ${embed(binding.text)}`
  if ('json' in binding) return `json = ${embed(JSON.stringify(binding.json))}`
  const { service, entrypoint } = binding
  return entrypoint === undefined
    ? `service = "${service}"`
    : `service = (name = "${service}", entrypoint = "${entrypoint}")`
}
