import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  covers,
  includes,
  PERMISSION,
  parsePermission,
  permissionTemplate,
  placeholders,
} from '../../src/lib/permission.ts'

const covered = (pattern: string, needed: string) =>
  covers(parsePermission(pattern).parts, parsePermission(needed).parts)

/** The same rule as plainly as it can be written: segment by segment, with the separators compared too. */
function naive(pattern: string, needed: string): boolean {
  const next = (text: string) => /^([^.:]*)([.:])?(.*)$/s.exec(text) as unknown as [string, string, string?, string?]
  const [, wanted, separator, rest = ''] = next(pattern)
  const [, segment, otherSeparator, otherRest = ''] = next(needed)
  const isWild = wanted === '*' && segment !== ''
  if (separator === undefined) return isWild || (wanted === segment && otherSeparator === undefined)
  if (separator !== otherSeparator) return false
  return (isWild || wanted === segment) && naive(rest, otherRest)
}

const permissions = (segments: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...segments), fc.constantFrom('.', ':')), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(([segment, separator], place) => (place === 0 ? segment : separator + segment)).join(''))

describe('covers', () => {
  it.each([
    ['orders.read', 'orders.read', true],
    ['orders.read', 'orders.Read', false],
    ['orders.read', 'orders:read', false],
    ['find', 'refind', false],
    ['find', 'findOne', false],
    ['orders.*', 'orders.read', true],
    ['orders.*', 'orders.read.own', true],
    ['orders.*', 'orders', false],
    ['orders.*', 'orders.', false],
    ['orders.*', 'ordersx.read', false],
    ['*', 'orders', true],
    ['*', 'orders.read', true],
    ['*.read', 'orders.read', true],
    ['*.read', 'orders.old.read', false],
    ['orders.*.read', 'orders.old.read', true],
    ['orders.*.read', 'orders..read', false],
    ['orders.*.read', 'orders.read', false],
    ['api::articles.find', 'api::articles.find', true],
    ['api::articles.*', 'api::articles.find', true],
    ['api::*.find', 'api::articles.find', true],
    ['api::*', 'api::articles.find', true],
    ['api.*', 'api::articles.find', false],
    ['find*', 'findOne', false],
    ['orders.read', 'orders.*', false],
    ['orders.*', 'orders.*', true],
  ])('%j covers %j: %j', (pattern, needed, expected) => {
    expect(covered(pattern, needed)).toBe(expected)
  })

  it('agrees with a naive model', () => {
    fc.assert(
      fc.property(permissions(['a', 'b', 'ab', '*', '']), permissions(['a', 'b', 'ab', '*', '']), (pattern, needed) => {
        expect([pattern, needed, covered(pattern, needed)]).toEqual([pattern, needed, naive(pattern, needed)])
      }),
      { numRuns: 3000 },
    )
  })

  it('covers itself, whatever it is', () => {
    fc.assert(
      fc.property(permissions(['a', 'b', '*', '']), (permission) => {
        expect(covered(permission, permission)).toBe(true)
      }),
    )
  })
})

describe('includes', () => {
  const parts = (text: string) => parsePermission(text).parts
  const patterns = permissions(['a', 'b', '*', ''])

  /** Texts that a pattern mostly covers: each star is filled, a final one with more, and now and then a part is another. */
  const under = (pattern: string) =>
    fc
      .tuple(permissions(['a', 'ab', '*']), fc.constantFrom('a', 'b', 'ab', '*'), fc.constantFrom(-1, -1, -1, 0, 2))
      .map(([rest, filling, changed]) =>
        parts(pattern)
          .map((part, place, all) => (part === '*' && place === all.length - 1 ? rest : part === '*' ? filling : part))
          .map((part, place) => (place === changed ? 'b' : part))
          .join(''),
      )

  it('is true only where each permission that the other covers is covered too', () => {
    const chains = patterns.chain((pattern) =>
      under(pattern).chain((other) => fc.tuple(fc.constant(pattern), fc.constant(other), under(other))),
    )
    let reached = 0
    fc.assert(
      fc.property(chains, ([pattern, other, needed]) => {
        if (!includes(parts(pattern), parts(other)) || !covers(parts(other), parts(needed))) return
        reached++
        expect(covers(parts(pattern), parts(needed))).toBe(true)
      }),
      { numRuns: 3000 },
    )
    expect(reached).toBeGreaterThan(500)
  })

  it('is false only where the other covers a permission that is not covered', () => {
    fc.assert(
      fc.property(patterns, patterns, (pattern, other) => {
        fc.pre(!includes(parts(pattern), parts(other)))
        // With segments that no pattern names in the place of each star, and a longer rest in the place of a final one.
        const witnesses = ['new', 'new.new', 'new:new'].map((rest) =>
          parts(other).map((part, place) => (part !== '*' ? part : place === parts(other).length - 1 ? rest : 'new')),
        )
        const needed = witnesses.map((each) => parts(each.join('')))
        expect(needed.every((each) => covers(parts(other), each) <= covers(parts(pattern), each))).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('permissionTemplate', () => {
  it.each([
    ['orders.read', {}, 'orders.read'],
    ['api::{collection}.find', { collection: 'articles' }, 'api::articles.find'],
    ['{a}.{b}', { a: '1', b: '2' }, '1.2'],
    ['x{a}y.z', { a: '1' }, 'x1y.z'],
    ['{a}{b}.z', { a: '1', b: '2' }, '12.z'],
    ['{a}.{a}', { a: '$&' }, '$&.$&'],
  ])('fills %j', (template, values, expected) => {
    expect(permissionTemplate(template)(new Map(Object.entries(values))).parts.join('')).toBe(expected)
  })

  it('takes a value for one segment, whatever characters it holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const needed = permissionTemplate('api.{id}.find')(new Map([['id', value]]))
        expect(needed.parts).toEqual(['api', '.', value, '.', 'find'])
        expect(covers(parsePermission('api.*.find').parts, needed.parts)).toBe(true)
        expect(covers(parsePermission('api.*.*.find').parts, needed.parts)).toBe(false)
      }),
    )
  })

  it('does not let a value that looks like a pattern widen anything', () => {
    const needed = permissionTemplate('api.{id}')(new Map([['id', '*']]))
    expect(covers(parsePermission('api.mine').parts, needed.parts)).toBe(false)
  })
})

describe('placeholders', () => {
  it.each([
    ['api.read', []],
    ['api::{collection}.{action}', ['collection', 'action']],
    ['{1}.{a-b}.{}', []],
  ])('finds those of %j', (template, expected) => {
    expect(placeholders(template)).toEqual(expected)
  })
})

describe('PERMISSION', () => {
  it.each(['a', 'orders.read', 'api::{collection}.find', '*', 'a/b', "~!#$%&'()+-"])('takes %j', (text) => {
    expect(PERMISSION.test(text)).toBe(true)
  })

  it.each(['', 'a b', 'a,b', 'a"b', 'a\\b', 'é', 'a\n', 'x'.repeat(201)])('refuses %j', (text) => {
    expect(PERMISSION.test(text)).toBe(false)
  })
})
