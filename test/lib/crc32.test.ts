import { crc32 as zlibs } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/lib/crc32.ts'

describe('crc32', () => {
  it('gives the check value of the catalogues', () => {
    expect(crc32('123456789')).toBe(0xcbf43926)
  })

  it('is the one of zlib', () => {
    const ascii = fc.string({ unit: 'binary-ascii' })
    fc.assert(fc.property(ascii, (text) => crc32(text) === zlibs(text)))
  })
})
