import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'
import { nearExpiry } from '../../src/policies/near-expiry.ts'
import { NOW } from '../given/access.ts'
import { attemptOf } from './attempt.ts'

const DAY = 86_400
const field = (value: number): Notice[] => [['X-Latchkey-Key-Expires', String(value)]]

/** What is told to the holder of a key. */
function told(principal: Partial<Principal>, withinDays = 7): Notice[] {
  const { attempt, told: notices } = attemptOf({ principal, access: { at: NOW } })
  expect(nearExpiry('api-key', withinDays)(attempt)).toBeUndefined()
  return notices
}

describe('nearExpiry', () => {
  it.each<[string, number | undefined, Notice[]]>([
    ['tells nothing of a key that never ends', undefined, []],
    ['tells nothing a second before seven days before its end', NOW + 7 * DAY + 1, []],
    ['tells its end seven days before', NOW + 7 * DAY, field(NOW + 7 * DAY)],
    ['tells its end a second before', NOW + 1, field(NOW + 1)],
    ['tells whole seconds, the one in which it ends', NOW + 1.9, field(NOW + 1)],
  ])('%s', (_name, expiresAt, notices) => {
    expect(told({ expiresAt })).toEqual(notices)
  })

  it.each([
    [1, DAY + 1, false],
    [1, DAY, true],
    [90, 90 * DAY, true],
    [0, 1, false],
  ])('tells within %i days of an end in %i seconds: %s', (withinDays, seconds, isTold) => {
    expect(told({ expiresAt: NOW + seconds }, withinDays)).toHaveLength(isTold ? 1 : 0)
  })

  it('tells nothing to others than the keys of its credential', () => {
    expect(told({ credential: 'static', kind: 'static-token', expiresAt: NOW + 1 })).toEqual([])
  })
})
