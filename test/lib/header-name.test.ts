import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalHeaderName, TOKEN } from '../../src/lib/header-name.ts'

describe('canonicalHeaderName', () => {
  it.each([
    ['X-Latchkey-Subject', 'x-latchkey-subject'],
    ['x_latchkey_subject', 'x-latchkey-subject'],
    ['X_Latchkey-SUBJECT', 'x-latchkey-subject'],
    ['X.Latchkey.Subject', 'x-latchkey-subject'],
    ['X!Latchkey~Subject', 'x-latchkey-subject'],
    ['accept', 'accept'],
    ['', ''],
  ])('reads %j as %j', (name, expected) => {
    expect(canonicalHeaderName(name)).toBe(expected)
  })

  it('is the same for every spelling that CGI makes one variable of', () => {
    const cgi = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
    const names = fc.stringMatching(/^[A-Za-z0-9_.!-]{1,12}$/)
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(canonicalHeaderName(one) === canonicalHeaderName(other)).toBe(cgi(one) === cgi(other))
      }),
    )
  })
})

describe('TOKEN', () => {
  it.each(['a', 'X-Api-Key', "!#$%&'*+-.^_`|~09azAZ"])('takes %j', (text) => {
    expect(TOKEN.test(text)).toBe(true)
  })

  it.each(['', 'a b', 'a:b', 'a,b', 'a"b', 'é', 'a\n', 'a(b', 'a/b', 'a=b', 'a@b', 'a[b', 'a{b', 'a\0'])(
    'refuses %j',
    (text) => {
      expect(TOKEN.test(text)).toBe(false)
    },
  )
})
