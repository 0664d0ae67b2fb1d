import { describe, expect, it } from 'vitest'
import { Failure, failureOf } from '../../src/cli/failure.ts'
import { RecordUnreadable } from '../../src/keys/record.ts'
import { StoreError } from '../../src/model/store-error.ts'

const SECRET = 'lk_11aVerySecretToken'

describe('what is said of an error', () => {
  it('is what a failure says, with its details', () => {
    expect(failureOf(new Failure('no such key', ['a detail']))).toMatchObject({
      message: 'no such key',
      details: ['a detail'],
    })
  })

  it.each([new StoreError('sqlite', 'full', 'there is no room left'), new RecordUnreadable('a stored key is no JSON')])(
    'is one line for %s',
    (error) => {
      expect(failureOf(error)).toEqual({ message: error.message, details: [] })
    },
  )

  it.each([
    ['a message', new TypeError(`Headers.append: "Bearer ${SECRET}" is no header value`)],
    ['a message of lines', new Error(`first\n${SECRET}\n    ${SECRET}`)],
    ['what is no error', SECRET],
  ])('is where it came from, never %s of what nobody meant to be read', (_, error) => {
    const { message, details } = failureOf(error)
    expect(message).toMatch(/^unexpected: (?:TypeError|Error|unknown error)/)
    expect([message, ...details].join()).not.toContain(SECRET)
  })

  it('names the calls and the code of a bug', () => {
    const { message } = failureOf(Object.assign(new Error('secret'), { code: 'ERR_ODD' }))
    expect(message).toMatch(/^unexpected: Error ERR_ODD\n {4}at .*failure\.test\.ts/)
  })
})
