import { expect, test } from 'vitest'
import { maxAgeIn } from '../../src/lib/cache-control.ts'

test.each<[cacheControl: string | null | undefined, age: string | null | undefined, expected: number | undefined]>([
  [undefined, undefined, undefined],
  [null, null, undefined],
  ['', undefined, undefined],
  ['public', undefined, undefined],
  ['max-age=60', undefined, 60],
  ['public, MAX-AGE=60, must-revalidate', undefined, 60],
  ['max-age="60"', undefined, 60],
  ['max-age=60', '20', 40],
  ['max-age=60', '90', 0],
  ['max-age=60', 'x', 60],
  ['max-age=-1', undefined, undefined],
  ['s-maxage=60', undefined, undefined],
  ['no-store, max-age=60', undefined, 0],
  ['no-cache', undefined, 0],
  [`max-age=${'9'.repeat(50)}`, undefined, undefined],
])('%j of age %j may be kept for %j seconds', (cacheControl, age, expected) => {
  expect(maxAgeIn(cacheControl, age)).toBe(expected)
})
