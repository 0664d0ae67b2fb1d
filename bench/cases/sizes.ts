import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Row, Section } from '../table.ts'

const BUNDLES = [
  { name: 'Worker', path: 'dist/worker/index.js', kilobytes: 20 },
  { name: 'Lambda authorizer', path: 'dist/aws/authorizer.mjs', kilobytes: 12 },
] as const

/** What the bundles that run for every request weigh, minified and by gzip. */
export async function run(): Promise<Section[]> {
  const rows = BUNDLES.map(({ name, path, kilobytes }): Row => {
    const url = new URL(`../../${path}`, import.meta.url)
    const title = `${name} bundle (${path})`
    const budget = { limit: 'at most', value: kilobytes } as const
    if (!existsSync(url)) return { name: title, unit: 'KB', budget, missing: 'not built' }
    const size = gzipSync(readFileSync(url), { level: 9 }).length / 1024
    return { name: title, unit: 'KB', budget, clock: { low: size, median: size, high: size } }
  })
  return [{ title: 'sizes, minified and gzip', rows }]
}
