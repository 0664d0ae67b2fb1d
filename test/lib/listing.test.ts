import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodePoints } from '../../src/lib/code-points.ts'
import { cursorAt, positionAt, positionOfText, sortTextOf } from '../../src/lib/listing.ts'

const texts = fc.string({ unit: 'binary' })
const names = texts.filter((name) => /^[^\x00-\x1f\x7f]+$/.test(name))
const ids = fc.stringMatching(/^[a-z]:[!-~]{1,8}$/)

describe('compareCodePoints', () => {
  it('orders as the bytes of UTF-8 do', () => {
    const sign = (order: number) => Math.sign(order)
    void fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(sign(compareCodePoints(a, b))).toBe(sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
    )
  })
})

describe('a cursor', () => {
  it.each([
    ['name', names],
    ['expires', fc.nat()],
  ] as const)('gives back its position by %s, in characters for a URL', (by, keys) => {
    void fc.assert(
      fc.property(keys as fc.Arbitrary<string | number>, ids, (key, id) => {
        const cursor = cursorAt(by, { key, id })
        expect(cursor).toMatch(/^[\w-]+$/)
        expect(positionAt(by, cursor)).toEqual({ key, id })
      }),
    )
  })

  it('of one order is none of another', () => {
    expect(() => positionAt('id', cursorAt('name', { key: 'a', id: 'key:a' }))).toThrow(RangeError)
  })
})

describe('the text of a position', () => {
  it.each([
    ['name', names],
    ['expires', fc.integer({ min: 0, max: 999_999_999_999 })],
  ] as const)('orders as the position does by %s, and gives it back', (by, keys) => {
    const positions = fc.record({ key: keys as fc.Arbitrary<string | number>, id: ids })
    void fc.assert(
      fc.property(positions, positions, (a, b) => {
        expect(positionOfText(by, sortTextOf(by, a))).toEqual(a)
        const byKey = typeof a.key === 'string' ? compareCodePoints(a.key, String(b.key)) : a.key - Number(b.key)
        const byText = compareCodePoints(sortTextOf(by, a), sortTextOf(by, b))
        expect(Math.sign(byText)).toBe(Math.sign(byKey || compareCodePoints(a.id, b.id)))
      }),
    )
  })
})
