import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base62, base62Length, isBase62Of } from '../../src/lib/base62.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The same as plainly as it can be written. */
function naive(bytes: Uint8Array): string {
  let value = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  let text = ''
  for (; value > 0n; value /= 62n) text = DIGITS[Number(value % 62n)] + text
  return text.padStart(base62Length(bytes.length), '0')
}

describe('base62', () => {
  it.each([
    ['0', []],
    ['000001', [0, 0, 0, 1]],
    ['00000z', [0, 0, 0, 61]],
    ['000010', [0, 0, 0, 62]],
    ['4gfFC3', [0xff, 0xff, 0xff, 0xff]],
  ])('writes %s', (text, bytes) => {
    expect(base62(Uint8Array.from(bytes))).toBe(text.slice(0, base62Length(bytes.length)))
  })

  it('writes any bytes as the number that they are', () => {
    const bytes = fc.uint8Array({ maxLength: 70 })
    fc.assert(fc.property(bytes, (some) => base62(some) === naive(some)))
  })

  it('carries through bytes that are all full, and keeps those that are none', () => {
    for (let length = 0; length <= 70; length++) {
      for (const byte of [0x00, 0xff]) {
        const bytes = new Uint8Array(length).fill(byte)
        expect(base62(bytes)).toBe(naive(bytes))
      }
    }
  })
})

describe('isBase62Of', () => {
  it('takes what bytes can be, and one more for nothing', () => {
    expect(isBase62Of(4, '4gfFC3')).toBe(true)
    expect(isBase62Of(4, '4gfFC4')).toBe(false)
    expect(isBase62Of(4, '000000')).toBe(true)
  })

  it.each(['4gfFC', '04gfFC3', '4gfFC-', ''])('takes %j for none of four bytes', (text) => {
    expect(isBase62Of(4, text)).toBe(false)
  })
})
