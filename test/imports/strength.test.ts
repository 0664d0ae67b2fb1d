import { describe, expect, test } from 'vitest'
import { bitsOf, STRONG_BITS } from '../../src/imports/strength.ts'

describe('tokens of 128 random bits or more', () => {
  test.each([
    ['32 digits of hex', '0123456789abcdef0123456789abcdef'],
    ['a UUID', '4174348a-9222-4e81-b33e-5d72d2fd7f1e'],
    ['22 characters of base64url', 'Qv3-x_Zk8rT1mN5pL0wYcA'],
    ['24 characters of base64, with padding', 'Qv3+x/Zk8rT1mN5pL0wYcA=='],
    ['32 letters and digits of Kong', 'IL1deIyHyQA40WpeLeA1bIUXuvTwlGjo'],
    ['64 letters of better-auth', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl'],
    ['a prefix and 24 of base58', 'sk_live_3ZbVnYxQp8sKdR5wTfGh2mQa'],
  ])('are strong: %s', (_, token) => {
    expect(bitsOf(token)).toBeGreaterThanOrEqual(STRONG_BITS)
  })
})

describe('tokens of fewer bits', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'mouse'],
    ['a password', 'Tr0ub4dor&3'],
    ['16 digits of hex', '0123456789abcdef'],
    ['38 decimal digits', '12345678901234567890123456789012345678'],
    ['one character over and over', 'a'.repeat(200)],
    ['a few characters over and over', 'abcabc'.repeat(10).slice(0, 50)],
    ['symbols alone', '!'.repeat(100)],
    ['a long prefix', 'production_customer_k3y'],
  ])('are weak: %s', (_, token) => {
    expect(bitsOf(token)).toBeLessThan(STRONG_BITS)
  })
})
