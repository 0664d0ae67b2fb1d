import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonPointer } from '../../src/lib/pointer.ts'

/** RFC 6901 section 4. */
function evaluate(root: unknown, pointer: string): unknown {
  let found = root
  for (const token of pointer.split('/').slice(1)) {
    found = (found as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found
}

describe('jsonPointer', () => {
  it.each([
    [[], ''],
    [['routes', 0, 'path'], '/routes/0/path'],
    [['a/b', 'm~n', ''], '/a~1b/m~0n/'],
    [['~1'], '/~01'],
  ])('writes %j as %j', (path, expected) => {
    expect(jsonPointer(path)).toBe(expected)
  })

  it('leads to the place, whatever the keys are', () => {
    const keys = fc.array(fc.oneof(fc.string(), fc.constantFrom('/', '~', '~0', '~1', '0')), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(
        keys.filter((all) => !all.includes('__proto__')),
        (path) => {
          const value = { found: true }
          const root = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
          expect(evaluate(root, jsonPointer(path))).toBe(value)
        },
      ),
    )
  })
})
