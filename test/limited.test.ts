import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import { lateLimits } from '../src/limited.ts'
import { memory } from '../src/limiters/memory.ts'
import { limitPolicy } from '../src/limits.ts'
import type { Policy } from '../src/model/ports.ts'
import { attemptOf } from './policies/attempt.ts'

const MINUTE = { requests: 1, windowSeconds: 60 } as const
const SETTINGS = settingsOf(
  {
    credentials: [
      { kind: 'static-token', name: 'plain', tokens: { secret: 'PLAIN' } },
      { kind: 'static-token', name: 'limited', tokens: { secret: 'LIMITED' }, limits: [MINUTE] },
    ],
    routes: [],
    owners: { acme: { limits: [MINUTE] } },
  },
  { transport: 'any' },
)

function loadingOf(...failures: readonly Error[]) {
  const loading = { count: 0, at: 1000 }
  async function load(): Promise<Policy> {
    const failure = failures[loading.count++]
    if (failure) throw failure
    return limitPolicy(SETTINGS, memory()).policy
  }
  return { loading, policy: lateLimits(SETTINGS, load, () => loading.at).policy }
}

const attempt = (credential: string, more: object = {}) => attemptOf({ principal: { credential, ...more } }).attempt

describe('limits that are loaded late', () => {
  it.each<[string, object, string]>([
    ['a credential', {}, 'limited'],
    ['an owner', { owner: 'acme' }, 'plain'],
    ['a key of its own', { constraints: { limits: [MINUTE] } }, 'plain'],
  ])('are loaded for %s that has some, and count the request that waited', async (_, more, credential) => {
    const { policy } = loadingOf()
    expect(await policy(attempt(credential, more))).toBeUndefined()
    expect(await policy(attempt(credential, more))).toMatchObject({ reason: 'limit-exceeded' })
  })

  it('are not loaded for anybody else, nor for an endpoint of ours', () => {
    const { loading, policy } = loadingOf()
    const whoami = attemptOf({ principal: { credential: 'limited' }, match: { endpoint: 'whoami' } }).attempt
    for (const each of [attempt('plain'), attempt('plain', { owner: 'constructor' }), whoami]) {
      expect(policy(each)).toBeUndefined()
    }
    expect(loading.count).toBe(0)
  })

  it('are asked without waiting once they are there', async () => {
    const { policy } = loadingOf()
    await policy(attempt('limited', { subject: 'one' }))
    expect(policy(attempt('limited', { subject: 'two' }))).toBeUndefined()
    expect(policy(attempt('limited', { subject: 'two' }))).toMatchObject({ reason: 'limit-exceeded' })
  })

  it('let nobody pass whom they concern where they cannot be loaded, and are tried again', async () => {
    const { loading, policy } = loadingOf(new Error('gone'))
    await expect(policy(attempt('limited'))).rejects.toThrow('gone')
    await expect(policy(attempt('limited'))).rejects.toThrow('gone')
    expect(policy(attempt('plain'))).toBeUndefined()
    loading.at += 5
    expect(await policy(attempt('limited'))).toBeUndefined()
    expect(loading.count).toBe(2)
  })
})
