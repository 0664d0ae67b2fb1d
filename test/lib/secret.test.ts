import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret, secretValues } from '../../src/lib/secret.ts'

const TEXT = 'fX3bq2vN8kRt7Lz0'

describe('Secret', () => {
  const secret = new Secret(TEXT)

  it.each([
    ['toString', String(secret)],
    ['a template', `${secret}`],
    ['concatenation', `a${secret.toString()}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret }, { depth: 9, showHidden: true })],
    ['format', format('%s %o %O %j', secret, secret, secret, secret)],
    ['its keys', JSON.stringify([Object.getOwnPropertyNames(secret), { ...secret }])],
    ['an error', String(new Error('failed', { cause: secret }).cause)],
  ])('is not printed by %s', (_, printed) => {
    expect(printed).not.toContain(TEXT)
  })

  it('is told by reveal', () => {
    expect(secret.reveal()).toBe(TEXT)
  })
})

describe('secretValues', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['\n', []],
    ['\r\n', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n', ['a']],
    ['a\n\n', ['a\n']],
    [' a ', [' a ']],
    ['\na', ['\na']],
  ])('reads %j as %j', (text, expected) => {
    expect(secretValues(text)).toEqual(expected)
  })
})
