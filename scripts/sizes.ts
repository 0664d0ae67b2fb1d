import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
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
    kilobytes: 12,
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
if (failed) process.exitCode = 1
