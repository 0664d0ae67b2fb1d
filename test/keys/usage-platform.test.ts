import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expiring } from '../../src/keys/expiring.ts'
import { keyLog } from '../../src/keys/log.ts'
import { encodeRecord } from '../../src/keys/record.ts'
import { recorder } from '../../src/keys/recorder.ts'
import { usageDay, usageOf } from '../../src/keys/usage.ts'
import { lastUsed } from '../../src/keys/used.ts'
import type { Recorder, Store } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareKv } from '../../src/stores/cloudflare-kv.ts'
import type { Bindings, Platform } from '../stores/platform.ts'
import { platform } from '../stores/platform.ts'
import { allowed, GivenHost, keyId, notAccepted } from './recorder-given.ts'

const OWNERS = ['a', 'b', 'c', 'd', 'e']
const DAY = 86_400

let local: Platform
beforeAll(async () => {
  local = await platform()
})
afterAll(() => local?.stop())

describe.each([
  ['D1', ({ MIGRATED }: Bindings, now: () => number) => cloudflareD1(MIGRATED, { now })],
  ['Workers KV', ({ KEYS }: Bindings, now: () => number) => cloudflareKv(KEYS, { now })],
] as const)('on %s', (_, storeOn) => {
  /** Its parts have a clock of their own, so that the time must be the real one. */
  function given(): { readonly host: GivenHost; readonly store: Store } {
    const host = new GivenHost()
    host.at = Math.floor(Date.now() / 1000)
    return { host, store: storeOn(local.bindings, host.now) }
  }

  test('a thousand requests of five owners through two isolates add up', async () => {
    const { host, store } = given()
    const { now, random } = host
    const sink = memorySink()
    const isolates = [0, 1].map(() => recorder({ store, sink, now, random, log: keyLog({ store, random }) }))
    const first = usageDay(host.at)
    for (let request = 0; request < 1000; request++) {
      const facts = { subject: keyId(request % 10), owner: OWNERS[request % 5] as string }
      const decision = request % 4 === 0 ? notAccepted('token-revoked', facts) : allowed(facts)
      host.record(isolates[request % 2] as Recorder, decision)
      host.at += 0.05
      await host.settled()
    }
    await Promise.all(isolates.map((each) => each.flush()))
    const { rows } = await usageOf(store, { from: first, to: usageDay(host.at), group: 'owner' })
    expect(rows.map(({ owner, allowed, refused }) => [owner, allowed, refused])).toEqual(
      OWNERS.map((owner) => [owner, 150, { 'token-revoked': 50 }]),
    )
    const lastUse = await lastUsed(store, keyId(1))
    expect(lastUse?.usedAt).toBeGreaterThan(host.at - 60)
    const { items } = await keyLog({ store, random }).read(keyId(0), { limit: 10 })
    expect(items.length).toBeGreaterThan(0)
    expect(sink.events).toEqual([])
  })

  test('a key that ends soon is told of once', async () => {
    const { host, store } = given()
    for (const [number, days] of [-1, 3, 9].entries()) {
      const expiresAt = host.at + days * DAY
      const record = encodeRecord({
        id: keyId(100 + number),
        name: `key ${number}`,
        type: 'read-only',
        permissions: [],
        surface: 'api',
        createdAt: host.at,
        expiresAt,
        state: 'active',
        secret: { digest: 'd', pepperVersion: '1' },
      })
      await store.put(`key:${keyId(100 + number)}`, record, { index: { expires: expiresAt } })
    }
    const sink = memorySink()
    const runs = [await expiring(store, { at: host.at, sink }), await expiring(store, { at: host.at, sink })]
    expect(runs.map(({ keys }) => keys.map(({ id, isTold }) => [id, isTold]))).toEqual([
      [[keyId(101), true]],
      [[keyId(101), false]],
    ])
    expect(sink.events).toHaveLength(1)
  })
})
