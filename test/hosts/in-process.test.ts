import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import type { Digests } from '../../src/model/ports.ts'
import { differences } from './compare.ts'
import { observe } from './in-process.ts'
import { noSecretIn } from './leaks.ts'
import { skipReason, vectors } from './vector.ts'

const table = vectors()
const implementations: [name: string, digests: () => Digests][] = [
  ['web', webDigests],
  ['node', nodeDigests],
]

describe.each(implementations)('%s', (_, digests) => {
  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, 'in-process')
      if (reason !== undefined) return context.skip(reason)
      const observed = await observe(vector, digests())
      expect(differences(vector, observed)).toEqual([])
      noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
    })
  }
})
