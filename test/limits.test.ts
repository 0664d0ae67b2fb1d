import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { Document, LimitDocument } from '../src/document.ts'
import { memory } from '../src/limiters/memory.ts'
import { limitPolicy, limitsOf } from '../src/limits.ts'
import type { Limit, Principal } from '../src/model/principal.ts'
import { attemptOf } from './policies/attempt.ts'

const MINUTE = { requests: 1, windowSeconds: 60 } as const satisfies Limit
const DAY = { requests: 10, per: 'day' } as const satisfies Limit

function settings(limits: readonly LimitDocument[] | undefined, owners?: Document['owners']) {
  const document: Document = {
    credentials: [
      { kind: 'static-token', name: 'plain', tokens: { secret: 'PLAIN' } },
      { kind: 'static-token', name: 'limited', tokens: { secret: 'LIMITED' }, ...(limits && { limits }) },
    ],
    routes: [],
    ...(owners && { owners }),
  }
  return settingsOf(document, { transport: 'any' })
}

function principalOf(facts: Partial<Principal> = {}): Principal {
  const grant = { type: 'full-access', permissions: [] } as const
  return { kind: 'api-key', credential: 'limited', subject: '1a', surface: 'api', grant, ...facts }
}

describe('limitsOf', () => {
  it('gives none where nobody has any', () => {
    expect(limitsOf(settings(undefined))(principalOf())).toEqual([])
  })

  it("gives those of the owner, of the credential, and the key's own, those that are shared before one's own", () => {
    const of = limitsOf(settings([DAY, { ...MINUTE, by: 'owner' }], { acme: { limits: [MINUTE] } }))
    expect(of(principalOf({ owner: 'acme', constraints: { limits: [DAY] } }))).toEqual([
      { id: 'owner:acme', limit: MINUTE },
      { id: 'credential-owner:limited:acme', limit: MINUTE },
      { id: 'credential:limited:1a', limit: DAY },
      { id: 'key:1a', limit: DAY },
    ])
  })

  it('counts who has no owner alone, where a limit is by owner', () => {
    expect(limitsOf(settings([{ ...MINUTE, by: 'owner' }]))(principalOf())).toEqual([
      { id: 'credential:limited:1a', limit: MINUTE },
    ])
  })

  it('gives nothing of another credential or another owner', () => {
    const of = limitsOf(settings([DAY], { acme: { limits: [MINUTE] } }))
    expect(of(principalOf({ credential: 'plain', owner: 'globex' }))).toEqual([])
    expect(of(principalOf({ credential: 'nobody' }))).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('knows no owner %s', (owner) => {
    expect(limitsOf(settings(undefined, { acme: { limits: [MINUTE] } }))(principalOf({ owner }))).toEqual([])
  })

  it('works them out once for each principal', () => {
    const of = limitsOf(settings([DAY]))
    const principal = principalOf()
    expect(of(principal)).toBe(of(principal))
    expect(of(principalOf())).not.toBe(of(principal))
  })

  it('never counts two principals as one, whatever they and their owners are called', () => {
    const of = limitsOf(settings([DAY, { ...MINUTE, by: 'owner' }]))
    const name = fc.oneof(fc.constantFrom('a', 'a:b', 'b', ':', '%3A', 'a%3Ab'), fc.string({ minLength: 1 }))
    const ids = (subject: string, owner: string) => new Set(of(principalOf({ subject, owner })).map(({ id }) => id))
    fc.assert(
      fc.property(name, name, name, name, (subject, owner, other, otherOwner) => {
        const shared = [...ids(subject, owner)].filter((id) => ids(other, otherOwner).has(id))
        const expected = Number(subject === other) + Number(owner === otherOwner)
        expect(shared.length).toBe(expected)
      }),
    )
  })
})

describe('limitPolicy', () => {
  it('counts where there is something that counts', async () => {
    const { name, policy } = limitPolicy(settings([MINUTE]), memory())
    const { attempt } = attemptOf({ principal: { credential: 'limited' } })
    expect(name).toBe('limits')
    expect(await policy(attempt)).toBeUndefined()
    expect(await policy(attempt)).toMatchObject({ reason: 'limit-exceeded' })
  })

  it.each<[string, Partial<Principal>, 'whoami' | undefined, string | undefined]>([
    ['whoever has limits', { credential: 'limited' }, undefined, 'not-configured'],
    [
      'a key with limits of its own',
      { credential: 'plain', constraints: { limits: [DAY] } },
      undefined,
      'not-configured',
    ],
    ['nobody else', { credential: 'plain' }, undefined, undefined],
    ['nobody who asks for an endpoint of ours', { credential: 'limited' }, 'whoami', undefined],
  ])('refuses %s where nothing counts', async (_name, principal, endpoint, reason) => {
    const { policy } = limitPolicy(settings([MINUTE]), undefined)
    expect((await policy(attemptOf({ principal, match: { endpoint } }).attempt))?.reason).toBe(reason)
  })
})
