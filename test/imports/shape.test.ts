import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeFor } from '../../src/imports/index.ts'

const shapeOf = (...tokens: string[]) => (JSON.parse(shapeFor('csv', tokens)) as { shape: string }).shape
const body = 'kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e'

describe('the entry of the document', () => {
  test('of Strapi names the salt', () => {
    expect(JSON.parse(shapeFor('strapi'))).toEqual({ scheme: 'strapi', salt: { secret: 'API_TOKEN_SALT' } })
  })

  test.each([
    ['unkey', '^(?:[A-Za-z0-9-]{1,20}_){0,2}[1-9A-HJ-NP-Za-km-z]{20,}$'],
    ['better-auth', '^(?:[A-Za-z0-9-]{1,20}_){0,2}[A-Za-z]{64}$'],
    ['apim', '^[^&]{1,80}&[0-9]{12}&[A-Za-z0-9+/]{86}==$'],
    ['kong', '^[A-Za-z0-9_-]{20,}$'],
  ] as const)('of %s is what that system makes, where no token was seen', (name, shape) => {
    expect(JSON.parse(shapeFor(name))).toEqual({ scheme: 'sha256', shape })
  })
})

describe('a shape that is made of tokens', () => {
  test.each([
    ['one alphabet and one length', [body, body.replace('k', 'l')], '^[0-9A-Za-z]{32}$'],
    ['hex', ['0f'.repeat(16), 'a1'.repeat(20)], '^[0-9a-z]{32,40}$'],
    ['one prefix', [`sk_${body}`, `sk_${body}a`], '^sk_[0-9A-Za-z]{32,33}$'],
    ['two prefixes', [`a1_${body}`, `b1_${body}`, `a1_${body}x`, `b1_${body}x`], '^(?:a1_|b1_)[0-9A-Za-z]{32,33}$'],
    ['a prefix that not all have', [`sk_${body}`, `sk_${body}`, body], '^(?:sk_)?[0-9A-Za-z]{32}$'],
    ['other characters', [`${body}+/=`], '^[!-+\\--~]{35}$'],
  ])('names %s', (_, tokens, expected) => {
    expect(shapeOf(...tokens)).toBe(expected)
  })

  test('tells nothing that only one token begins with', () => {
    expect(shapeOf(`hunter_${body}`)).not.toContain('hunter')
    expect(shapeOf('correct_horse')).not.toContain('correct')
  })

  test('fits each of them, and is an expression that the document takes', () => {
    const token = fc.stringMatching(/^[!-+\--~]{1,60}$/)
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 20 }), (tokens) => {
        const shape = shapeOf(...tokens)
        expect(shape).toMatch(/^\^.{1,998}\$$/)
        for (const each of tokens) expect(each).toMatch(new RegExp(shape, 'u'))
      }),
    )
  })
})
