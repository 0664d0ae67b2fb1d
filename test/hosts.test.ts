import { describe, expect, it } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { Document } from '../src/document.ts'
import { HOSTS, ignoredKeys, KEYS_BY_HOST, revocationDelay, SECRET_CHANGES } from '../src/hosts.ts'
import { DOCUMENT } from './given/authority.ts'
import { EVERYTHING } from './given/documents.ts'

describe('the keys of a document', () => {
  it('are all in the table of hosts', () => {
    expect(Object.keys(KEYS_BY_HOST).sort()).toEqual(Object.keys(EVERYTHING).sort())
  })

  it.each([
    ['node', ['apis']],
    ['cloudflare', ['apis']],
    ['vercel', ['origin', 'apis']],
    ['aws', ['realm', 'origin', 'proxies', 'cors', 'transport', 'keys', 'identity', 'webhooks', 'resourceMetadata']],
  ] as const)('that %s ignores are %j', (host, expected) => {
    expect(ignoredKeys(EVERYTHING, host)).toEqual(expected)
  })
})

describe('the revocation delay', () => {
  it.each<[Partial<Document>, number, readonly number[]]>([
    [{}, 330, [30, 300]],
    [{ secretsSeconds: 5, staleSeconds: 10 }, 15, [5, 10]],
    [{ staleSeconds: 0 }, 30, [30, 0]],
    [{ revocation: { withinSeconds: 120 } }, 120, [30, 90]],
    [{ revocation: { withinSeconds: 100_000 } }, 330, [30, 300]],
  ])('of %j is %i s', (more, seconds, parts) => {
    const delay = revocationDelay(settingsOf({ ...DOCUMENT, ...more }, { transport: 'any' }))
    expect(delay.seconds).toBe(seconds)
    expect(delay.parts.map((part) => part.seconds)).toEqual(parts)
  })

  it('never exceeds a budget that the document has', () => {
    for (const withinSeconds of [30, 31, 60, 300, 330, 331, 604_800]) {
      const settings = settingsOf({ ...DOCUMENT, revocation: { withinSeconds } }, { transport: 'any' })
      expect(revocationDelay(settings).seconds).toBeLessThanOrEqual(withinSeconds)
    }
  })
})

it('every host says how a changed secret is seen', () => {
  for (const host of HOSTS) expect(SECRET_CHANGES[host]).not.toBe('')
})
