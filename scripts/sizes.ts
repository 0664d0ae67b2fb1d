import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { LambdaParts } from '../src/cli/lambda-parts.ts'
import type { Document } from '../src/document.ts'

/** A bundle that runs for every request, and what it may weigh: cold start is the product. */
interface Bundle {
  readonly name: string
  readonly path: string
  readonly kilobytes: number
  readonly forbidden: RegExp
}

const NO_WORKER = /\bnode:|\brequire\(|\bBuffer\b|\bprocess\./

const BUNDLES: readonly Bundle[] = [
  {
    name: 'Worker',
    path: 'dist/worker/index.js',
    kilobytes: kilobytesOf('latchkey.json'),
    forbidden: NO_WORKER,
  },
  {
    name: 'Worker with keys',
    path: 'dist/worker-keys/index.js',
    kilobytes: kilobytesOf('examples/worker-keys/latchkey.json'),
    forbidden: NO_WORKER,
  },
  {
    name: 'Worker with jwt',
    path: 'dist/worker-jwt/index.js',
    kilobytes: kilobytesOf('examples/worker-jwt/latchkey.json'),
    forbidden: NO_WORKER,
  },
  {
    name: 'Lambda',
    path: 'dist/aws/authorizer.mjs',
    kilobytes: 12.25,
    forbidden: /\brequire\(|\bnew (?:Request|Response|Headers)\b|\bfetch\(/,
  },
]

/** What a Worker may weigh: 20 KB for static tokens, and more for what else its document needs. */
function kilobytesOf(path: string): number {
  const { credentials, limiter, webhooks } = JSON.parse(readFileSync(path, 'utf8')) as Document
  const ofKinds: Readonly<Record<string, number>> = { 'api-key': 8, jwt: 5, 'gateway-key': 2 }
  const kinds = new Set(credentials.map(({ kind }) => kind))
  const isCounted = limiter !== undefined || credentials.some(({ limits }) => limits !== undefined)
  const more = [...Array.from(kinds, (kind) => ofKinds[kind] ?? 0), isCounted ? 2 : 0, webhooks ? 3 : 0]
  return more.reduce((sum, kilobytes) => sum + kilobytes, 20)
}

/** What `gzip -9` makes of it. Node's own zlib is another one, whose output is up to half a percent longer. */
function gzippedBytes(code: Buffer): number {
  const { status, stdout } = spawnSync('gzip', ['-9'], { input: code, maxBuffer: code.length + 1024 })
  return (status === 0 ? stdout : gzipSync(code, { level: 9 })).length
}

/** Static tokens, issued keys and tokens of an issuer: what such an authorizer may load at its start. */
const FULL_KINDS = 2
const FULL_KILOBYTES = 22

/** An entry file of a user's own, by the published package: his bundler leaves out the kinds that it does not name. */
const ENTRIES: readonly { readonly name: string; readonly code: string; readonly kilobytes: number }[] = [
  {
    name: 'Vercel middleware',
    code: "import { middleware } from './dist/vercel.mjs'; export default middleware({ document: {} })",
    kilobytes: 25,
  },
  {
    name: "Next's proxy and guard",
    code: "import { latchkey } from './dist/next.mjs'; export const { proxy, guard } = latchkey({ document: {} })",
    kilobytes: 25,
  },
  {
    name: 'Worker of a user',
    code: "import { worker } from './dist/cloudflare.mjs'; export default worker({ document: {} })",
    kilobytes: 22,
  },
]

/** `node scripts/sizes.ts Worker` looks at one bundle only. */
const wanted = process.argv[2]
let failed = false
for (const { name, path, kilobytes, forbidden } of BUNDLES) {
  if (wanted !== undefined && wanted !== name) continue
  const code = readFileSync(path)
  const size = gzippedBytes(code) / 1024
  const found = forbidden.exec(code.toString('utf8'))?.[0]
  const verdict = found ? `must not contain ${found}` : size > kilobytes ? `is over its ${kilobytes} KB` : 'ok'
  failed ||= verdict !== 'ok'
  console.log(`${name} bundle: ${size.toFixed(2)} KB gzip of ${kilobytes} (${path}) ${verdict}`)
}
if (wanted === undefined) {
  tellParts()
  for (const { name, code, kilobytes } of ENTRIES) {
    const { atStart, later } = await bundledSizes(code)
    failed ||= atStart > kilobytes
    const verdict = atStart > kilobytes ? `is over its ${kilobytes} KB` : 'ok'
    console.log(
      `${name}: ${atStart.toFixed(2)} KB gzip at start of ${kilobytes} ${verdict}; later: ${later.toFixed(2)} KB at most`,
    )
  }
}
if (failed) process.exitCode = 1

/** What a bundler makes of an entry file: what is loaded at its start, and what a request may load after that. */
async function bundledSizes(contents: string): Promise<{ atStart: number; later: number }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    outdir: 'bundled',
    ...{ bundle: true, minify: true, splitting: true, write: false, metafile: true, format: 'esm', target: 'es2023' },
    ...{ conditions: ['edge-light', 'workerd'], external: ['node:*', 'cloudflare:*'], logLevel: 'error' },
  })
  const atStart = new Set<string>()
  const waiting = ['bundled/stdin.js']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (atStart.has(path)) continue
    atStart.add(path)
    const { imports } = metafile.outputs[path] ?? { imports: [] }
    waiting.push(...imports.flatMap((each) => (each.kind === 'import-statement' && !each.external ? each.path : [])))
  }
  const isAtStart = (path: string) => Array.from(atStart).some((each) => path.endsWith(each))
  const kilobytes = (chosen: typeof outputFiles) =>
    gzippedBytes(Buffer.concat(chosen.map(({ contents }) => contents))) / 1024
  const [now, after] = [
    outputFiles.filter(({ path }) => isAtStart(path)),
    outputFiles.filter(({ path }) => !isAtStart(path)),
  ]
  return { atStart: kilobytes(now), later: kilobytes(after) }
}

/** What `latchkey bundle` has for the authorizer: how much is loaded at its start, and what a request may load later. */
function tellParts(): void {
  const { parts } = JSON.parse(readFileSync('dist/aws-parts/parts.json', 'utf8')) as LambdaParts
  const kilobytes = (name: string) => gzippedBytes(readFileSync(`dist/aws-parts/${name}`)) / 1024
  for (const { handler, kinds, file, needs } of parts) {
    if (handler !== 'authorizer' || kinds.includes('gateway-key')) continue
    const atStart = kilobytes(file)
    const isOver = kinds.length === FULL_KINDS && atStart > FULL_KILOBYTES
    failed ||= isOver
    const verdict = kinds.length < FULL_KINDS ? '' : ` of ${FULL_KILOBYTES} ${isOver ? 'is over' : 'ok'}`
    const later = needs.map((name) => `${name} ${kilobytes(name).toFixed(2)}`).join(', ')
    const what = ['static tokens', ...kinds].join(', ')
    console.log(`Lambda zip (${what}): ${atStart.toFixed(2)} KB gzip at start${verdict}; later: ${later}`)
  }
}
