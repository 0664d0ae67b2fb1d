import { expect, it } from 'vitest'
import { isFunctionUrl } from '../../src/lib/function-url.ts'

it.each([
  ['abcdefghij0123456789.lambda-url.eu-west-1.on.aws', true],
  ['api.lambda-url.example', false],
  ['x.lambda-url.eu-west-1.on.aws.evil.example', false],
  ['a.b.lambda-url.eu-west-1.on.aws', false],
  [undefined, false],
  [7, false],
])('tells the domain of a function URL from a custom one: %s', (domainName, expected) => {
  expect(isFunctionUrl(domainName)).toBe(expected)
})
