import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** The bundles that run per request, and what each may weigh: cold start is the product. */
const BUDGETS: readonly {
  readonly name: string
  readonly path: string
  readonly kilobytes: number
  readonly forbidden: RegExp
}[] = [
  {
    name: 'Worker',
    path: 'dist/worker/index.js',
    kilobytes: 20,
    forbidden: /\bnode:|\brequire\(|\bBuffer\b|\bprocess\./,
  },
  {
    name: 'Lambda',
    path: 'dist/aws/authorizer.mjs',
    kilobytes: 12,
    forbidden: /\brequire\(|\bnew (?:Request|Response|Headers)\b|\bfetch\(/,
  },
]

/** `node scripts/sizes.ts Worker` looks at one bundle only. */
const wanted = process.argv[2]
let failed = false
for (const { name, path, kilobytes, forbidden } of BUDGETS) {
  if (wanted !== undefined && wanted !== name) continue
  const code = readFileSync(path)
  const size = gzipSync(code, { level: 9 }).length / 1024
  const found = forbidden.exec(code.toString('utf8'))?.[0]
  const verdict = found ? `must not contain ${found}` : size > kilobytes ? `is over its ${kilobytes} KB` : 'ok'
  failed ||= verdict !== 'ok'
  console.log(`${name} bundle: ${size.toFixed(2)} KB gzip of ${kilobytes} (${path}) ${verdict}`)
}
if (failed) process.exitCode = 1
