import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { prover } from '../../adapters/identity/proof.ts'
import type { VectorFile } from './vector-file.ts'
import { textOf, VECTOR_FILE, vectorFile } from './vector-file.ts'

const text = readFileSync(VECTOR_FILE, 'utf8')
const { about: _, rows, ...settings } = JSON.parse(text) as VectorFile

test('the file is what its maker makes: run `node test/identity/vector-file.ts`', async () => {
  expect(JSON.parse(text)).toEqual(JSON.parse(textOf(await vectorFile())))
})

test.each(rows.map((row) => [`${row.algorithm}: ${row.title}`, row] as const))('%s', async (_, row) => {
  const { audience, publicOrigin, now, toleranceSeconds, jwks, secrets } = { ...settings, ...row }
  const keys = row.algorithm === 'EdDSA' ? { jwks } : { secrets }
  const prove = prover({ audience, publicOrigin, toleranceSeconds, keys, now: () => now })
  const result = await prove({ method: row.method, target: row.target, values: row.values })
  expect('reason' in result ? [result.reason] : 'passes').toEqual(
    row.expect === 'passes' ? 'passes' : ['proxy-untrusted'],
  )
})
