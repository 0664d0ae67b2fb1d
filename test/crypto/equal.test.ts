import { timingSafeEqual } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textEqual } from '../../src/crypto/equal.ts'

describe('textEqual', () => {
  it('says what === says, whatever was compared before', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    const pair = fc.oneof(
      fc.tuple(text, text),
      text.map((one): [string, string] => [one, `${one}`]),
      // Equal in length and in all but one place.
      fc.tuple(text, fc.nat()).map(([one, at]): [string, string] => {
        const place = one.length === 0 ? 0 : at % one.length
        return [one, `${one.slice(0, place)}x${one.slice(place + 1)}`]
      }),
    )
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1 }), (pairs) => {
        const equal = textEqual(timingSafeEqual)
        expect(pairs.map(([one, other]) => equal(one, other))).toEqual(pairs.map(([one, other]) => one === other))
      }),
    )
  })

  it('tells characters apart that differ in their high byte only', () => {
    expect(textEqual(timingSafeEqual)('\u0141', '\u0041')).toBe(false)
  })
})
