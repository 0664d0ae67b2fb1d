import { describe, expect, test } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { EVENT_TYPES, GATEWAY_TOKEN_EVENT_TYPES, KEY_EVENT_TYPES } from '../../src/model/event.ts'
import { eventFilter, isEventPattern, USUAL_TYPES } from '../../src/sinks/event-types.ts'

function passed(patterns: readonly string[]): readonly string[] {
  const passes = eventFilter(patterns)
  return EVENT_TYPES.filter((type) => passes({ type } as LatchkeyEvent))
}

describe('a filter', () => {
  test.each<[patterns: readonly string[], types: readonly string[]]>([
    [['key-revoked'], ['key-revoked']],
    [['key-re*'], ['key-resumed', 'key-revoked', 'key-revealed']],
    [['key-*'], KEY_EVENT_TYPES],
    [['*'], EVENT_TYPES],
    [
      ['notice', 'key-expired', 'notice'],
      ['key-expired', 'notice'],
    ],
    [['key'], []],
    [['Key-*'], []],
    [[], []],
  ])('of %j takes %j', (patterns, types) => {
    expect(passed(patterns)).toEqual(types)
  })
})

test('what comes with every request is not among the usual types', () => {
  const others = ['static-slot-near-deadline', ...GATEWAY_TOKEN_EVENT_TYPES, 'notice']
  expect(USUAL_TYPES).toEqual([...KEY_EVENT_TYPES, ...others])
})

test.each<[pattern: string, stands: boolean]>([
  ['decision', true],
  ['key-*', true],
  ['*', true],
  ['key-revoke', false],
  ['keys-*', false],
  ['key-*-old', false],
  ['', false],
])('whether %j stands for a type: %s', (pattern, stands) => {
  expect(isEventPattern(pattern)).toBe(stands)
})
