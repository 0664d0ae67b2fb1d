import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Proof } from '../../src/verifiers/proofs.ts'
import { proofs } from '../../src/verifiers/proofs.ts'

const proofOf = (id: string): Proof => ({ id, digest: `digest of ${id}` })

it('gives what was proved, and nothing else', () => {
  const proved = proofs()
  proved.add('a', proofOf('1'))
  expect([proved.get('a'), proved.get('b'), proved.get('__proto__')]).toEqual([proofOf('1'), undefined, undefined])
})

it('forgets the oldest where there is no room', () => {
  const proved = proofs(2)
  for (const name of ['a', 'b', 'c']) proved.add(name, proofOf(name))
  expect(['a', 'b', 'c'].map((name) => proved.get(name)?.id)).toEqual([undefined, 'b', 'c'])
})

it('holds the last that were added, and never more than it may, whatever is added', () => {
  const names = fc.array(fc.nat({ max: 12 }).map(String), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), names, (most, added) => {
      const proved = proofs(most)
      for (const name of added) proved.add(name, proofOf(name))
      const held = [...new Set(added)].filter((name) => proved.get(name) !== undefined)
      const [last] = added.slice(-1)
      expect(held.length).toBeLessThanOrEqual(most)
      expect(last === undefined || held.includes(last)).toBe(true)
      expect(held.map((name) => proved.get(name))).toEqual(held.map(proofOf))
    }),
  )
})

it('holds 10,000 unless it is told otherwise', () => {
  const proved = proofs()
  for (let count = 0; count <= 10_000; count++) proved.add(String(count), proofOf(String(count)))
  expect([proved.get('0'), proved.get('1')?.id, proved.get('10000')?.id]).toEqual([undefined, '1', '10000'])
})
