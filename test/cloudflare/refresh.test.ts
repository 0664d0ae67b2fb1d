import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settingsOf } from '../../src/config.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { cloudflare } from '../../src/secrets/cloudflare.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { snapshots } from '../../src/snapshot.ts'
import { DOCUMENT, TOKEN } from './given.ts'

/** A Worker's request may end, with all that it has begun, while others wait for the secrets that it asked for. */

function snapshotsOf(get: () => Promise<string>): ReturnType<typeof snapshots> {
  const host = { now: () => 0, elapsed: () => 0, digests: webDigests(), secrets: cloudflare({ TOKEN: { get } }) }
  return snapshots(settingsOf(DOCUMENT, { transport: 'any' }), { ...host, sink: memorySink() })
}

describe('a reading of the secrets', () => {
  it.each([
    ['the first one, which is waited for', [0]],
    ['one in the background', [0, 20]],
    ['one that is waited for as the secrets are too old', [0, 31]],
  ])('is kept alive by the request that began it: %s', async (_, times) => {
    const { current } = snapshotsOf(async () => TOKEN)
    const kept: Promise<unknown>[] = []
    for (const at of times) {
      await current(at, (work) => kept.push(work))
      await Promise.all(kept)
    }
    expect(kept).toHaveLength(times.length)
  })

  it('is begun once for all that wait for it, and kept alive once', async () => {
    const get = vi.fn(async () => TOKEN)
    const { current } = snapshotsOf(get)
    const kept: Promise<unknown>[] = []
    await Promise.all([0, 0, 0].map((at) => current(at, (work) => kept.push(work))))
    expect([get.mock.calls.length, kept.length]).toEqual([1, 1])
  })
})

describe('a store that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('is down after five seconds, and the secrets that are known count on', async () => {
    let answers = true
    const { current } = snapshotsOf(() => (answers ? Promise.resolve(TOKEN) : new Promise<string>(() => undefined)))
    const first = await current(0, () => undefined)
    answers = false
    const second = Promise.resolve(current(31, () => undefined))
    await vi.advanceTimersByTimeAsync(5000)
    expect([first.failing, (await second).failing]).toEqual([[], ['TOKEN']])
    const place = settingsOf(DOCUMENT, { transport: 'any' }).credentials[0]?.places[0]
    expect((await second).gapAt(place as NonNullable<typeof place>)).toBeUndefined()
  })
})
