import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import { faultOf, secretUses, weaknessOf } from '../src/readings.ts'
import { EVERYTHING } from './given/documents.ts'

describe('secretUses', () => {
  it('finds every secret that a document names', () => {
    expect(Object.fromEntries(secretUses(settingsOf(EVERYTHING, { transport: 'any' })))).toEqual({
      ORIGIN_SECRET: 'header',
      ORIGIN_NEXT: 'header',
      PROXY_SECRET: 'token',
      PARTNERS: 'token',
      PARTNERS_PREVIOUS: 'token',
      OPERATORS: 'token',
      PEPPER: 'text',
      PEPPER_PREVIOUS: 'text',
      API_TOKEN_SALT: 'text',
      ENCRYPTION_KEY: 'text',
      WEBHOOK_SECRET: 'text',
      SIGNING_KEY: 'text',
      SIGNING_KEY_PREVIOUS: 'text',
      SIGNING_KEY_NEXT: 'text',
      IDENTITY_KEY: 'text',
      IDENTITY_KEY_PREVIOUS: 'text',
      IDENTITY_KEY_NEXT: 'text',
    })
  })

  it('takes the narrower use of a secret that is named twice', () => {
    const origin = { url: 'http://127.0.0.1:9', headers: { 'x-a': { secret: 'OPERATORS' } } }
    const uses = secretUses(settingsOf({ ...EVERYTHING, origin }, { transport: 'any' }))
    expect(uses.get('OPERATORS')).toBe('token')
  })
})

describe('faultOf', () => {
  it.each([
    ['abc', undefined, undefined],
    ['!#$%&\'()*+-./:;<=>?@[\\]^_`{|}~"', undefined, undefined],
    ['a b', 'has a space, a comma or a character outside ASCII', undefined],
    ['a,b', 'has a space, a comma or a character outside ASCII', undefined],
    ['caf\u00e9', 'has a space, a comma or a character outside ASCII', 'has a character that no header can hold'],
    ['a\nb', 'has a space, a comma or a character outside ASCII', 'has a character that no header can hold'],
    ['a\tb', 'has a space, a comma or a character outside ASCII', 'has a character that no header can hold'],
    ['a\0', 'has a space, a comma or a character outside ASCII', 'has a character that no header can hold'],
    ['a\x7f', 'has a space, a comma or a character outside ASCII', 'has a character that no header can hold'],
  ])('of %j as a token: %j, as a header: %j', (text, asToken, asHeader) => {
    expect(faultOf(text, 'token')).toBe(asToken)
    expect(faultOf(text, 'header')).toBe(asHeader)
  })
})

describe('weaknessOf', () => {
  it.each([
    'changeme',
    'CHANGE-ME',
    'change me',
    'secret',
    'Token',
    'password',
    'example',
    'test',
    'todo',
    'xxxxxxxxxxxxxxxxxxxx',
    'your-api-token-goes-here',
    'your_api_token_goes_here',
  ])('calls %j a placeholder', (text) => {
    expect(weaknessOf(text)).toBe('is a placeholder')
  })

  it.each([
    ['', 'has fewer than 16 characters'],
    ['0123456789abcde', 'has fewer than 16 characters'],
    ['0123456789abcdef', undefined],
    ['changeme-0123456789', undefined],
  ])('calls %j %j', (text, expected) => {
    expect(weaknessOf(text)).toBe(expected)
  })
})
