import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PathClass } from '../../src/lib/path.ts'
import { classifyPath, loosestReading, segmentsOf, splitTarget, upperEscapes } from '../../src/lib/path.ts'

/** Pieces of which paths are made that servers read differently. */
const PIECES = [
  'a',
  'Health',
  '.',
  '..',
  '/',
  '//',
  ';',
  ';v=1',
  '\\',
  '~',
  '%',
  '%2',
  '%2e',
  '%2E',
  '%2f',
  '%2F',
  '%5c',
  '%3b',
  '%3B',
  '%00',
  '%25',
  '%252e',
  '%252f',
  '%25252e',
  '%7E',
  '%41',
  '%c3%a9',
  '%C3',
  '%c0%ae',
  '%ff',
  ' ',
  'é',
  '\0',
  '2e',
]
const paths = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)

const decodeOnce = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** A path, and what every number of decodings makes of it. */
function readings(path: string): string[] {
  const all = [path]
  for (let next = decodeOnce(path); next !== all.at(-1); next = decodeOnce(next)) all.push(next)
  return all
}

const hasDotSegment = (path: string) =>
  path.split('/').some((segment) => /^\.{1,2}$/.test(segment.replace(/;.*$/s, '')))

describe('splitTarget', () => {
  it.each([
    ['/', { path: '/', query: undefined }],
    ['/a/b?x=1&y', { path: '/a/b', query: 'x=1&y' }],
    ['/a?', { path: '/a', query: '' }],
    ['/a?b?c', { path: '/a', query: 'b?c' }],
    ['//host/a', { path: '//host/a', query: undefined }],
    ['', undefined],
    ['*', undefined],
    ['?x', undefined],
    ['a/b', undefined],
    ['http://api.example/a', undefined],
    ['api.example:443', undefined],
    ['/a#b', undefined],
    ['/a?x#b', undefined],
  ])('splits %j', (target, expected) => {
    expect(splitTarget(target)).toEqual(expected)
  })
})

describe('classifyPath', () => {
  const table: readonly [string, PathClass][] = [
    ['/', 'plain'],
    ['/a', 'plain'],
    ['/a/', 'plain'],
    ["/a-b._~!$&'()*+,=:@/c", 'plain'],
    ['/.well-known/x', 'plain'],
    ['/...', 'plain'],
    ['/a.b', 'plain'],
    ['/..a', 'plain'],
    ['/users/%7Ebob', 'escaped'],
    ['/caf%C3%A9', 'escaped'],
    ['/a%20b', 'escaped'],
    ['/100%25', 'escaped'],
    ['/a%3Fb', 'escaped'],
    ['/a%2Fb', 'opaque'],
    ['/a;v=1', 'opaque'],
    ['//', 'opaque'],
    ['/a//b', 'opaque'],
    ['/a%2541', 'opaque'],
    ['/a%ff', 'opaque'],
    ['/a%3Bb', 'escaped'],
    ['/.', 'ambiguous'],
    ['/..', 'ambiguous'],
    ['/a/../b', 'ambiguous'],
    ['/a/./b', 'ambiguous'],
    ['/a/..', 'ambiguous'],
    ['/%2e%2e/a', 'ambiguous'],
    ['/a%2Eb', 'ambiguous'],
    ['/..;/a', 'ambiguous'],
    ['/..;v=1', 'ambiguous'],
    ['/..%3B/a', 'ambiguous'],
    ['/%252e%252e/a', 'ambiguous'],
    ['/..%2fa', 'ambiguous'],
    ['/..%252fa', 'ambiguous'],
    ['/a\\b', 'ambiguous'],
    ['/a%5Cb', 'ambiguous'],
    ['/a%255Cb', 'ambiguous'],
    ['/a%00', 'ambiguous'],
    ['/a%2500', 'ambiguous'],
    ['/a\0', 'ambiguous'],
    ['/a%', 'ambiguous'],
    ['/a%2', 'ambiguous'],
    ['/a%zz', 'ambiguous'],
    ['/a b', 'ambiguous'],
    ['/a"b', 'ambiguous'],
    ['/a<b>', 'ambiguous'],
    ['/a[b]', 'ambiguous'],
    ['/a{b}', 'ambiguous'],
    ['/a|b', 'ambiguous'],
    ['/a^b', 'ambiguous'],
    ['/a`b', 'ambiguous'],
    ['/café', 'ambiguous'],
    ['/a\n', 'ambiguous'],
    ['/a\t', 'ambiguous'],
    ['/a\x7f', 'ambiguous'],
  ]

  it.each(table)('calls %j %s', (path, expected) => {
    expect(classifyPath(path)).toBe(expected)
  })

  it('calls nothing but ambiguous what has a dot segment, a backslash or NUL after any number of decodings', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const isDangerous = readings(path).some((reading) => hasDotSegment(reading) || /[\\\0]/.test(reading))
        if (isDangerous) expect(classifyPath(path)).toBe('ambiguous')
        else expect(isDangerous).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('calls plain or escaped only what has the same segments for every server, decoding or not', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const kind = classifyPath(path)
        fc.pre(kind === 'plain' || kind === 'escaped')
        const all = readings(path)
        expect(new Set(all.map((reading) => reading.split('/').length)).size).toBe(1)
        expect(all.length).toBeLessThanOrEqual(kind === 'plain' ? 1 : 2)
      }),
      { numRuns: 2000 },
    )
  })

  it('calls plain only what has no escape, and a path of plain segments always', () => {
    const segments = fc.array(fc.stringMatching(/^[a-z0-9~!$&'()*+,=:@_-]{1,5}$/), { maxLength: 5 })
    fc.assert(
      fc.property(segments, (all) => {
        expect(classifyPath(`/${all.join('/')}`)).toBe('plain')
      }),
    )
    fc.assert(
      fc.property(paths, (path) => {
        if (path.includes('%')) expect(classifyPath(path)).not.toBe('plain')
        else expect(path).not.toContain('%')
      }),
    )
  })

  it.each([
    ['/a'.repeat(32_768), 'plain'],
    [`/${'a'.repeat(65_535)}`, 'plain'],
    ['/%41'.repeat(16_384), 'escaped'],
    [`/%${'25'.repeat(20_000)}41`, 'ambiguous'],
    ['/'.repeat(65_536), 'opaque'],
    [`${'/a'.repeat(32_767)}"`, 'ambiguous'],
  ] as const)('classifies 64 KB as well (case %#)', (path, expected) => {
    expect(classifyPath(path)).toBe(expected)
  })
})

describe('segmentsOf', () => {
  it.each([
    ['/', ['']],
    ['/a', ['a']],
    ['/a/', ['a', '']],
    ['/a//b', ['a', '', 'b']],
  ])('takes %j apart', (path, expected) => {
    expect(segmentsOf(path)).toEqual(expected)
  })

  it('loses nothing', () => {
    fc.assert(
      fc.property(paths, (path) => {
        expect(`/${segmentsOf(path).join('/')}`).toBe(path)
      }),
    )
  })
})

describe('loosestReading', () => {
  it.each([
    ['/a%2Fb', '/a/b'],
    ['/a;v=1/b', '/a/b'],
    ['/a%3Bv=1/b', '/a/b'],
    ['//a///b', '/a/b'],
    ['/a%252Fb', '/a/b'],
    ['/caf%C3%A9', '/café'],
    ['/a%ff', '/a\xff'],
  ])('reads %j as %j', (path, expected) => {
    expect(loosestReading(path)).toBe(expected)
  })

  it('leaves nothing that another server could read once more', () => {
    fc.assert(
      fc.property(paths, (path) => {
        fc.pre(classifyPath(path) !== 'ambiguous')
        const reading = loosestReading(path)
        expect(reading).not.toMatch(/;|\/\/|%[0-9a-f]{2}/i)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('upperEscapes', () => {
  it('writes the digits of escapes in upper case and leaves all else', () => {
    expect(upperEscapes('/caf%c3%a9/%zz/abc')).toBe('/caf%C3%A9/%zz/abc')
  })

  it('changes no byte that is meant', () => {
    fc.assert(
      fc.property(paths, (path) => {
        expect(decodeOnce(upperEscapes(path))).toBe(decodeOnce(path))
      }),
    )
  })
})
