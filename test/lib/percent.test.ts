import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBytes, decodeUtf8, encodePath, encodeVisible } from '../../src/lib/percent.ts'

const texts = fc.string({ unit: 'binary' })

describe('encodeVisible', () => {
  it.each([
    ['orders', 'orders'],
    ['a b', 'a%20b'],
    ['100%', '100%25'],
    ['%41', '%2541'],
    ['Jürgen', 'J%C3%BCrgen'],
    ['😀', '%F0%9F%98%80'],
    ['a\r\nb', 'a%0D%0Ab'],
    ['a\0b\x7f', 'a%00b%7F'],
    ['', ''],
  ])('writes %j as %j', (text, expected) => {
    expect(encodeVisible(text)).toBe(expected)
  })

  it('is visible ASCII, and decodes to the same text again: two texts never give one result', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(encodeVisible(text)).toMatch(/^[\x21-\x7e]*$/)
        expect(decodeURIComponent(encodeVisible(text))).toBe(text)
      }),
    )
  })
})

describe('encodePath', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a b', '/a%20b'],
    ['/100%', '/100%25'],
    ['/a%2Fb', '/a%252Fb'],
    ['/café', '/caf%C3%A9'],
    ['/a?b#c', '/a%3Fb%23c'],
    ["/-._~!$&'()*+,=:@;", "/-._~!$&'()*+,=:@;"],
  ])('writes %j as %j', (text, expected) => {
    expect(encodePath(text)).toBe(expected)
  })

  it('is what one decoding turns back, in characters that RFC 3986 allows in a path', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(encodePath(text)).toMatch(/^(?:[A-Za-z0-9\-._~!$&'()*+,=:@;/]|%[0-9A-F]{2})*$/)
        expect(decodeUtf8(encodePath(text))).toBe(text)
      }),
    )
  })
})

describe('decodeBytes', () => {
  it('gives one character a byte, whatever the bytes mean', () => {
    expect(decodeBytes('/caf%C3%A9%ff%2')).toBe('/caf\xc3\xa9\xff%2')
  })

  it('turns back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
        expect(Array.from(decodeBytes(escaped), (character) => character.charCodeAt(0))).toEqual([...bytes])
      }),
    )
  })
})

describe('decodeUtf8', () => {
  it.each([
    ['plain', 'plain'],
    ['caf%C3%A9', 'café'],
    ['%2541', '%41'],
    ['%', undefined],
    ['%zz', undefined],
    ['%ff', undefined],
    ['%c0%ae', undefined],
    ['%ed%a0%80', undefined],
  ])('reads %j as %j', (text, expected) => {
    expect(decodeUtf8(text)).toBe(expected)
  })
})
