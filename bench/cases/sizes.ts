import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Row, Section } from '../table.ts'

const BUNDLES = [
  { name: 'Worker', path: 'dist/worker/index.js', kilobytes: 20 },
  { name: 'Worker with issued keys in D1', path: 'dist/worker-keys/index.js', kilobytes: 28 },
  { name: 'Worker with JWTs', path: 'dist/worker-jwt/index.js', kilobytes: 25 },
  { name: 'Lambda authorizer', path: 'dist/aws/authorizer.mjs', kilobytes: 12 },
  {
    name: 'Lambda authorizer with issued keys and JWTs',
    path: 'dist/aws-parts/authorizer.api-key.jwt.mjs',
    kilobytes: 22,
  },
] as const

/** What the bundles that run for every request weigh, minified and by gzip. */
export async function run(): Promise<Section[]> {
  const rows = BUNDLES.map(({ name, path, kilobytes }): Row => {
    const url = new URL(`../../${path}`, import.meta.url)
    const title = `${name} bundle (${path})`
    const budget = { limit: 'at most', value: kilobytes } as const
    if (!existsSync(url)) return { name: title, unit: 'KB', budget, missing: 'not built' }
    const size = gzippedBytes(readFileSync(url)) / 1024
    return { name: title, unit: 'KB', budget, clock: { low: size, median: size, high: size } }
  })
  return [{ title: 'sizes, minified and gzip', rows }]
}

/** As the build weighs them, by `gzip -9`; Node's own zlib is another one, whose output is up to half a percent longer. */
function gzippedBytes(code: Buffer): number {
  const { status, stdout } = spawnSync('gzip', ['-9'], { input: code, maxBuffer: code.length + 1024 })
  return (status === 0 ? stdout : gzipSync(code, { level: 9 })).length
}
